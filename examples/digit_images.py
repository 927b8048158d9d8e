"""Pictures of digits: from any picture to a network's input, and digits drawn in a grid (001-20).

A network recognises what it was trained on. MNIST's digits are white on black, fit a box of 20 x 20
pixels and have their centre of mass in the middle of 28 x 28; scikit-learn's are as high as their 8 x 8.
A picture must be brought to that form: a network that reads .95 of MNIST's test images reads .02 of them
when black and white are exchanged, and .12 when they are shifted by (3, 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from examples import extra

Grey = npt.NDArray[np.float64]


def network_input(path: str | Path, side: int = 28) -> Grey:
    """The digit of a picture file as the network knows digits: side x side, 0 background to 1 ink."""
    try:
        return normalise(read_grey(path), side)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_grey(path: str | Path | BinaryIO) -> Grey:
    """A picture file as grey values 0 (black) to 1 (white); what is transparent counts as white paper."""
    pil = extra("PIL.Image")
    try:
        with pil.open(path) as file:
            picture = extra("PIL.ImageOps").exif_transpose(file)  # as the camera was held
            if picture.mode.startswith("I"):  # 16 bits per pixel; convert() would clip them at 255
                return np.asarray(picture, dtype=np.float64) / 65535
            colour = picture.convert("RGBA")
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such picture") from None
    except (OSError, SyntaxError, pil.DecompressionBombError) as error:
        raise ValueError(f"not a picture that can be read ({error})") from error
    paper = pil.new("RGBA", colour.size, "white")
    return np.asarray(pil.alpha_composite(paper, colour).convert("L"), dtype=np.float64) / 255


def normalise(grey: Grey, side: int = 28) -> Grey:
    """The digit of a grey picture in the form of MNIST (side 28) or of scikit-learn's digits (side 8).

    The edge of the picture is background: where it is light the picture is inverted. The ink is cropped,
    the strokes of a thin pen are made wider, and the digit is scaled and placed with its centre of mass
    in the middle.
    """
    ink = crop(ink_of(shrink(grey, 128)))
    while ink.mean() < 0.2 and max(ink.shape) > 40:  # nearly all digits of MNIST cover more of their box
        ink = thicken(np.pad(ink, 1))
    if side == 28:
        factor = 20 / max(ink.shape)
        return place(resize(ink, ink.shape[0] * factor, ink.shape[1] * factor), 28)
    # Those of scikit-learn were squares of 32 x 32 counted in blocks of 4 x 4, written with a broad pen.
    height, width = ink.shape
    fine = place(resize(ink, 32, min(24, width * 32 / height)), 32)
    fine /= fine.max()
    while fine.mean() < 0.2:
        fine = thicken(fine)
    counted = fine.reshape(8, 4, 8, 4).mean((1, 3))
    return np.asarray(counted / counted.max())


def shrink(grey: Grey, longest: int) -> Grey:
    """A large picture made smaller: its grain is averaged away."""
    factor = longest / max(grey.shape)
    return grey if factor >= 1 else resize(grey, grey.shape[0] * factor, grey.shape[1] * factor)


def ink_of(grey: Grey) -> Grey:
    """How much ink there is at each pixel, 0 to 1: its difference from the paper, which may be shaded."""
    top, bottom, left, right = (np.median(edge) for edge in (grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    down, across = (np.linspace(-0.5, 0.5, n) for n in grey.shape)
    paper = (top + bottom + left + right) / 4 + (bottom - top) * down[:, None] + (right - left) * across
    ink = grey - paper
    if -ink.min() > ink.max():  # the paper is lighter than the ink
        ink = -ink
    if ink.max() < 0.1:
        raise ValueError("no digit to be seen, the picture has nearly the same grey everywhere")
    return np.asarray(np.clip(ink / ink.max(), 0, 1))


def crop(ink: Grey) -> Grey:
    """The part of the picture that holds the digit, the faint rim of its strokes included."""
    mask = ink > threshold(ink)
    y, x = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    rim = 1 + max(ink.shape) // 64
    grain = min(4 * float(np.quantile(ink[~mask], 0.75)), 0.2)  # 0 on clean paper
    ink = ink[max(y[0] - rim, 0) : y[-1] + 1 + rim, max(x[0] - rim, 0) : x[-1] + 1 + rim]
    ink = np.where(ink < grain, 0, ink)
    y, x = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    return ink[y[0] : y[-1] + 1, x[0] : x[-1] + 1]


def threshold(ink: Grey) -> float:
    """Otsu's threshold: the value that parts paper from ink with the least variance within the two."""
    counts, edges = np.histogram(ink, bins=64, range=(0, 1))
    sums = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    means = sums[:-1] / np.maximum(below, 1), (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return float(edges[1 + np.argmax(below * above * (means[0] - means[1]) ** 2)])


def resize(grey: Grey, height: float, width: float) -> Grey:
    """The picture in another size; a smaller one averages."""
    pil = extra("PIL.Image")
    size = (max(1, round(width)), max(1, round(height)))
    if size == grey.shape[::-1]:
        return grey
    kind = pil.Resampling.BOX if size[0] < grey.shape[1] else pil.Resampling.BILINEAR
    return np.asarray(pil.fromarray(grey.astype(np.float32)).resize(size, kind), dtype=np.float64)


def thicken(ink: Grey) -> Grey:
    """The strokes one pixel wider on every side."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(np.pad(ink, 1), (3, 3)).max((2, 3)))


def place(digit: Grey, side: int) -> Grey:
    """The digit in a square of zeros, its centre of mass on the middle pixel, as far as it fits."""
    square = np.zeros((side, side))
    y, x = (
        min(max(round(side / 2 - mass), 0), side - n)
        for n, mass in zip(digit.shape, centre_of_mass(digit), strict=True)
    )
    square[y : y + digit.shape[0], x : x + digit.shape[1]] = digit
    return square


def centre_of_mass(ink: Grey) -> tuple[float, float]:
    height, width = map(np.arange, ink.shape)
    return float(height @ ink.sum(1) / ink.sum()), float(ink.sum(0) @ width / ink.sum())


def draw_digits(images: npt.NDArray[Any], titles: Sequence[str], path: Path) -> None:
    """Draw digits in rows of eight, each with its title, into a PNG."""
    rows = max(1, -(-len(images) // 8))  # an empty row if there is nothing to draw
    figure = extra("matplotlib.figure").Figure(figsize=(8.4, 1.3 * rows), layout="constrained")
    for axes, image, title in zip(figure.subplots(rows, 8, squeeze=False).flat, images, titles, strict=False):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(title, fontsize=9)
    for axes in figure.axes:
        axes.set_axis_off()
    figure.savefig(path, dpi=100)
