"""What the server knows: a trained network, and how it reads pictures."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from examples import extra
from examples.digit_images import Grey, normalise, read_grey
from examples.strip import Box, cut, find_digits

MOST_PIXELS = 25_000_000
MOST_DIGITS = 40


class Refused(Exception):
    """A picture that is not read: an HTTP status, a key for the page's own language, and a sentence in English."""

    def __init__(self, status: int, key: str, message: str) -> None:
        super().__init__(message)
        self.status, self.key = status, key


@dataclass(frozen=True)
class Answer:
    """One digit: what the network saw (side x side, 0 to 1), its ten numbers, and d score / d pixel."""

    digit: int
    probabilities: list[float]
    seen: Grey
    gradient: Grey
    box: Box | None


class Reader:
    """Reads pictures with a trained network; safe to be called by many threads at once."""

    def __init__(self, model: nn.Sequential, side: int, squashed: bool = False) -> None:
        """squashed: the network's outputs lie in (0, 1) each (sigmoids) and are no logits."""
        self.model, self.side, self.squashed = model.eval().requires_grad_(False), side, squashed

    def read(self, data: bytes, strip: bool = False) -> list[Answer]:
        """The digits of a picture file: one, or those of a strip from left to right."""
        grey = decoded(data)
        try:
            if not strip:
                return self.answers([normalise(grey, self.side)], [None])
            ink, boxes = find_digits(grey)
            if len(boxes) > MOST_DIGITS:
                raise Refused(422, "many", f"more than {MOST_DIGITS} pieces of ink: is it a strip of digits?")
            return self.answers([normalise(cut(ink, box), self.side) for box in boxes], boxes)
        except ValueError as error:
            raise Refused(422, "blank", str(error)) from error

    def answers(self, images: list[Grey], boxes: Any) -> list[Answer]:
        """What the network says to images; the gradient of each answer's score with respect to its pixels."""
        x = ag.tensor(np.stack(images), dtype=ag.float32, requires_grad=True)
        scores = self.model(x)
        digits = scores.argmax(1)
        (gradient,) = ag.grad(scores.gather(1, digits.unsqueeze(1)).sum(), x)  # no parameter's .grad is touched
        says = scores / scores.sum(1, keepdim=True) if self.squashed else F.softmax(scores, dim=1)
        parts = zip(digits.tolist(), says.tolist(), images, gradient.numpy(), boxes, strict=True)
        return [Answer(*part) for part in parts]


def decoded(data: bytes) -> Grey:
    """A picture file as grey values. Its size is looked at before its pixels are."""
    if not data:
        raise Refused(400, "empty", "no picture was sent")
    pil = extra("PIL.Image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pil.DecompressionBombWarning)
            with pil.open(BytesIO(data)) as file:
                width, height = file.size
    except pil.DecompressionBombError as error:
        raise Refused(413, "large", f"too many pixels: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused(415, "format", "not a picture in a format that is known here") from error
    if width * height > MOST_PIXELS:
        raise Refused(413, "large", f"{width} x {height} pixels; at most {MOST_PIXELS:,} are read")
    try:
        return read_grey(BytesIO(data))
    except (ValueError, OSError, SyntaxError, EOFError) as error:
        raise Refused(400, "damaged", f"the picture is damaged or cut off ({error})") from error
