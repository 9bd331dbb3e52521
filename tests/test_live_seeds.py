"""Seeds that train in other processes, drawn from what they report."""

import io

import numpy as np
import pytest
from PIL import Image
from test_live import fresh

from helpers.callbacks import Evaluate, Report
from helpers.plots import LiveSeeds, live_seeds
from helpers.training import train


def test_a_report_holds_all_gaps_so_far(tmp_path):
    env, agent = fresh()
    seen = []

    class Look(Report):
        def step(self, agent):
            super().step(agent)
            if (path := tmp_path / "7.npy").exists():
                seen.append(np.load(path).shape[1])

    watching = [Look(tmp_path, 7), Evaluate(every=50, starts=range(10_000, 10_002))]
    history = train(env, agent, 120, watching)
    assert [*map(seen.count, (1, 2))] == [50, 21]  # after 50 steps, after 100, and to the end
    np.testing.assert_array_equal(np.load(tmp_path / "7.npy"), history["gap"])
    assert [path.name for path in tmp_path.iterdir()] == ["7.npy"]


def test_what_has_been_reported_is_drawn_to_the_end(tmp_path, monkeypatch):
    pictures, steps = [], np.array([0, 500])

    class Handle:
        def update(self, obj, **_):
            pictures.append(obj["text/html"])

    monkeypatch.setattr(live_seeds, "publish", lambda *_, again: Handle())
    band = steps, *(np.array([8.0, gap]) for gap in (0.05, 0.06, 0.07))
    with LiveSeeds(tmp_path, [3, 4], 1_000, band) as live:
        assert live.lines[3].get_xydata().size == 0
        np.save(tmp_path / "3.npy", (steps, [9.0, 0.5]))
        assert live.thread.is_alive()
    assert not live.thread.is_alive()
    assert live.lines[3].get_xydata().tolist() == [[0, 9], [500, 0.5]]
    assert live.lines[4].get_xydata().size == 0
    assert len(pictures[-1]) > len(pictures[0]) / 2
    assert 'alt="Live plot of several seeds' in pictures[-1]


def test_an_error_ends_the_drawing_too(tmp_path):
    live = LiveSeeds(tmp_path, [3], 1_000)
    with pytest.raises(KeyboardInterrupt), live:
        raise KeyboardInterrupt
    assert not live.thread.is_alive()


def test_a_frame_is_a_picture(tmp_path):
    np.save(tmp_path / "3.npy", ([0, 500], [9.0, 0.5]))
    empty = LiveSeeds(tmp_path, [4], 1_000).draw()
    drawn = LiveSeeds(tmp_path, [3], 1_000).draw()
    pictures = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (empty, drawn)]
    assert (pictures[0] != pictures[1]).any()
