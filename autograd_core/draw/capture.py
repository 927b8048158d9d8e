"""From tensors to cards and edges: what a graph holds, its names, its values and its ledger."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import Leaf, Node, Part
from ..ledger import Ledger, forward_order, name_nodes, operand_name, operands_of, sent_back
from .model import Card, Edge, Graph
from .text import clean, factor, formula, number, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNRECORDED = "– was not kept: compute inside `with ag.record():`, or give draw_graph the function itself"


def capture(
    outputs: Sequence[Any],
    names: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    *,
    sweep: bool | None = None,
) -> Graph:
    """The graph behind the outputs. sweep: whether to compute gradients (default: if a backward has been there)."""
    return _Capture(outputs, names or {}, params or {}, inputs or {}, sweep).graph()


class _Capture:
    def __init__(self, outputs: Any, names: Any, params: Any, inputs: Any, sweep: bool | None) -> None:
        self.outputs = [output for output in outputs if output._edge is not None]
        self.constants_only = [output for output in outputs if output._edge is None]
        self.roots = list(dict.fromkeys(output._edge for output in self.outputs))
        self.order = forward_order(self.roots)
        self.recorded = [node.record is not None for node in self.order if not isinstance(node, Leaf | Part)]
        modules = self._modules()
        self.params = dict(params)
        for module in modules:
            for name, p in module.named_parameters():
                self.params.setdefault(name, p)
        every: dict[str, Any] = {}  # the first name given to a tensor counts: a parameter's own before locals()
        for group in (self.params, inputs, {o.name: o for o in outputs if o.name}, names):
            for name, tensor in group.items():
                if _is_tensor(tensor) and not (name.startswith("_") and group is names):
                    every.setdefault(name, tensor)
        self.quotients = self._quotients(every)
        self.silent = set(self.quotients.values()) | {node for node in self.order if _alone(node)}
        named = name_nodes([node for node in self.order if node not in self.silent], every)
        self.names = {node: clean(named.get(node, "") or node.name(), 60) for node in self.order}
        self.parameter_edges = {p._edge for p in self.params.values() if p._edge is not None}
        self.array_names = {id(t.array): k for k, t in every.items() if t._edge is None}
        for module in modules:
            self.array_names.update({id(b.array): name for name, b in module.named_buffers() if b is not None})
        self.values: dict[Node, Any] = {}
        self.ledger = self._swept(sweep)
        self.cards: list[Card] = []
        self.edges: list[Edge] = []
        self.card_of: dict[Node, Card] = {}
        self.constant_of: dict[int, Card] = {}

    def _modules(self) -> list[Any]:
        """The outermost modules that ran."""
        calls = {id(call): call for node in self.order if node.record is not None for call in node.record.module[:1]}
        modules = {id(module): module for call in calls.values() for module in [getattr(call, "module", None)]}
        return [module for module in modules.values() if module is not None]

    def _quotients(self, named: Mapping[str, Any]) -> dict[Node, Node]:
        """``1 / r`` is computed as reciprocal(r) × 1: per product, the reciprocal that its card stands for too."""
        uses = Counter(parent for node in self.order for parent in node.parents)
        seen = {getattr(tensor, "_edge", None) for tensor in named.values()} | set(self.roots)
        found = {}
        for node in self.order:
            if (
                isinstance(node, Leaf | Part)
                or node.op.name != "mul"
                or node.record is None
                or None not in node.parents
            ):
                continue
            for parent in node.parents:
                if parent is None or isinstance(parent, Leaf | Part) or parent.op.name != "reciprocal":
                    continue
                together = parent.record is not None and parent.record.where == node.record.where
                if together and uses[parent] == 1 and parent not in seen and np.ndim(_other(node)) == 0:
                    found[node] = parent
        return found

    def _swept(self, sweep: bool | None) -> Ledger | None:
        if not self.roots:
            return None
        seeds = []
        for output in self.outputs:
            record = output._edge.record
            known = record.cotangent if record is not None and not isinstance(output._edge, Part) else None
            seeds.append(np.ones_like(output.array) if known is None or isinstance(known, tuple) else known)
            if known is not None:
                sweep = True if sweep is None else sweep
        if sweep is None:
            sweep = any(isinstance(node, Leaf) and node.grad is not None for node in self.order) or any(
                node.saved is None for node in self.order if not isinstance(node, Leaf)
            )
        if not sweep or any(output.array.size != 1 and _unseeded(output) for output in self.outputs):
            return None
        unique = {output._edge: seed for output, seed in zip(self.outputs, seeds, strict=True)}
        return Ledger(list(unique), list(unique.values()))

    # ------------------------------------------------------------ cards

    def graph(self) -> Graph:
        """Every node becomes a card; constants come before what reads them."""
        self._collect_values()
        shared = self._outer_paths()
        for node in self.order:
            if node in self.silent:  # another card stands for it
                continue
            card = self._card(node)
            card.path = card.path[1:] if shared and card.path[:1] == shared else card.path
            if not isinstance(node, Leaf):
                self._operands(_maker(node), card)
            self.card_of[node] = card
            self.cards.append(card)
        self._place_leaves()
        self._number_orders()
        for name, p in self.params.items():
            if p._edge not in self.card_of:
                ghost = Card("ghost", clean(name, 60), "not used", p.array, None, p.array.shape, str(p.array.dtype))
                self.cards.append(ghost)
        for output in self.constants_only:
            self.cards.append(self._constant(output.array, None, output.name or "output"))
        output = self.names[self.roots[0]] if len(self.roots) == 1 else "outputs"
        graph = Graph(self.cards, self.edges, output, self.ledger is not None)
        if not all(self.recorded):
            graph.notes.append(_UNRECORDED)
        graph.renumber()
        return graph

    def _outer_paths(self) -> tuple[Any, ...]:
        """The one outermost call, if everything with parameters ran in it: it needs no box of its own."""
        firsts: dict[int, Any] = {}
        deep: set[int] = set()
        for node in self.order:
            if node.record is not None and node.record.module:
                firsts[id(node.record.module[0])] = node.record.module[0]
                if len(node.record.module) > 1:
                    deep.add(id(node.record.module[0]))
        return (firsts[next(iter(deep))],) if len(deep) == 1 else ()

    def _collect_values(self) -> None:
        for output in self.outputs:
            self.values[output._edge] = output.array
        for node in self.order:
            record = node.record
            if isinstance(node, Leaf):
                if node.variable is not None:
                    self.values[node] = node.variable.array
            elif isinstance(node, Part):
                whole = node.whole.record
                if whole is not None and isinstance(whole.value, tuple) and node.index < len(whole.value):
                    self.values.setdefault(node, _array(whole.value[node.index]))
            elif record is not None and not isinstance(record.value, tuple | list):
                self.values[node] = _array(record.value)
        for node in self.order:  # what an operation saved of its operands, or of its result, tells their values
            for parent, position in zip(node.parents, range(len(node.parents)), strict=True):
                if parent is not None and parent not in self.values:
                    value = self._saved_value(node, operand_name(node, position))
                    if value is not None:
                        self.values[parent] = value
            if not isinstance(node, Leaf | Part) and node not in self.values:
                value = self._saved_value(node, "out")
                if value is not None:
                    self.values[node] = value

    def _saved_value(self, node: Node, name: str) -> Any:
        if isinstance(node, Leaf | Part) or node.op.variadic or node.op.several:
            return None
        if node.record is not None:
            known = dict(zip(operands_of(node.op), node.record.operands, strict=False)).get(name)
            if isinstance(known, np.ndarray):
                return known
        for reads, values in zip(node.op.reads, node.saved or (), strict=False):
            for read, value in zip(reads, values, strict=False):
                if read == name and isinstance(value, np.ndarray):
                    return value
        return None

    def _card(self, node: Node) -> Card:
        name, value = self.names[node], self.values.get(node)
        several = isinstance(node.shape, list)
        kind = "output" if node in self.roots else "operation"
        if isinstance(node, Leaf):
            tensor = node.variable
            is_parameter = node in self.parameter_edges or type(tensor).__name__ == "Parameter"
            kind = "parameter" if is_parameter else "leaf"
            detail = "parameter" if is_parameter else "input"
        elif isinstance(node, Part) and not _alone(node.whole):
            detail = f"result {node.index}"
        else:
            detail = self.expression(_maker(node))
        card = Card(kind, name, clean(detail, 120), value, shape=None if several else tuple(node.shape))
        card.ident = id(node)
        if not isinstance(node, Leaf):
            card.operation = node.op.name
        if several:
            card.note = f"{len(node.shape)} results"
        elif node.dtype is not None:
            card.dtype = str(node.dtype)
        if node.record is not None:
            card.path = tuple(node.record.module)
            if node.record.where:
                file, line, function = node.record.where
                card.where = clean(f"{file.replace(chr(92), '/').rpartition('/')[2]}:{line} in {function}", 120)
        elif isinstance(node, Part) and node.whole.record is not None:
            card.path = tuple(node.whole.record.module)
        if self.ledger is not None and node in self.ledger.names and not several:
            account = self.ledger[node]
            card.grad = account.gradient
            card.hooked = bool(node.hooks) and node.record is not None
            card.terms = [
                float(np.real(term.share).item()) if term.share.size == 1 else term.norm
                for term in account.contributions
            ]
        return card

    def _operands(self, node: Node, card: Card) -> None:
        """The edges into a card; constants get a card of their own."""
        if node in self.quotients:
            (source,) = self.quotients[node].parents
            assert source is not None
            self.edges.append(self._quotient_edge(node, self.card_of[source], card))
            return
        for position, parent in enumerate(node.parents):
            if parent is not None:
                self.edges.append(self._edge(node, position, self.card_of[parent], card))
        if isinstance(node, Part) or node.record is None or node.op.variadic or not node.op.differentiable:
            return
        with_edge = {
            operand for operand, parent in zip(node.op.differentiable, node.parents, strict=True) if parent is not None
        }
        for operand, value in zip(operands_of(node.op), node.record.operands, strict=False):
            if operand in with_edge or value is None:
                continue
            constant = self.constant_of.get(id(value))
            if constant is None:
                constant = self._constant(value, card.path, None)
                self.constant_of[id(value)] = constant
                self.cards.append(constant)
            self.edges.append(Edge(constant, card, operand, live=False))

    def _constant(self, value: Any, path: Any, name: str | None) -> Card:
        name = name or self.array_names.get(id(value))
        array = np.asarray(value)
        card = Card("constant", "", "const", array, shape=array.shape, dtype=str(array.dtype))
        if array.ndim == 0 and not name:
            card.name, card.path = number(array), path or ()
        else:
            card.name, card.detail = clean(name or "const", 60), "input" if name else size_of(array.shape)
            card.path = (path or ()) if name and "." in name else ()
        return card

    def _place_leaves(self) -> None:
        """A parameter stands in the innermost module call that it belongs to; other leaves outside."""
        for edge in self.edges:
            source = edge.source
            if source.kind == "parameter" and not source.path:
                source.path = edge.target.path
        for node, card in self.card_of.items():
            if isinstance(node, Leaf) and card.kind == "parameter":
                owned = 0
                for depth, call in enumerate(card.path):
                    module = getattr(call, "module", None)
                    parameters = () if module is None else module.parameters(recurse=False)
                    if any(p is node.variable for p in parameters):
                        owned = depth + 1
                card.path = card.path[:owned] if owned else card.path if len(card.path) < 2 else card.path[:-1]

    def _number_orders(self) -> None:
        operations = [node for node in self.order if not isinstance(node, Leaf) and node in self.card_of]
        for i, node in enumerate(operations):
            self.card_of[node].forward = i + 1
            self.card_of[node].backward = len(operations) - i if self.ledger is not None else None

    # ------------------------------------------------------------ formulas

    def _fill(self, node: Node) -> dict[str, str]:
        """What stands for each operand and option of an operation in its templates."""
        filled = {"out": self.names[node]}
        record = node.record
        if record is not None and not node.op.variadic:
            for operand, value in zip(operands_of(node.op), record.operands, strict=False):
                if value is not None:
                    single = np.ndim(value) == 0 and id(value) not in self.array_names
                    filled[operand] = factor(value) if single else _short(self.array_names.get(id(value), "const"))
            filled.update(
                {name: factor(value) for name, value in record.constants.items() if isinstance(value, int | float)}
            )
        elif node.saved and not node.op.variadic and not node.op.several:
            for reads, values in zip(node.op.reads, node.saved, strict=False):
                filled.update({r: factor(v) for r, v in zip(reads, values, strict=False) if isinstance(v, int | float)})
        for position, parent in enumerate(node.parents):
            if parent is not None:
                filled[operand_name(node, position)] = _short(self.names[parent])
        return filled

    def expression(self, node: Node) -> str:
        """The operation as a reader would write it: ``a + b``."""
        op, filled = node.op, self._fill(node)
        if node in self.quotients:
            return f"{factor(_other(node))} / {self._fill(self.quotients[node])['input']}"
        name = op.name.strip("_")
        if op.shows is None:
            arguments = [_short(self.names[parent]) for parent in node.parents if parent is not None]
            if len(arguments) > 3:
                arguments = [*arguments[:2], "…"]
            return f"{name}({', '.join(arguments)})"
        template = op.shows
        if node.record is not None:  # an optional operand that was not given
            absent = [o for o in operands_of(op) if o not in filled]
            for operand in absent:
                template = re.sub(r" [-+×] \{" + operand + r"\}", "", template)
        return formula(template, filled)

    def _jacobian(self, node: Node, position: int) -> str:
        """The local derivative, row by row, where it has at most nine entries."""
        columns, rows = _small(node.parents[position]), _small(node)
        if isinstance(node, Part) or not 0 < rows * columns <= 9:
            return ""
        shown = []
        for i in range(rows):
            one = np.zeros(rows, node.dtype)
            one[i] = 1
            shares = sent_back(node, one.reshape(node.shape))
            if shares is None or shares[position] is None:
                return ""
            shown.append("  ".join(map(number, np.ravel(shares[position]).tolist())))
        return "\n".join(shown)

    def _edge(self, node: Node, position: int, source: Card, target: Card) -> Edge:
        operand = operand_name(node, position)
        edge = Edge(source, target, operand)
        parent = node.parents[position]
        assert parent is not None
        share = self.ledger.shares[node][position] if self.ledger is not None and node in self.ledger.shares else None
        if isinstance(share, dict):
            share = next(iter(share.values()))
        edge.array = share
        single = not isinstance(node, Part) and target.shape == () == source.shape
        if not single:
            alone = source.kind in ("leaf", "parameter") and len(source.terms) == 1  # the card says it already
            if share is not None and not alone:
                edge.share, edge.result = "← ", _rough(edge.size)
            edge.jacobian = self._jacobian(node, position)
            return edge
        local = sent_back(node, {0: np.ones(())} if node.op.several else np.ones((), node.dtype))
        if local is None or local[position] is None:
            return edge
        template = node.op.local.get(operand, "")
        symbol = formula(template, self._fill(node)) if "{" in template else ""
        self._write(edge, node, symbol, np.asarray(local[position]).item())
        return edge

    def _quotient_edge(self, node: Node, source: Card, target: Card) -> Edge:
        """The edge into c / r, past the reciprocal."""
        edge = Edge(source, target, "input")
        inner = self.quotients[node]
        if self.ledger is not None and inner in self.ledger.shares:
            edge.array = self.ledger.shares[inner][0]
        if target.shape != () or source.shape != ():
            if edge.array is not None:
                edge.share, edge.result = "← ", _rough(edge.size)
            return edge
        outer = sent_back(node, np.ones((), node.dtype))
        local = sent_back(inner, next(g for g in outer if g is not None)) if outer is not None else None
        if local is not None and local[0] is not None:
            symbol = f"−{factor(_other(node))} / {self._fill(inner)['input']}²"
            self._write(edge, node, symbol, np.asarray(local[0]).item())
        return edge

    def _write(self, edge: Edge, node: Node, symbol: str, value: float) -> None:
        """The two lines beside an edge between numbers."""
        head = f"∂{edge.target.name}/∂{edge.source.name}"
        parts = [head if len(head) <= 16 else "local"]
        parts += [symbol] if symbol and symbol != number(value) and len(symbol) <= 24 else []
        edge.local = " = ".join([*parts, number(value)])
        if edge.array is not None and self.ledger is not None:
            g = self.ledger.cotangents[node]
            upstream = np.asarray(g[0] if isinstance(g, dict) else g).item()
            edge.share = f"← {number(upstream)} × {factor(value)} = "
            edge.result = number(edge.array)


def _other(node: Node) -> Any:
    """The constant operand of a product."""
    assert node.record is not None
    return next(v for v, parent in zip(node.record.operands, node.parents, strict=True) if parent is None)


def _small(node: Node | None) -> int:
    """The number of elements, of what has one shape."""
    return 99 if node is None or isinstance(node.shape, list) else int(np.prod(node.shape, dtype=np.int64))


def _alone(node: Node) -> bool:
    return isinstance(node.shape, list) and len(node.shape) == 1


def _maker(node: Node) -> Node:
    """The operation that a card stands for: of a single result's Part, the whole."""
    return node.whole if isinstance(node, Part) and _alone(node.whole) else node


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "_edge") and hasattr(value, "array")


def _array(value: Any) -> Any:
    return np.asarray(getattr(value, "array", value))


def _unseeded(output: Any) -> bool:
    record = output._edge.record
    return record is None or record.cotangent is None


def _rough(size: float | None) -> str:
    """A norm in two digits."""
    return "–" if size is None else number(float(f"{size:.2g}"))


def _short(name: str) -> str:
    """A name inside an expression: the last part of a dotted one, W and b for a layer's own."""
    last = name.rpartition(".")[2]
    return {"weight": "W", "bias": "b"}.get(last, last) if "." in name else name
