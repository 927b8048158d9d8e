"""`draw_graph` and the `Drawing` that it returns."""

from __future__ import annotations

import hashlib
import inspect
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..modes import enable_grad, record
from ..primitive import wrap
from . import formats
from .capture import capture
from .condense import condense
from .dot import place_with_dot
from .faces import SHOW, face, label_size
from .layout import Placement, Plan, layered
from .model import title
from .outline import outline
from .svg import Picture, paint
from .text import clean, width
from .theme import scale_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .model import Graph

_PAGE = 880.0  # a picture from left to right is chosen where it fits into so many pixels
_FEW = 40  # cards; more are drawn from top to bottom


class Drawing:
    """A computation graph, ready to be shown: in a notebook, `print`ed as an outline, or saved."""

    def __init__(self, graph: Graph, options: dict[str, Any]) -> None:
        self.graph, self._options = graph, options
        self.engine = options["engine"]

    @cached_property
    def _picture(self) -> Picture:
        options, graph = self._options, self.graph
        show = options["show"]
        faces = [face(card, graph, show, options["order"]) for card in graph.cards]
        groups: dict[tuple[int, ...], int] = {}
        plan_groups: list[tuple[int, float]] = []
        titles: list[str] = []
        group_of = []
        for card in graph.cards:
            key: tuple[int, ...] = ()
            for call in card.path:
                parent, key = key, (*key, id(call))
                if key not in groups:
                    groups[key] = len(plan_groups)
                    heading = clean(title(call), 60)
                    plan_groups.append((groups.get(parent, -1), width(heading, 12.5, bold=True)))
                    titles.append(heading)
            group_of.append(groups.get(key, -1))
        for edge in graph.edges:
            edge.local = edge.local if "local" in show else ""
            if "grad" not in show:
                edge.share = edge.result = ""
        links = [
            (edge.source.number, edge.target.number, label_size(edge) if graph.labelled else None)
            for edge in graph.edges
        ]
        plan = Plan([(f.width, f.height) for f in faces], links, group_of, plan_groups)
        placement = self._placed(plan)
        sizes = [size for card in graph.cards for size in (card.sizes or (card.size,)) if size is not None]
        scale = scale_of(sizes, options["grad_range"])
        words = repr([(c.name, c.detail, c.kind, f.width) for c, f in zip(graph.cards, faces, strict=True)])
        shape = repr((words, links, placement.corners, options["theme"], scale, graph.notes))
        root = "ag" + hashlib.sha256(shape.encode("utf-8", "replace")).hexdigest()[:8]
        return Picture(graph, faces, placement, titles, scale, options["theme"], root)

    def _placed(self, plan: Plan) -> Placement:
        options = self._options
        direction = options["direction"]
        if direction == "auto":
            plan.horizontal = len(plan.sizes) <= _FEW and not plan.groups
            trial = layered(plan) if plan.horizontal else None
            plan.horizontal = trial is not None and trial.width <= _PAGE
        else:
            plan.horizontal = direction in ("LR", "right")
        if options["engine"] in ("auto", "dot"):
            placement = place_with_dot(plan, options["timeout"], forced=options["engine"] == "dot")
            if placement is not None:
                self.engine = "dot"
                return placement
        self.engine = "builtin"
        return layered(plan)

    @cached_property
    def svg(self) -> str:
        """The picture, as SVG text."""
        return paint(self._picture)

    def __str__(self) -> str:
        return outline(self.graph)

    def __repr__(self) -> str:
        return f"<Drawing of {self.graph.output}: {len(self.graph.cards)} cards, {len(self.graph.edges)} edges>"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": str(self)}

    def to_html(self, step: bool = True) -> str:
        """One offline page; with `step`, with controls that play the backward pass edge by edge."""
        from .html import page

        return page(self._picture, self.svg, step)

    def to_dot(self) -> str:
        """The graph in Graphviz's language, escaped."""
        return formats.dot(self.graph)

    def to_json(self) -> str:
        """The graph as data: cards, edges, clusters, notes."""
        return formats.json_text(self.graph)

    def save(self, path: Any) -> None:
        """Write .svg, .html, .dot, .json or .txt; .png and .pdf where Graphviz's `dot` is installed."""
        formats.save(self, path)


