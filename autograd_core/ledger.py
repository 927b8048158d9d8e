"""`ledger`: the account of a gradient. What each path contributed to it, and what cancelled.

The gradient of a tensor is a sum over the operations that read it: each sends back its own gradient times its
local derivative. `backward` only keeps the sums; the ledger keeps the terms.

The graph is swept once more for it, along saved arrays that are still there (`record()` releases nothing); no
`.grad` is touched. Where the arrays are gone, so is the account: the gradient is None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import Leaf, Node, Part, fitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .primitive import Array, Operation
    from .tensor import Tensor

__all__ = ["Account", "Contribution", "Ledger", "Path", "ledger"]


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """One term of a gradient: what the operation that made `consumer` sent back through one operand.

    share: upstream × local derivative. upstream: the gradient of the consumer. local: the local derivative, where
    both are single numbers. position: the operand's place among the consumer's parents.
    """

    consumer: Node
    position: int
    operand: str
    upstream: Any
    local: float | None
    share: Array

    @property
    def norm(self) -> float:
        """The share's Euclidean norm."""
        return norm(self.share)


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """A tensor's gradient and its terms, in the order of the sweep; None where arrays had been released."""

    name: str
    node: Node
    gradient: Array | None
    contributions: tuple[Contribution, ...]

    @property
    def cancellation(self) -> float:
        """‖sum of the terms‖ / sum of their norms: 1 where nothing cancels, 0 where everything does."""
        total = sum(term.norm for term in self.contributions)
        return norm(self.gradient) / total if total and self.gradient is not None else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One way from the loss to a tensor, and what it alone contributes to the gradient.

    exact: whether no larger path can have been missed, which holds where all tensors on the way are single numbers.
    Otherwise the paths are those that a beam search found.
    """

    nodes: tuple[Node, ...]
    names: tuple[str, ...]
    product: Array
    exact: bool

    def __str__(self) -> str:
        found = "" if self.exact else "  (found by beam search)"
        size = f"{self.product.item():.4g}" if self.product.size == 1 else f"‖{norm(self.product):.4g}‖"
        return " ← ".join(reversed(self.names)) + f": {size}{found}"


class Ledger:
    """The accounts of all tensors behind a loss, in forward order. See `ledger`."""

    def __init__(self, roots: Sequence[Node], seeds: Sequence[Any], names: Mapping[str, Any] | None = None) -> None:
        self.roots, self.order = tuple(roots), forward_order(roots)
        self.names = name_nodes(self.order, names)
        self._seeds = dict(zip(roots, seeds, strict=True))
        self.cotangents: dict[Node, Any] = {}
        self.shares: dict[Node, tuple[Any, ...]] = {}  # per node, what it sends to each parent
        self._sweep()
        self._terms: dict[Node, list[Contribution]] = {}
        for node in reversed(self.order):
            for i, (parent, share) in enumerate(zip(node.parents, self.shares.get(node, ()), strict=False)):
                if parent is not None and share is not None and not isinstance(share, dict):
                    self._terms.setdefault(parent, []).append(self._contribution(node, i, share))

    def _sweep(self) -> None:
        pending: dict[Node, Any] = dict(self._seeds)
        lost: set[Node] = set()  # reached by an operation whose arrays are gone: the sum would be wrong
        for node in reversed(self.order):
            g = pending.pop(node, None)
            if g is None or node in lost:
                lost.update(parent for parent in node.parents if parent is not None and node in lost)
                continue
            if node.record is not None and node.hooks and node.record.cotangent is not None:
                g = node.record.cotangent  # as its hooks changed it
            self.cotangents[node] = g
            shares = sent_back(node, g)
            if shares is None:
                lost.update(parent for parent in node.parents if parent is not None)
                continue
            self.shares[node] = tuple(shares)
            for parent, share in zip(node.parents, shares, strict=True):
                if parent is None or share is None:
                    continue
                if isinstance(share, dict):
                    pending.setdefault(parent, {}).update(share)
                else:
                    known = pending.get(parent)
                    pending[parent] = share if known is None else known + share

    def _contribution(self, node: Node, position: int, share: Any) -> Contribution:
        parent, g = node.parents[position], self.cotangents[node]
        local = None
        if not isinstance(g, dict) and np.size(g) == 1 and np.size(share) == 1 and parent is not None:
            ones = sent_back(node, np.ones_like(g))
            local = None if ones is None or ones[position] is None else float(np.real(ones[position]).item())
        return Contribution(node, position, operand_name(node, position), g, local, np.asarray(share))

    def __getitem__(self, tensor: Tensor | Node) -> Account:
        node = node_of(tensor)
        if node not in self.names:
            raise KeyError("this tensor is not part of the loss's graph, or does not require grad")
        g = self.cotangents.get(node)
        return Account(
            self.names[node],
            node,
            None if g is None or isinstance(g, dict) else np.asarray(g),
            tuple(self._terms.get(node, ())),
        )

    def __iter__(self) -> Iterator[Account]:
        return (self[node] for node in self.order)

    def __len__(self) -> int:
        return len(self.order)

    def paths(self, tensor: Tensor | Node, k: int = 3, beam: int = 16) -> list[Path]:
        """The k paths from the loss to a tensor that contribute most, largest first.

        Every node remembers its `beam` largest prefixes, which is exact for single numbers (with beam >= k): a
        larger prefix times the same factor stays larger. For tensors it is a search, and its paths say so.

        >>> a = tensor(3., requires_grad=True)
        >>> for path in ledger(a * a + 2 * a).paths(a):
        ...     print(path.product)
        3.0
        3.0
        2.0
        """
        target, beam = node_of(tensor), max(k, beam)
        wanted = {target}
        for node in self.order:
            if any(parent in wanted for parent in node.parents):
                wanted.add(node)
        reached: dict[Node, list[_Prefix]] = {
            root: [_Prefix(seed, root, None)] for root, seed in self._seeds.items() if root in wanted
        }
        exact = True
        for node in reversed(self.order):
            if node is target or node not in reached:
                continue
            for prefix in _largest(reached.pop(node), beam):
                shares = sent_back(node, prefix.product)
                if shares is None:
                    exact = False
                    continue
                for parent, share in zip(node.parents, shares, strict=True):
                    if parent in wanted and share is not None:
                        assert parent is not None
                        exact = exact and not isinstance(share, dict) and np.size(share) == 1
                        reached.setdefault(parent, []).append(_Prefix(share, parent, prefix))
        return [
            Path(nodes, tuple(self.names[node] for node in nodes), np.asarray(prefix.product), exact)
            for prefix in _largest(reached.get(target, []), k)
            for nodes in [prefix.nodes()]
        ]

    def __str__(self) -> str:
        lines = []
        for account in self:
            g = account.gradient
            total = "–" if g is None else f"{g.item():.4g}" if g.size == 1 else f"‖{norm(g):.4g}‖"
            terms = " + ".join(
                f"({self.names[term.consumer]}) "
                + (f"{term.share.item():.4g}" if term.share.size == 1 else f"‖{term.norm:.4g}‖")
                for term in account.contributions
            )
            cancels = "" if account.cancellation > 0.999 else f"   cancellation {account.cancellation:.2g}"
            lines.append(f"{account.name}: {total}" + (f" = {terms}" if terms else "") + cancels)
        return "\n".join(lines)

    __repr__ = __str__


class _Prefix:
    """The beginning of a path: the gradient that arrives along it alone, and how it came."""

    __slots__ = ("before", "node", "product", "size")

    def __init__(self, product: Any, node: Node, before: _Prefix | None) -> None:
        self.product, self.node, self.before = product, node, before
        values = list(product.values()) if isinstance(product, dict) else [product]
        self.size = norm(np.concatenate([np.ravel(value) for value in values])) if len(values) > 1 else norm(values[0])

    def nodes(self) -> tuple[Node, ...]:
        """From the tensor to the loss."""
        found, prefix = [], self
        while prefix is not None:
            found.append(prefix.node)
            prefix = prefix.before  # type: ignore[assignment]  # ends at None
        return tuple(found)


def _largest(prefixes: list[_Prefix], k: int) -> list[_Prefix]:
    return sorted(prefixes, key=lambda prefix: -prefix.size if prefix.size == prefix.size else -np.inf)[:k]


def ledger(loss: Tensor, gradient: Tensor | None = None, names: Mapping[str, Any] | None = None) -> Ledger:
    """The account of every gradient behind `loss`.

    gradient: the loss's own (default: ones). names: of tensors, such as locals() or dict(model.named_parameters()).

    >>> a, b = tensor(2., requires_grad=True), tensor(1., requires_grad=True)
    >>> with record():
    ...     c, d = a + b, b + 1
    ...     e = c * d
    >>> book = ledger(e, names=locals())
    >>> [float(term.share) for term in book[b].contributions], float(book[b].gradient)
    ([3.0, 2.0], 5.0)
    >>> print(book.paths(b)[0])
    e ← d ← b: 3
    """
    if loss._edge is None:
        raise RuntimeError("ledger: the loss does not require grad; make its leaves with requires_grad=True")
    seed = np.ones_like(loss.array) if gradient is None else np.asarray(getattr(gradient, "array", gradient))
    return Ledger([loss._edge], [seed], names)


# ---------------------------------------------------------------- reading a graph


def node_of(tensor: Tensor | Node) -> Node:
    """What a gradient of this tensor is sent to."""
    node = tensor if isinstance(tensor, Node) else tensor._edge
    if node is None:
        raise KeyError("a tensor that does not require grad has no gradient")
    return node


def forward_order(roots: Iterable[Node]) -> list[Node]:
    """All nodes behind the roots: leaves first, then operations in the order they ran."""
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(parent for parent in node.parents if parent is not None)
    return sorted(seen, key=lambda node: (0, node.number) if isinstance(node, Leaf) else (1, -node.number))


def sent_back(node: Node, g: Any) -> Sequence[Any] | None:
    """What a node with gradient g sends to each parent; None where it no longer can say.

    A dict stands for the place of one result among an operation's several. The plain formulas are used: the fast
    ones may reuse buffers of the graph.
    """
    if isinstance(node, Leaf):
        return ()
    if isinstance(node, Part):
        return ({node.index: g},)
    if isinstance(g, dict):
        g = tuple(
            g[i] if i in g else np.zeros(shape, dtype) if node.op.materializes and dtype is not None else None
            for i, (shape, dtype) in enumerate(node.shape)  # one pair per result
        )
    op = node.op
    untouched = node.versions == sum(memory.version for memory in node.memories)
    if node.saved is None or (node.versions and not untouched):
        return _recorded(node, g)
    shares: Sequence[Any]
    with np.errstate(all="ignore"):
        if op.formulas is None:
            shares = op.pull(g, node.parents, node.saved)
        else:
            shares = [
                None if parent is None else formula(g, *[known[name] for name in reads])
                for parent, formula, reads, known in zip(
                    node.parents,
                    op.plain,
                    op.plain_reads,
                    [dict(zip(*pair, strict=False)) for pair in zip(op.reads, node.saved, strict=True)],
                    strict=True,
                )
            ]
        return [
            None if share is None or parent is None else fitted(np.asarray(share), parent, op.broadcasts)
            for parent, share in zip(node.parents, shares, strict=True)
        ]


def _recorded(node: Node, g: Any) -> Sequence[Any] | None:
    """The shares of a sweep that was recorded, if it brought the same gradient."""
    record = node.record
    if record is None or record.cotangent is None or isinstance(g, tuple):
        return None
    if not np.array_equal(record.cotangent, g, equal_nan=True):
        return None
    return [
        None if share is None or parent is None else fitted(share, parent, node.op.broadcasts)
        for parent, share in zip(node.parents, record.shares, strict=True)
    ]


@cache
def operands_of(op: Operation) -> tuple[str, ...]:
    """The names of an operation's operands; of a sequence of tensors, its one name."""
    code, hints = op.forward.__code__, op.forward.__annotations__
    return tuple(name for name in code.co_varnames[: code.co_argcount] if "TensorLike" in str(hints.get(name, "")))


