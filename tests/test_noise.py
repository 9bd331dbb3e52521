import numpy as np
import pytest

from helpers.noise import Gaussian, OrnsteinUhlenbeck


def trace(noise, steps):
    return np.array([noise().copy() for _ in range(steps)])[:, 0]


def test_gaussian_moments():
    x = trace(Gaussian(1, sigma=0.3, seed=0), 50_000)
    assert x.mean() == pytest.approx(0, abs=0.01)
    assert x.std() == pytest.approx(0.3, rel=0.02)
    assert np.corrcoef(x[:-1], x[1:])[0, 1] == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("dt", [1.0, 0.2])
def test_ou_moments(dt):
    """x' = phi x + sigma sqrt(dt) N, phi = 1 - theta dt: variance is sigma^2 dt / (1 - phi^2)."""
    theta, sigma = 0.15, 0.2
    x = trace(OrnsteinUhlenbeck(1, sigma, theta, dt, seed=0), 200_000)
    phi = 1 - theta * dt
    assert x.mean() == pytest.approx(0, abs=0.02)
    assert x.std() == pytest.approx((sigma**2 * dt / (1 - phi**2)) ** 0.5, rel=0.05)
    for lag in (1, 5):
        assert np.corrcoef(x[:-lag], x[lag:])[0, 1] == pytest.approx(phi**lag, abs=0.03)


def test_ou_by_hand():
    noise, rng = OrnsteinUhlenbeck(2, seed=3), np.random.default_rng(3)
    first, second = (rng.standard_normal(2, dtype=np.float32) for _ in range(2))
    np.testing.assert_allclose(noise(), 0.2 * first, rtol=1e-6)
    np.testing.assert_allclose(noise(), 0.85 * 0.2 * first + 0.2 * second, rtol=1e-5)


def test_ou_starts_again_from_0():
    noise = OrnsteinUhlenbeck(1, seed=0)
    trace(noise, 10)
    noise.reset()
    assert noise.x == 0


def test_a_draw_kept_does_not_change_later():
    noise = OrnsteinUhlenbeck(1, seed=0)
    kept = noise()
    value = float(kept[0])
    noise()
    assert kept[0] == np.float32(value)


@pytest.mark.parametrize("noise", [Gaussian, OrnsteinUhlenbeck])
def test_same_seed_same_noise_and_a_telling_name(noise):
    a, b, c = (trace(noise(1, sigma=0.5, seed=s), 20) for s in (0, 0, 1))
    assert (a == b).all()
    assert (a != c).any()
    assert repr(noise(1, sigma=0.5)).startswith(f"{noise.__name__}(sigma=0.5")
    assert noise(4)().shape == (4,)
