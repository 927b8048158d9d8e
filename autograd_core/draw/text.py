"""Numbers, names and widths of text, as drawings write them."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any
from xml.sax.saxutils import escape as _escape

import numpy as np

_SUPERSCRIPTS = str.maketrans("0123456789+-−nT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿᵀ")
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)

# Advance widths of Helvetica, in thousandths of an em, from the space on (Adobe's font metrics).
_WIDTHS = dict(
    zip(
        map(chr, range(32, 127)),
        [
            *[278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278],
            *[556] * 10,
            *[278, 278, 584, 584, 584, 556, 1015],
            *[667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611],
            *[722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333],
            *[556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278],
            *[556, 500, 722, 500, 500, 500, 334, 260, 334, 584],
        ],
        strict=True,
    )
) | {"←": 1000, "→": 1000, "…": 1000, "‖": 500, "∂": 560, "∇": 712, "Σ": 618, "∞": 833, "¹": 333, "²": 333, "³": 333}


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a text is, in pixels: from a table, so that every machine lays out the same.

    >>> width("mean", 10) < width("mean", 10, bold=True) < width("漢字漢字", 10)
    True
    """
    total = 0
    for character in text:
        known = _WIDTHS.get(character)
        if known is None:
            if unicodedata.combining(character):
                continue
            known = (
                1000 if unicodedata.east_asian_width(character) in "WF" else 400 if character in "⁰⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵀ" else 620
            )
        total += known
    return total * size / 1000 * (1.07 if bold else 1.0)


def fitted(text: str, size: float, room: float, bold: bool = False) -> str:
    """The text, cut short with an ellipsis where it is wider than the room.

    >>> fitted("encoder.layers.0.self_attn.in_proj_weight", 10, 100)
    'encoder.layers.0.sel…'
    """
    if width(text, size, bold) <= room:
        return text
    room -= width("…", size, bold)
    kept = 0
    while kept < len(text) and room > 0:
        room -= width(text[kept], size, bold)
        kept += room >= 0
    return text[:kept].rstrip() + "…"


def clean(text: Any, limit: int = 300) -> str:
    """A user's text without characters that XML forbids or that reorder the page: they become U+FFFD.

    >>> clean("a\\x00b")
    'a\ufffdb'
    """
    text = str(text)
    return _UNSAFE.sub("\ufffd", text if len(text) <= limit else text[: limit - 1] + "…")


def xml(text: Any, limit: int = 300) -> str:
    """Text for XML: cleaned, and escaped for content and attributes.

    >>> xml('<a href="x">')
    '&lt;a href=&quot;x&quot;&gt;'
    """
    return _escape(clean(text, limit), {'"': "&quot;", "'": "&#39;"})


def number(value: Any) -> str:
    """A number in four digits, with a true minus sign and never -0.

    >>> [number(x) for x in (2.0, -0.25, -0.0, 1e-8, 123456.0, float("inf"), 0.1 + 0.2, True)]
    ['2', '−0.25', '0', '1.00e−8', '1.23e+5', '∞', '0.3', 'True']
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.item()
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, complex):
        return f"{number(value.real)} {'−' if value.imag < 0 else '+'} {number(abs(value.imag))}i"
    if isinstance(value, int) and abs(value) < 10**5:
        return str(value).replace("-", "−")
    value = float(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        shown = f"{value:.4g}"
        shown = f"{value:.0f}" if "e" in shown else shown
    else:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        shown = f"{mantissa}e{'+' if int(exponent) > 0 else ''}{int(exponent)}"
    return shown.replace("-", "−")


def factor(value: Any) -> str:
    """A number as a factor: negatives in parentheses."""
    shown = number(value)
    return f"({shown})" if shown.startswith("−") else shown


def superscript(text: str) -> str:
    """
    >>> superscript("-3")
    '⁻³'
    """
    return text.translate(_SUPERSCRIPTS)


def size_of(shape: tuple[int, ...]) -> str:
    """
    >>> size_of((3, 2)), size_of(())
    ('3×2', 'scalar')
    """
    return "×".join(map(str, shape)) if shape else "scalar"


def formula(template: str, names: dict[str, str]) -> str:
    """A row's template with names filled in, powers as superscripts and true minus signs.

    >>> formula("{x} ^ {n}", {"x": "h", "n": "2"}), formula("{x} @ {W}^T", {"x": "-x", "W": "W"})
    ('h²', '−x @ Wᵀ')
    """
    text = re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], "…"), template)
    text = re.sub(r"\((\d+(?:\.\d+)?) - 1\)", lambda match: number(float(match[1]) - 1), text)
    text = re.sub(r" \^ 1(?![\d.])", "", text)
    text = re.sub(r" ?\^ ?(T\b|[-−]?\d+\b)(?!\.)", lambda match: superscript(match[1]), text)
    return re.sub(r"(?<![\w⁰-ⁿ])-|-(?= )", "−", text)
