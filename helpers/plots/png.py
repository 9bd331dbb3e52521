"""Pictures in notebooks: small PNG files, with alt text for readers who can't see them."""

import html
import io
from base64 import b64encode
from collections.abc import Sequence

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image
from scipy.spatial import KDTree

from helpers.callbacks.controls import in_notebook

SHARP = 2  # pixels of a still picture, in each direction, for each of the page's


class Palette:
    """Colours (n, 3), at most 256 of them, each channel from 0 to 1.

    Pillow's own search for the nearest colour is so coarse that it tints white.
    """

    def __init__(self, colours: np.ndarray):
        self.colours = np.rint(255 * colours).astype(np.uint8)
        cells = np.moveaxis(np.indices((64, 64, 64)), 0, -1) / 63
        self.nearest = KDTree(colours).query(cells)[1].astype(np.uint8)  # (64, 64, 64)

    def reduce(self, pixels: np.ndarray) -> Image.Image:
        """Pixels (height, width, 3 or more) as a picture in these colours."""
        red, green, blue = np.moveaxis(pixels[..., :3] >> 2, -1, 0)
        picture = Image.fromarray(self.nearest[red, green, blue])
        picture.putpalette(self.colours.tobytes())
        return picture


def sharp(figure: Figure) -> bytes:
    """A figure, drawn again as a PNG with SHARP times as many pixels as it takes on the page."""
    figure.set_dpi(SHARP * matplotlib.rcParams["figure.dpi"])
    figure.canvas.draw()
    return encode(figure)


def encode(figure: Figure, palette: Palette | None = None) -> bytes:
    """A figure's pixels, as last drawn, as a PNG with a palette: a third of the usual size.

    Without a palette it finds the 256 colours that fit best, which takes 20 times as long.
    """
    pixels, file = np.asarray(figure.canvas.buffer_rgba())[..., :3], io.BytesIO()
    if palette:
        few = palette.reduce(pixels)
    else:
        few = fitted(pixels, any(ax.images for ax in figure.axes))
    few.save(file, format="PNG", compress_level=3 if palette else 9)  # live: speed before size
    return file.getvalue()


def fitted(pixels: np.ndarray, maps: bool) -> Image.Image:
    """Pixels (height, width, 3) in the 256 colours that fit best; `maps` need dithering.

    Without it their few colours would show contours that aren't there.
    """
    picture, method = Image.fromarray(pixels), Image.Quantize.MAXCOVERAGE  # keeps rare colours
    few = picture.quantize(256, method, kmeans=int(maps), dither=Image.Dither.NONE)
    if not maps:
        return few
    dithered = picture.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)
    exact = (np.asarray(few.convert("RGB")) == pixels).all(axis=2)
    dithered.paste(few, mask=Image.fromarray(255 * exact.astype(np.uint8)))  # white stays white
    return dithered


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


def bundle(png: bytes, alt: str, scale: int = 1) -> dict:
    """The arguments of `display` that show a PNG, still or moving, with `alt` as its alt text.

    It is HTML, as JupyterLab gives other pictures no alt text. On the page it is `scale` times
    smaller than its pixels. nbval compares `alt`: keep it constant.
    """
    width = int.from_bytes(png[16:20], "big") // scale  # from the PNG's header
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    picture = f'<img alt="{html.escape(alt)}" width="{width}" src="{source}">'
    return {"obj": {"text/html": picture, "text/plain": alt}, "raw": True}


def publish(png: bytes, alt: str, scale: int = 1, *, again: bool = False):
    """Show a PNG in the notebook; `again` gives a handle whose `update(**bundle(...))` redraws it.

    Outside a notebook, print `alt`.
    """
    if in_notebook():
        arguments = bundle(png, alt, scale)
        return display(arguments.pop("obj"), display_id=again or None, **arguments)
    return print(alt)
