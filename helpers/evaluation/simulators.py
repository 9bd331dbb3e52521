"""Settings of the simulators MuJoCo and pygame: where to draw, and where to warn."""

import os
import sys
import warnings

import numpy as np


def off_screen() -> None:
    """Let MuJoCo and pygame draw without a screen; call it before they are imported."""
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        os.environ.setdefault("MUJOCO_GL", "egl")
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")


def warn_in_python() -> None:
    """Turn MuJoCo's warnings into Python's; by default it also writes them to MUJOCO_LOG.TXT.

    Deprecations in gymnasium's own models are left out: they can't be fixed here.
    """
    try:
        import mujoco
    except ImportError:  # making the environment will raise an error that says what to install
        return

    def warn(words: str) -> None:
        if "deprecated" not in words:
            warnings.warn(f"MuJoCo says: {words}", stacklevel=2)

    mujoco.set_mju_user_warning(warn)


def simplify(model) -> None:
    """Give a MuJoCo model large tiles, no reflections and a plain sky, so that videos are small.

    Call it before the first frame is rendered. Only the appearance changes.
    """
    import mujoco

    model.mat_texrepeat[:] /= 10
    model.mat_reflectance[:] = 0
    for k in np.flatnonzero(model.tex_type == mujoco.mjtTexture.mjTEXTURE_SKYBOX):
        size = model.tex_height[k] * model.tex_width[k] * model.tex_nchannel[k]
        model.tex_data[model.tex_adr[k] :][:size] = 225
