"""Pictures in notebooks: small PNG files, with alt text for readers who can't see them."""

import io
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from helpers.callbacks.controls import in_notebook


def swatches(colours: np.ndarray) -> Image.Image:
    """A palette of these colours, (n, 3) with n <= 256, each channel from 0 to 1."""
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(255 * colours).astype(np.uint8).tobytes())
    return palette


def encode(figure: Figure, palette: Image.Image | None = None) -> bytes:
    """A figure's pixels, as last drawn, as a PNG with a palette: a third of the usual size.

    Without a palette it finds the 128 colours that fit best, which takes 20 times as long.
    """
    canvas = figure.canvas
    pixels = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
    file = io.BytesIO()
    few = pixels.convert("RGB").quantize(
        128,
        method=Image.Quantize.MAXCOVERAGE,  # the usual one drops rare colours: green dots turn blue
        palette=palette,
        dither=Image.Dither.NONE,
    )
    few.save(file, format="PNG", compress_level=3 if palette else 6)  # live: speed before size
    return file.getvalue()


def moving(
    frames: Sequence[Image.Image], milliseconds: float, colours: int,
    method: Image.Quantize | None = None, **options,
) -> bytes:  # fmt: skip
    """An animated PNG of these frames, `milliseconds` each; `options` go to Pillow's save.

    It loops forever, pauses for two seconds at the end, and has one palette.
    """
    width, height = frames[0].size
    sheet = Image.new("RGB", (width, height * 4))
    for i in range(4):  # a palette from four moments suits them all
        sheet.paste(frames[i * (len(frames) - 1) // 3], (0, i * height))
    palette = sheet.quantize(colours, method)
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [milliseconds] * (len(few) - 1) + [2000]
    file = io.BytesIO()
    few[0].save(
        file, "PNG", save_all=True, append_images=few[1:], duration=durations, loop=0, **options
    )
    return file.getvalue()


def bundle(png: bytes, alt: str) -> dict:
    """The arguments of `display` that show a PNG, still or moving, with `alt` as its alt text.

    `alt` is also the output's plain text, all that nbval compares: keep it constant.
    """
    data = {"image/png": b64encode(png).decode(), "text/plain": alt}
    return {"obj": data, "raw": True, "metadata": {"image/png": {"alt": alt}}}


def publish(png: bytes, alt: str, *, again: bool = False):
    """Show a PNG in the notebook; `again` gives a handle whose `update(**bundle(...))` redraws it.

    Outside a notebook, print `alt`.
    """
    if in_notebook():
        arguments = bundle(png, alt)
        return display(arguments.pop("obj"), display_id=again or None, **arguments)
    return print(alt)
