"""Reading a strip of digits: find them, bring each to the network's form, recognise it. 识别一串数字

Items: 001-1.

The strip says 504192, as the first picture of the slides. Its digits are found as connected pieces of ink: pieces that lie
above each other belong to one digit (the bar of a 5), specks are left out, and the order is from left to right.

    python -m examples.strip        a strip of held-back digits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_core as ag
from examples import Setting, extra, pyplot, setting
from examples.digit_images import Grey, ink_of, normalise, resize, shrink, threshold
from examples.digits import load_data, outputs, trained

Box = tuple[slice, slice]


def find_digits(grey: Grey) -> tuple[Grey, list[Box]]:
    """The ink of a picture (made smaller if it is large), and where in it the digits are, from left to right."""
    ink = ink_of(shrink(grey, 1000))
    pieces, _ = extra("scipy.ndimage").label(ink > threshold(ink), structure=np.ones((3, 3)))
    boxes = [box for box in extra("scipy.ndimage").find_objects(pieces) if box is not None]
    if not boxes:
        raise ValueError("no digit to be seen")
    tallest = max(y.stop - y.start for y, _ in boxes)
    boxes = [(y, x) for y, x in boxes if max(y.stop - y.start, x.stop - x.start) > tallest / 5]
    return ink, joined(sorted(boxes, key=lambda box: box[1].start))


def joined(boxes: list[Box]) -> list[Box]:
    """Boxes that lie above each other, by more than a third of the narrower one's width, made one."""
    found: list[Box] = []
    for y, x in boxes:
        if found:
            before_y, before_x = found[-1]
            shared = min(before_x.stop, x.stop) - x.start
            if shared * 3 > min(before_x.stop - before_x.start, x.stop - x.start):
                found[-1] = (
                    slice(min(before_y.start, y.start), max(before_y.stop, y.stop)),
                    slice(before_x.start, max(before_x.stop, x.stop)),
                )
                continue
        found.append((y, x))
    return found


def cut(ink: Grey, box: Box) -> Grey:
    """A digit of the strip as a picture of its own, ink on a background of 0."""
    return np.asarray(np.pad(ink[box], 4))


def draw_strip(images: Any, shift: Sequence[int]) -> Grey:
    """Digits (n, side, side) side by side on light paper, each a little higher or lower."""
    strip = np.zeros((120, 30 + 90 * len(images)))
    for i, (image, down) in enumerate(zip(images, shift, strict=True)):
        strip[20 + down : 100 + down, 30 + 90 * i : 110 + 90 * i] = resize(np.asarray(image), 80, 80)
    return np.asarray(0.95 - 0.85 * strip)


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    read_a_strip(run, [5, 0, 4, 1, 9, 2])


def read_a_strip(run: Setting, wanted: Sequence[int]) -> None:
    _, side, model = trained(run.out / "network")
    images, labels = load_data(None, 0, quick=False)[1].tensors
    strip = draw_strip([images[int((labels == digit).nonzero()[3])] for digit in wanted], [0, 6, -4, 3, -6, 2])
    ink, boxes = find_digits(strip)
    seen = np.stack([normalise(cut(ink, box), side) for box in boxes])
    answers = outputs(model, ag.tensor(seen, dtype=ag.float32)).argmax(1).tolist()
    print(f"The strip says {''.join(map(str, wanted))}; read as {''.join(map(str, answers))}")
    figure, axes = pyplot(1, width=7, height=1.9)
    axes.imshow(1 - ink, cmap="gray", vmin=0, vmax=1)
    for (y, x), answer in zip(boxes, answers, strict=True):
        corner, width, height = (x.start, y.start), x.stop - x.start, y.stop - y.start
        axes.add_patch(extra("matplotlib.patches").Rectangle(corner, width, height, fill=False, edgecolor="#c33"))
        axes.text(x.start, y.start - 3, answer, color="#c33", fontsize=12)
    axes.set_axis_off()
    run.save(figure, "strip")


if __name__ == "__main__":
    main()
