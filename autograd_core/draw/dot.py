"""Graphviz's `dot` as a layout engine: it gets ids and sizes, and gives back places. No user text reaches it."""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from typing import TYPE_CHECKING, Any

from .layout import Placement

if TYPE_CHECKING:
    from .curves import Point
    from .layout import Plan

_MOST_CARDS = 1500  # beyond that dot takes minutes; "auto" does not even try


def place_with_dot(plan: Plan, timeout: float, *, forced: bool) -> Placement | None:
    """Where dot puts everything; None where it is absent, too slow or fails (forced: with a warning)."""
    executable = shutil.which("dot")
    if executable is None or not plan.sizes:
        if forced and plan.sizes:
            _warn("Graphviz's `dot` is not installed")
        return None
    if not forced and len(plan.sizes) > _MOST_CARDS:
        return None
    try:
        source = _source(plan)
    except ImportError:
        if forced:
            _warn("the package `graphviz` is not installed (pip install graphviz)")
        return None
    try:
        answer = subprocess.run(
            [executable, "-Tjson"], input=source, capture_output=True, timeout=timeout, encoding="utf-8", check=True
        )
        return _read(json.loads(answer.stdout), plan)
    except subprocess.TimeoutExpired:
        _warn(f"Graphviz's `dot` took longer than {timeout:g} s (timeout=)")
    except (subprocess.CalledProcessError, OSError, ValueError, KeyError, IndexError):
        _warn("Graphviz's `dot` failed on this graph")
    return None


def _warn(what: str) -> None:
    warnings.warn(f"draw_graph: {what}; the built-in layout is used instead", UserWarning, stacklevel=7)


def _source(plan: Plan) -> str:
    """The plan in dot's language: n0 … nK, clusters, and sizes in inches."""
    import graphviz  # type: ignore[import-untyped]  # no stubs

    graph = graphviz.Digraph(
        graph_attr={
            "rankdir": "LR" if plan.horizontal else "TB",
            "ranksep": "0.5",
            "nodesep": "0.3",
            "splines": "true",
            "newrank": "true",
        },
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"arrowhead": "none"},
    )
    inner: list[Any] = [graphviz.Digraph(name=f"cluster_{i}") for i in range(len(plan.groups))]
    for i, (wide, high) in enumerate(plan.sizes):
        owner = graph if plan.group_of[i] < 0 else inner[plan.group_of[i]]
        owner.node(f"n{i}", width=f"{wide / 72:.4f}", height=f"{high / 72:.4f}")
    for i in range(len(plan.groups) - 1, -1, -1):
        parent, wide = plan.groups[i]
        inner[i].attr(margin="14", label=_room((wide + 14, 12.0)), labeljust="l")
        (graph if parent < 0 else inner[parent]).subgraph(inner[i])
    for i, (source, target, size) in enumerate(plan.links):
        label = {} if size is None else {"label": _room(size)}
        graph.edge(f"n{source}", f"n{target}", id=str(i), **label)
    return str(graph.source)


def _room(size: Point) -> str:
    """An empty label of a given size."""
    table = f'<TABLE BORDER="0" FIXEDSIZE="TRUE" WIDTH="{size[0] + 6:.0f}" HEIGHT="{size[1]:.0f}"><TR><TD></TD></TR></TABLE>'
    return f"<{table}>"


def _read(answer: dict[str, Any], plan: Plan) -> Placement:
    """dot's JSON, with the origin at the top left."""
    _, _, wide, high = map(float, answer["bb"].split(","))

    def point(text: str) -> Point:
        x, y = text.split(",")[:2]
        return float(x), high - float(y)

    corners: list[Point] = [(0.0, 0.0)] * len(plan.sizes)
    boxes = [(0.0, 0.0, 0.0, 0.0)] * len(plan.groups)
    for item in answer["objects"]:
        name = item["name"]
        if name.startswith("cluster_"):
            left, low, right, top = map(float, item["bb"].split(","))
            boxes[int(name[8:])] = (left, high - top, right - left, top - low)
        elif "pos" in item:
            x, y = point(item["pos"])
            w, h = plan.sizes[int(name[1:])]
            corners[int(name[1:])] = (x - w / 2, y - h / 2)
    routes: list[list[Point]] = [[(0.0, 0.0)] for _ in plan.links]
    labels: list[Point | None] = [None] * len(plan.links)
    for edge in answer.get("edges", ()):
        number = int(edge["id"])
        routes[number] = [point(text) for text in edge["pos"].split() if text[0] not in "es"]
        if "lp" in edge:
            labels[number] = point(edge["lp"])
    return Placement(corners, routes, labels, boxes, wide, high, plan.horizontal, splines=True)