def draw_graph(
    out_or_function: Any,
    *inputs: Any,
    names: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    inputs_by_name: Mapping[str, Any] | None = None,
    show: Sequence[str] = SHOW,
    direction: str = "auto",
    depth: int | None = None,
    collapse: Sequence[str] | None = None,
    expand: Sequence[str] | None = None,
    focus: Any = None,
    max_nodes: int = 1000,
    grad_range: tuple[float, float] | None = None,
    theme: str = "auto",
    order: bool = False,
    engine: str = "auto",
    timeout: float = 10.0,
) -> Drawing:
    """Draw how a result was computed, and what each path sends back.

    out_or_function: a tensor (or several), or a function or module of `inputs`, which then runs under `record()`.
    names: of tensors, such as locals(). params: dict(model.named_parameters()), where no recorded module tells.
    show: what stands on cards and edges. direction: "auto", "right" or "down". depth: modules deeper than this are
    collapsed; collapse, expand: names or types of modules that are, and are not. focus: a module's name, or a tensor,
    to draw with its surroundings only. grad_range: of the colour scale. theme: "auto", "light" or "dark". engine:
    "auto", "dot" or "builtin".

    >>> a, b = tensor(2., requires_grad=True), tensor(1., requires_grad=True)
    >>> print(draw_graph(lambda a, b: (a + b) * (b + 1), a, b, engine="builtin"))
    a       input     2   ∂ = 2
    b       input     1   ∂ = 5 = 3 + 2
    v1      a + b     3   ∂ = 2
    v2      b + 1     2   ∂ = 3
    v3      v1 × v2   6   ∂ = 1
    """
    _check(show, direction, theme, engine)
    sweep: bool | None = None
    names, params = dict(names or {}), dict(params or {})
    given = dict(inputs_by_name or {})
    if _is_tensor(out_or_function) or isinstance(out_or_function, tuple | list):
        outputs = _tensors(out_or_function)
    elif callable(out_or_function):
        outputs, sweep, given = _run(out_or_function, inputs, params, given)
    else:
        raise TypeError(
            f"draw_graph: expected a Tensor, several, or a function and its inputs, got {type(out_or_function).__name__}"
        )
    if not outputs:
        raise TypeError("draw_graph: there is no Tensor in what was given")
    graph = capture(outputs, names, params, given, sweep=sweep)
    graph = condense(graph, depth=depth, collapse=collapse, expand=expand, focus=focus, max_nodes=max_nodes)
    options = {
        "show": tuple(show),
        "direction": direction,
        "grad_range": grad_range,
        "theme": theme,
        "order": order,
        "engine": engine,
        "timeout": timeout,
    }
    return Drawing(graph, options)


def _check(show: Sequence[str], direction: str, theme: str, engine: str) -> None:
    for what, value, known in (
        ("direction", direction, ("auto", "right", "down", "LR", "TB")),
        ("theme", theme, ("auto", "light", "dark")),
        ("engine", engine, ("auto", "dot", "builtin")),
        *(("show", item, SHOW) for item in show),
    ):
        if value not in known:
            raise ValueError(f"draw_graph: {what} must be one of {', '.join(known)}, not {value!r}")


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "_edge") and hasattr(value, "array")


def _tensors(value: Any) -> list[Any]:
    """The tensors in a result, at any depth of tuples, lists and dicts."""
    found, stack = [], [value]
    while stack:
        item = stack.pop()
        if _is_tensor(item):
            found.append(item)
        elif isinstance(item, tuple | list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            stack.extend(reversed(item.values()))
    return found


def _run(
    function: Callable[..., Any], inputs: tuple[Any, ...], params: dict[str, Any], given: dict[str, Any]
) -> tuple[list[Any], bool, dict[str, Any]]:
    """Call the function under `record()`; its floats and arrays become leaves, its inputs get its parameters' names."""
    values = [wrap_leaf(value) if isinstance(value, float | np.ndarray) else value for value in inputs]
    named_parameters = getattr(function, "named_parameters", None)
    if named_parameters is not None:
        for name, p in named_parameters():
            params.setdefault(name, p)
    try:
        arguments = list(inspect.signature(getattr(function, "forward", function)).parameters)
    except (TypeError, ValueError):
        arguments = []
    for name, value in zip(arguments, values, strict=False):
        if _is_tensor(value) and not value.name:
            given.setdefault(name, value)
    with enable_grad(), record():
        result = function(*values)
    outputs = _tensors(result)
    return outputs, all(output.array.size == 1 for output in outputs), given


def wrap_leaf(value: Any) -> Any:
    """A leaf that requires grad, of a number or an array of floats."""
    array = np.array(value)
    tensor = wrap(array)
    if array.dtype.kind == "f":
        tensor.requires_grad = True
    return tensor


def make_dot(
    var: Any, params: Any = None, show_attrs: bool = False, show_saved: bool = False, max_attr_chars: int = 50
) -> Any:
    """torchviz's function: the graph of `var` as a `graphviz.Digraph`, with names from `params`.

    params: a dict of names and tensors; a name that is missing does no harm. show_attrs, show_saved: also the options
    and the saved tensors of each operation. The user's texts are escaped; nothing in them is read as markup.
    """
    if isinstance(params, list | tuple):
        params = dict(params)
    return formats.digraph(_tensors(var), dict(params or {}), show_attrs, show_saved, max_attr_chars)
