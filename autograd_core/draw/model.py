"""What a drawing is made of: cards, edges and clusters, before anything has a place or a colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ledger import norm
from .text import number

LEAVES = frozenset(("leaf", "parameter", "constant"))


@dataclass(slots=True, eq=False)
class Card:
    """One tensor with the operation that made it; or something that stands for several (a module, a chain).

    kind: leaf, parameter, operation, output, constant, module, ghost or more. detail: the expression, in the header.
    terms: the contributions that sum to the gradient. path: the module calls that it was made in.
    """

    kind: str
    name: str
    detail: str = ""
    value: Any = None
    grad: Any = None
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    terms: list[float] = field(default_factory=list)
    path: tuple[Any, ...] = ()
    forward: int | None = None
    backward: int | None = None
    where: str = ""
    note: str = ""  # a second row, of a card that stands for several
    sizes: tuple[float, float] | None = None  # smallest and largest ‖grad‖ of what it stands for
    stands_for: int = 1  # operations
    operation: str = ""  # its name, for comparison with others
    hooked: bool = False  # whether a hook has changed the gradient after the sum
    ident: int = 0  # of the node behind it
    parameters: dict[int, Card] = field(default_factory=dict)  # of what it stands for, by identity
    original: Card | None = None  # of a copy: a leaf that is drawn once per use
    number: int = 0  # in drawing order; the id is n<number>

    @property
    def scalar(self) -> bool:
        """Whether the tensor is a single number without dimensions."""
        return self.shape == ()

    @property
    def parameter_count(self) -> int:
        """How many numbers the parameters hold that it stands for."""
        return sum(int(np.size(card.value)) for card in self.parameters.values() if card.value is not None)

    @property
    def size(self) -> float | None:
        """‖gradient‖, or None where it is not known."""
        if self.sizes is not None:
            return self.sizes[1]
        return None if self.grad is None else norm(self.grad)


@dataclass(slots=True, eq=False)
class Edge:
    """From a card to one that reads it. local, share: the two lines beside it; array: what is sent back along it."""

    source: Card
    target: Card
    operand: str = ""
    local: str = ""
    share: str = ""  # the whole line
    result: str = ""  # its last part, in bold
    jacobian: str = ""  # of a small one, for the tooltip
    array: Any = None
    live: bool = True  # whether gradients flow along it
    tensor: Card | None = None  # the card that it left before anything was collapsed

    @property
    def size(self) -> float | None:
        """‖share‖, or None where it is not known."""
        return None if self.array is None else norm(self.array)


@dataclass(slots=True, eq=False)
class Graph:
    """Cards in forward order, their edges, and what is said below the picture."""

    cards: list[Card]
    edges: list[Edge]
    output: str
    swept: bool = False
    notes: list[str] = field(default_factory=list)
    labelled: bool = True  # whether edges carry their two lines
    compact: bool = False  # whether cards have only header and gradient

    def renumber(self) -> None:
        """Number the cards as they are listed."""
        for i, card in enumerate(self.cards):
            card.number = i


def title(call: Any) -> str:
    """How a module call is headed: ``fc1: Linear(2 → 3)``."""
    kind = kind_of(call)
    return str(call) if kind == str(call) else f"{call}: {kind}" if kind else str(call)


def kind_of(call: Any) -> str:
    """A module's type with its sizes: ``Linear(2 → 3)``."""
    module = getattr(call, "module", None)
    if module is None:
        return ""
    kind = type(module).__name__
    for before, after in (("in_features", "out_features"), ("in_channels", "out_channels")):
        if hasattr(module, before) and hasattr(module, after):
            return f"{kind}({getattr(module, before)} → {getattr(module, after)})"
    return kind


def statistics(array: Any) -> str:
    """Smallest, largest, NaNs: for tooltips."""
    array = np.asarray(array)
    if array.size == 0 or array.dtype.kind not in "fiub":
        return ""
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    missing = int(np.isnan(array).sum()) if array.dtype.kind == "f" else 0
    parts = []
    if finite.size:
        parts.append(f"min {number(finite.min())}, max {number(finite.max())}")
    if missing:
        parts.append(f"{missing} NaN")
    if array.size - finite.size - missing:
        parts.append(f"{array.size - finite.size - missing} infinite")
    return ", ".join(parts)
