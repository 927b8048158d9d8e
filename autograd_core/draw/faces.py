"""What stands on a card, row by row, and how much room that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .model import statistics
from .text import clean, fitted, number, size_of, width

if TYPE_CHECKING:
    from collections.abc import Collection

    from .model import Card, Edge, Graph

HEADER, CHIP, PAD = 25.0, 24.0, 8.0
SHOW = ("value", "grad", "local", "paths", "shape", "dtype")
_LEAST, _MOST = 92.0, 260.0


@dataclass(slots=True)
class Row:
    """kind: value, shape, entries, note, grad or paths. left and right: texts; cells: of a matrix, formatted."""

    kind: str
    height: float
    left: str = ""
    right: str = ""
    cells: list[list[str]] | None = None


@dataclass(slots=True)
class Face:
    """A card's size and contents. A chip is one line, with a dashed border where no gradient arrives."""

    name: str
    detail: str
    rows: list[Row]
    width: float
    height: float
    chip: bool = False
    size: float | None = None  # what the colour of the gradient row stands for


def face(card: Card, graph: Graph, show: Collection[str] = SHOW, order: bool = False) -> Face:
    """The face of a card, as the options ask for it."""
    chip = card.kind in ("ghost", "more") or card.original is not None
    chip = chip or (card.kind == "constant" and (card.detail != "input" or graph.compact))
    name_room = 150.0
    name = fitted(card.name, 14.5 if not chip else 13, name_room, bold=True)
    detail = card.detail
    if order and card.forward is not None:
        detail += f"  fwd {card.forward}" + (f" · bwd {card.backward}" if card.backward is not None else "")
    rows = [] if chip else _rows(card, graph, show)
    wide = max([_LEAST - 2 * PAD, *map(_row_width, rows)])
    if chip:
        detail = fitted(detail, 11.5, 130)
        wide = width(name, 13, bold=True) + (12 + width(detail, 11.5) if detail else 0)
        return Face(name, detail, [], max(wide + 2 * PAD + 2, 44), CHIP, chip=True, size=None)
    room = max(_MOST - 2 * PAD - width(name, 14.5, bold=True) - 16, wide - width(name, 14.5, bold=True) - 16, 40)
    detail = fitted(detail, 11.5, room)
    wide = max(wide, width(name, 14.5, bold=True) + (16 + width(detail, 11.5) if detail else 0))
    height = HEADER + sum(row.height for row in rows)
    return Face(name, detail, rows, round(wide + 2 * PAD + 1, 1), height, size=card.size)


def _rows(card: Card, graph: Graph, show: Collection[str]) -> list[Row]:
    rows: list[Row] = []
    if card.note and not graph.compact:
        left, _, right = card.note.partition("\t")
        rows.append(Row("note", 21, left, right))
    if card.shape is not None and not graph.compact:
        if card.scalar and "value" in show:
            rows.append(Row("value", 21, "value", "–" if card.value is None else number(card.value)))
        elif not card.scalar:
            about = [size_of(card.shape) if "shape" in show else "", card.dtype if "dtype" in show else ""]
            if any(about):
                rows.append(Row("shape", 21, about[0], about[1]))
            if "value" in show:
                rows += _entries(card.value)
    if card.kind in ("constant", "ghost", "more") or "grad" not in show:
        return rows
    size = card.size
    if card.sizes is not None:
        low, high = card.sizes
        shown = (
            number(high)
            if low == high or (graph.compact and card.kind == "module")
            else f"{number(low)} … {number(high)}"
        )
        rows.append(Row("grad", 23, "‖∇params‖" if card.kind == "module" and "\t" in card.note else "‖∇‖", shown))
    elif card.shape is None:
        pass
    elif size is None:
        rows.append(Row("grad", 23, "grad", "–"))
    elif card.scalar:
        label = f"∂{graph.output}/∂{card.name}"
        rows.append(Row("grad", 23, label if len(label) <= 10 else "grad", number(card.grad)))
        if (len(card.terms) > 1 or card.hooked) and "paths" in show and not graph.compact:
            first = " + ".join((f"({number(t)})" if i and t < 0 else number(t)) for i, t in enumerate(card.terms[:4]))
            more = " + …" if len(card.terms) > 4 else ""
            paths = f"{len(card.terms)} paths" if len(card.terms) > 1 else ""
            hook = (", a hook" if paths else "a hook") if card.hooked else ""
            rows.append(Row("paths", 18, f"{'from' if card.hooked else '='} {first}{more}", paths + hook))
    else:
        rows.append(Row("grad", 23, "‖∇‖", number(float(f"{size:.3g}"))))
        if len(card.terms) > 1 and "paths" in show and not graph.compact:
            total = sum(card.terms)
            lost = 1 - size / total if total > 0 else 0.0
            cancels = f"{lost:.0%} cancels" if lost >= 0.005 else ""
            rows.append(Row("paths", 18, cancels, f"{len(card.terms)} paths"))
    return rows


