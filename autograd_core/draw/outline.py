"""The graph as lines of text, for terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .text import number, size_of

if TYPE_CHECKING:
    from .model import Card, Graph

_MOST = 200  # lines


def outline(graph: Graph) -> str:
    """A line per card: name, expression, value, gradient; module calls indent."""
    cards = [card for card in graph.cards if card.original is None and not _plain(card)]
    lines: list[tuple[str, str, str, str]] = []
    path: tuple[object, ...] = ()
    for card in cards[:_MOST]:
        if card.path != path:
            for depth, call in enumerate(card.path):
                if depth >= len(path) or path[depth] is not call:
                    lines.append(("  " * depth + f"[{call}]", "", "", ""))
            path = card.path
        indent = "  " * len(path)
        lines.append((indent + card.name, card.detail, _value(card), _gradient(card, graph)))
    widths = [min(max((len(line[i]) for line in lines), default=0), 40) for i in range(3)]
    widths[0] = max(widths[0], 7)
    text = [
        " ".join(
            [line[0].ljust(widths[0]), line[1].ljust(widths[1] + 2), line[2].ljust(widths[2] + 2), line[3]]
        ).rstrip()
        for line in lines
    ]
    if len(cards) > _MOST:
        text.append(f"… {len(cards) - _MOST} more")
    return "\n".join([*text, *graph.notes])


def _plain(card: Card) -> bool:
    return card.kind == "constant" and card.detail == "const"


def _value(card: Card) -> str:
    if card.note:
        return card.note.replace("\t", ", ")
    if card.shape is None:
        return ""
    if not card.scalar:
        return size_of(card.shape)
    return "–" if card.value is None else number(card.value)


def _gradient(card: Card, graph: Graph) -> str:
    if card.kind in ("constant", "ghost", "more"):
        return ""
    if card.sizes is not None:
        low, high = map(number, card.sizes)
        return f"‖∂‖ = {low}" + (f" … {high}" if high != low else "")
    size = card.size
    if size is None:
        return "∂ = –"
    if not card.scalar:
        return f"‖∂‖ = {number(size)}"
    paths = " + ".join(map(number, card.terms[:4])) if len(card.terms) > 1 else ""
    return f"∂ = {number(np.asarray(card.grad).item())}" + (f" = {paths}" if paths else "")
