from helpers.schedules import inverse_decay, linear_decay


def test_linear_decay():
    assert [linear_decay(t, 100) for t in (0, 25, 100, 900)] == [1.0, 0.75, 0.0, 0.0]
    assert linear_decay(10**9, None) == 1.0


def test_inverse_decay():
    assert [inverse_decay(t, 100) for t in (0, 100, 300)] == [1.0, 0.5, 0.25]
    assert inverse_decay(10**9, None) == 1.0
