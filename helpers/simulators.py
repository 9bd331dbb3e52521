"""What simulators have to be told: where to draw, and where to warn."""

import os
import sys
import warnings

import numpy as np


def off_screen() -> None:
    """Let MuJoCo and pygame draw where there is no screen; they read this when they begin."""
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        os.environ.setdefault("MUJOCO_GL", "egl")
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")


def warn_in_python() -> None:
    """Let MuJoCo warn as Python does; by itself it writes to a file MUJOCO_LOG.TXT, too.

    What is deprecated in gymnasium's own models is left out: nobody here can mend that.
    """
    try:
        import mujoco
    except ImportError:  # making the environment will say so, and what to do
        return

    def warn(words: str) -> None:
        if "deprecated" not in words:
            warnings.warn(f"MuJoCo says: {words}", stacklevel=2)

    mujoco.set_mju_user_warning(warn)


def simplify(model) -> None:
    """Give a MuJoCo model large tiles, no reflections and a plain sky, so that films are small.

    It has to be done before the first picture. Nothing changes but the looks.
    """
    import mujoco

    model.mat_texrepeat[:] /= 10
    model.mat_reflectance[:] = 0
    for k in np.flatnonzero(model.tex_type == mujoco.mjtTexture.mjTEXTURE_SKYBOX):
        size = model.tex_height[k] * model.tex_width[k] * model.tex_nchannel[k]
        model.tex_data[model.tex_adr[k] :][:size] = 225