def _entries(value: Any) -> list[Row]:
    """The values of a small tensor, else its mean and standard deviation."""
    if value is None:
        return [Row("value", 21, "value", "–")]
    value = np.asarray(value)
    flat = value.ndim == 1 or (value.ndim == 2 and 1 in value.shape[:1])
    if value.size == 0:
        return [Row("value", 21, "", "empty")]
    if value.ndim in (1, 2) and ((flat and value.size <= 6) or (value.ndim == 2 and max(value.shape) <= 3)):
        cells = [[_entry(x) for x in row] for row in np.atleast_2d(value)]
        return [Row("entries", 19.0 * len(cells) + 2, cells=cells)]
    if value.dtype.kind not in "fiub":
        return []
    with np.errstate(all="ignore"):
        mean, sd = float(np.mean(value, dtype=np.float64)), float(np.std(value, dtype=np.float64))
    return [Row("note", 20, f"mean {_rough(mean)}", f"sd {_rough(sd)}")]


def _rough(x: float) -> str:
    return number(float(f"{x:.3g}"))


def _entry(x: Any) -> str:
    x = x.item()
    return number(float(f"{x:.2g}")) if isinstance(x, float) else number(x)


def columns(cells: list[list[str]]) -> list[float]:
    """The widths of a matrix's columns."""
    return [max(width(row[j], 13) for row in cells) for j in range(len(cells[0]))]


def _row_width(row: Row) -> float:
    if row.cells is not None:
        return sum(columns(row.cells)) + 9 * (len(row.cells[0]) - 1) + 14
    if row.kind == "grad":
        return width(row.left, 12.5) + 16 + width(row.right, 14, bold=True)
    if row.kind == "value":
        return width(row.left, 12) + 16 + width(row.right, 14)
    size = 12 if row.kind == "paths" else 11.5
    return width(row.left, size) + 14 + width(row.right, size)


def label_size(edge: Edge) -> tuple[float, float] | None:
    """The room that an edge's lines need."""
    share = edge.share + edge.result
    if not edge.local and not share:
        return None
    lines = bool(edge.local) + bool(share)
    wide = max(width(edge.local, 10.5), width(edge.share, 10.5) + width(edge.result, 10.5, bold=True))
    return round(wide + 8, 1), 14.0 * lines + 2


def tooltip(card: Card) -> str:
    """All that is known of a card, in lines."""
    lines = [f"{card.name}" + (f" = {card.detail}" if card.kind in ("operation", "output") else f": {card.detail}")]
    if card.shape is not None and not card.scalar:
        lines.append(f"{size_of(card.shape)} {card.dtype}")
    if card.value is not None and np.size(card.value) == 1:
        lines.append(f"value {number(np.asarray(card.value).item())}")
    elif card.value is not None and (found := statistics(card.value)):
        lines.append(f"value: {found}")
    if card.grad is not None and np.size(card.grad) == 1:
        lines.append(f"gradient {number(np.asarray(card.grad).item())}")
    elif card.grad is not None:
        lines.append(f"gradient: norm {number(card.size)}, {statistics(card.grad)}")
    if len(card.terms) > 1:
        what = " + ".join(number(term) for term in card.terms[:12]) + (" + …" if len(card.terms) > 12 else "")
        lines.append(f"{'= ' if card.scalar else 'norms of the paths: '}{what} ({len(card.terms)} paths)")
    if card.forward is not None:
        lines.append(f"fwd {card.forward}" + (f" · bwd {card.backward}" if card.backward is not None else ""))
    if card.path:
        lines.append("in " + " / ".join(map(str, card.path)))
    if card.where:
        lines.append(card.where)
    return "\n".join(clean(line, 200) for line in lines)


def edge_tooltip(edge: Edge) -> str:
    """What an edge carries: its two lines, and the local derivative where that is a small matrix."""
    lines = [f"{edge.source.name} → {edge.target.name}", edge.local]
    if edge.size is not None:
        lines.append((edge.share + edge.result) if edge.local else f"sends back a gradient of norm {number(edge.size)}")
    if edge.jacobian:
        lines += ["local derivative:", *edge.jacobian.split("\n")]
    return "\n".join(clean(line, 200) for line in lines if line)
