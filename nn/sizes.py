"""What layers for images take as sizes."""

from __future__ import annotations

from typing import Any

__all__ = ["Sizes", "each"]

Sizes = Any  # a number for every dimension of an image, or a tuple of one for each


def each(value: Sizes, count: int) -> tuple[Any, ...]:
    """One number for all as a tuple of `count`; a sequence of any length as a tuple.

    >>> each(2, 3), each([1, 2], 2)
    ((2, 2, 2), (1, 2))
    """
    return tuple(value) if isinstance(value, tuple | list) else (value,) * count
