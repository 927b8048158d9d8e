"""Arrays as text, exactly as PyTorch writes its tensors, except that dtypes have no ``torch.`` before them.

The text is made in four steps: leave out the middle of a large array, choose one number format for what is
left, lay the numbers out in nested brackets, append ``size=``, ``dtype=`` and the caller's suffixes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray


class _Options(NamedTuple):
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=inf),
}
_options = _PROFILES["default"]  # replaced as a whole: no print in another thread sees half a change


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print, in the whole process. What is not given stays as it is, or as in ``profile``.

    precision: digits after the point (at first 4).
    threshold: an array with more elements than this is summarised (1000).
    edgeitems: how many elements a summary shows at either end of a dimension (3).
    linewidth: columns in a line (80).
    profile: ``"default"``, ``"short"`` (2 digits, 2 edge items) or ``"full"`` (never summarise).
    sci_mode: scientific notation always or never; a call without it returns to the automatic choice.
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"set_printoptions: no profile {profile!r}, there are {', '.join(_PROFILES)}.")
    base = _options if profile is None else _PROFILES[profile]
    _options = _Options(
        base.precision if precision is None else precision,
        base.threshold if threshold is None else threshold,
        base.edgeitems if edgeitems is None else edgeitems,
        base.linewidth if linewidth is None else linewidth,
        sci_mode,
    )


def get_printoptions() -> dict[str, Any]:
    """Return the options in force, as arguments for `set_printoptions`."""
    return _options._asdict()


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Apply `set_printoptions` inside a ``with`` block only.

    >>> with printoptions(precision=2):
    ...     print(format_array(np.float32([1.2345])))
    tensor([1.23])
    """
    global _options
    before = _options
    set_printoptions(**options)
    try:
        yield
    finally:
        _options = before


def format_array(
    array: NDArray[Any],
    *,
    suffixes: Sequence[str] = (),
    prefix: str = "tensor(",
    default_dtype: DTypeLike = np.float32,
) -> str:
    """Return what PyTorch prints for a tensor with these values.

    >>> print(format_array(np.array([[1, 2.5], [-3, np.inf]]), suffixes=["grad_fn=<MulBackward0>"]))
    tensor([[ 1.0000,  2.5000],
            [-3.0000,     inf]], dtype=float64, grad_fn=<MulBackward0>)
    >>> print(format_array(np.arange(2000)))
    tensor([   0,    1,    2,  ..., 1997, 1998, 1999])
    """
    options, indent = _options, len(prefix)
    default = np.dtype(default_dtype)
    described = []
    if (array.size == 0 and array.ndim != 1) or (array.size > 0 and options.edgeitems == 0):
        described.append(f"size={array.shape}")
    default_complex = np.complex128 if default == np.float64 else np.complex64
    evident_from_values = (default_complex, np.int64, np.bool_) if array.size else ()
    if array.dtype not in (default, *evident_from_values):
        described.append(f"dtype=torch.{array.dtype.name}")
    values = _format_values(array, indent, options) if array.size else "[]"
    text = _append(prefix + values, [*described, *suffixes], indent, options.linewidth) + ")"
    return text.replace("dtype=torch.", "dtype=")  # only now, so that lines break where PyTorch's do


def _format_values(array: NDArray[Any], indent: int, options: _Options) -> str:
    """Return the values in nested brackets that start at column ``indent``."""
    edge, last = options.edgeitems, array.ndim - 1
    large = array.size > options.threshold
    summarised = [axis for axis, n in enumerate(array.shape) if large and n > 2 * edge]
    for axis in summarised:
        array = np.delete(array, slice(edge, array.shape[axis] - edge), axis)  # copies only what it keeps
    write, width = _writer(array, options)
    cells_per_line = max(1, (options.linewidth - indent - last) // (width + len(", ")))

    def nest(block: Any, axis: int) -> str:
        if axis > last:
            return write(block)
        parts = [nest(part, axis + 1) for part in block]
        if axis in summarised:
            parts.insert(edge, " ..." if axis == last and edge else "...")
        if axis == last:
            starts = range(0, len(parts), cells_per_line)
            parts = [", ".join(parts[start : start + cells_per_line]) for start in starts]
        separator = "," + "\n" * max(1, last - axis) + " " * (indent + axis + 1)
        return "[" + separator.join(parts) + "]"

    return nest(array.tolist(), 0)


def _writer(array: NDArray[Any], options: _Options) -> tuple[Callable[[Any], str], int]:
    """Return a function that writes any value of ``array``, all in one format, and the width of its texts."""
    if array.dtype.kind == "c":
        write_real, real_width = _writer(np.real(array), options)
        write_imag, imag_width = _writer(np.imag(array), options)

        def write_complex(value: complex) -> str:
            imag = write_imag(value.imag).lstrip()
            return write_real(value.real) + ("" if imag.startswith("-") else "+") + imag + "j"

        return write_complex, real_width + imag_width + len("j")

    spec = ""
    if array.dtype.kind == "f":
        array = array[np.isfinite(array) & (array != 0)]  # the others count neither for format nor for width
        spec = _float_format(array, options)
    width = max((len(format(value, spec)) for value in array.ravel().tolist()), default=1)
    return lambda value: format(value, spec).rjust(width), width


def _float_format(values: NDArray[Any], options: _Options) -> str:
    """Return the format specification that suits finite ``values`` other than zero."""
    whole = "#.0f"  # '#' keeps the point: "1."
    if values.size == 0:
        return whole
    magnitudes = np.abs(values)
    smallest, largest = float(magnitudes.min()), float(magnitudes.max())
    scientific = options.sci_mode
    if scientific is None:
        scientific = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
    if scientific:
        return f".{options.precision}e"
    return whole if np.all(values == np.ceil(values)) else f".{options.precision}f"


def _append(text: str, suffixes: Sequence[str], indent: int, linewidth: int) -> str:
    """Append each suffix after a comma, on a new line where the current one is full."""
    column = len(text) - text.rfind("\n") + 1  # counts two more than the last line holds, as PyTorch does
    for suffix in suffixes:
        column += len(", ") + len(suffix)
        if column > linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
    return text