def operand_name(node: Node, position: int) -> str:
    """The name of the operand that a node's parent at this position is."""
    if isinstance(node, Part):
        return str(node.index)
    names = node.op.differentiable
    return str(position) if node.op.variadic or position >= len(names) else names[position]


def name_nodes(order: Sequence[Node], names: Mapping[str, Any] | None = None) -> dict[Node, str]:
    """A name for every node: as given, else the tensor's own, else v1, v2, … in forward order.

    >>> x = tensor(1., requires_grad=True)
    >>> list(name_nodes(forward_order([x.exp()._edge]), {"x": x}).values())
    ['x', 'v1']
    """
    given: dict[Any, str] = {}
    for name, tensor in (names or {}).items():
        edge = getattr(tensor, "_edge", None)
        if edge is not None and isinstance(name, str) and not name.startswith("_"):
            given.setdefault(edge, name)
    found, taken, count = {}, set(given.values()), 0
    for node in order:
        known: Any = given.get(node) or node.__dict__.get("label")
        if not known and isinstance(node, Leaf):
            known = getattr(node.variable, "name", None)
        if not known:
            count += 1
            while f"v{count}" in taken:
                count += 1
            known = f"v{count}"
        found[node] = str(known)
    return found


def norm(array: Any) -> float:
    """The Euclidean norm of all elements, without overflow or warning."""
    flat = np.ravel(array)
    if flat.size == 1:
        return float(abs(flat.item()))
    with np.errstate(all="ignore"):
        flat = np.abs(flat).astype(np.float64) if flat.dtype.kind == "c" else flat.astype(np.float64)
        square = float(flat @ flat)
        if 1e-200 < square < 1e200:
            return math.sqrt(square)
        largest = float(np.abs(flat).max()) if flat.size else 0.0
        if not 0 < largest < np.inf:
            return largest
        return largest * float(np.sqrt(np.sum((flat / largest) ** 2)))
