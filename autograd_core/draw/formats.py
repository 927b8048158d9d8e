"""Files and other programs' formats: JSON, DOT, torchviz's Digraph, and saving by the name's ending."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import Leaf, Part
from ..ledger import forward_order, name_nodes
from .model import title
from .text import clean, number, size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .drawing import Drawing
    from .model import Card, Edge, Graph


# ---------------------------------------------------------------- JSON


def json_text(graph: Graph) -> str:
    """Cards, edges, clusters and notes, as JSON that any program can read (no NaN: they are strings)."""
    return json.dumps(data(graph), ensure_ascii=False, indent=1, allow_nan=False)


def data(graph: Graph) -> dict[str, Any]:
    """The same as Python objects."""
    clusters: dict[tuple[int, ...], int] = {}
    described: list[dict[str, Any]] = []
    owner: list[int | None] = []
    for card in graph.cards:
        key: tuple[int, ...] = ()
        for call in card.path:
            outer, key = key, (*key, id(call))
            if key not in clusters:
                clusters[key] = len(described)
                described.append({"title": clean(title(call)), "parent": clusters.get(outer)})
        owner.append(clusters.get(key))
    return {
        "output": clean(graph.output),
        "swept": graph.swept,
        "cards": [_card(card, group) for card, group in zip(graph.cards, owner, strict=True)],
        "edges": [_edge(edge) for edge in graph.edges],
        "clusters": described,
        "notes": [clean(note) for note in graph.notes],
    }


def _card(card: Card, group: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {"id": f"n{card.number}", "kind": card.kind, "name": card.name, "detail": card.detail}
    if card.shape is not None:
        found |= {"shape": list(card.shape), "dtype": card.dtype}
        if card.value is not None:
            found["value" if np.size(card.value) == 1 else "values"] = _plain(card.value)
    if card.grad is not None:
        found |= {"gradient": _plain(card.grad), "norm": _number(card.size)}
    if card.sizes is not None:
        found["norms"] = [_number(size) for size in card.sizes]
    if card.terms:
        found["terms"] = [_number(term) for term in card.terms]
    found |= {"operations": card.stands_for} if card.stands_for > 1 else {}
    found |= {"same_as": f"n{card.original.number}"} if card.original is not None else {}
    found |= {"forward": card.forward, "backward": card.backward} if card.forward is not None else {}
    found |= {"cluster": group} if group is not None else {}
    return found


def _edge(edge: Edge) -> dict[str, Any]:
    found: dict[str, Any] = {"from": f"n{edge.source.number}", "to": f"n{edge.target.number}", "operand": edge.operand}
    if edge.local:
        found["local"] = edge.local
    if edge.array is not None:
        found["share"] = _plain(edge.array) if np.size(edge.array) == 1 else _number(edge.size)
    return found


def _plain(array: Any) -> Any:
    """Up to nine values as they are; of more, their summary."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        return str(array)[:200]
    if array.size == 1:
        return _number(array.item())
    if array.size <= 9:
        return [_number(x) for x in array.ravel().tolist()]
    with np.errstate(all="ignore"):
        return {"mean": _number(float(array.mean())), "sd": _number(float(array.std()))}


def _number(x: Any) -> Any:
    return x if isinstance(x, int) else str(x) if x is None or not np.isfinite(x) else float(f"{x:.9g}")


# ---------------------------------------------------------------- DOT


def quoted(text: Any) -> str:
    """A string in dot's language: no markup, no escapes that Graphviz expands.

    >>> print(quoted('<b>"N</b>'))
    "<b>\\"N</b>"
    """
    lines = [clean(line).replace("\\", "\\\\").replace('"', '\\"') for line in str(text).split("\n")]
    return '"' + "\\n".join(lines) + '"'


def dot(graph: Graph) -> str:
    """The graph for Graphviz, with its clusters."""
    lines = ["digraph {", '  node [shape=box style="rounded" fontname=Helvetica fontsize=11]', "  edge [fontsize=9]"]
    tree: dict[tuple[int, ...], list[str]] = {(): []}
    calls: dict[tuple[int, ...], Any] = {}
    for card in graph.cards:
        key: tuple[int, ...] = ()
        for call in card.path:
            key = (*key, id(call))
            calls.setdefault(key, call)
            tree.setdefault(key, [])
        label = [f"{card.name}   {card.detail}"]
        if card.scalar and card.value is not None:
            label.append(f"value {number(card.value)}")
        elif card.shape:
            label.append(f"{size_of(card.shape)} {card.dtype}")
        if card.size is not None:
            label.append(
                f"grad {number(card.grad)}" if card.scalar and card.grad is not None else f"‖grad‖ {number(card.size)}"
            )
        dashed = " style=dashed" if card.kind in ("constant", "ghost", "more") or card.original is not None else ""
        label_text = quoted("\n".join(label))
        tree[key].append(f"n{card.number} [label={label_text}{dashed}]")
    lines += tree[()]
    deeper = sorted((key for key in tree if key), key=lambda key: list(calls).index(key))
    names = {key: i for i, key in enumerate(deeper)}
    open_keys: list[tuple[int, ...]] = []
    for key in deeper:  # parents come before their children
        while open_keys and open_keys[-1] != key[: len(open_keys[-1])]:
            open_keys.pop()
            lines.append("}")
        open_keys.append(key)
        lines.append(f"subgraph cluster_{names[key]} {{ label={quoted(title(calls[key]))} style=dashed")
        lines += tree[key]
    lines += ["}"] * len(open_keys)
    for edge in graph.edges:
        text = "\n".join(filter(None, [edge.local, edge.share + edge.result]))
        label_part = f" [label={quoted(text)}]" if text and graph.labelled else ""
        lines.append(f"n{edge.source.number} -> n{edge.target.number}{label_part}")
    return "\n".join([*lines, "}"]) + "\n"


def digraph(outputs: list[Any], params: dict[str, Any], attrs: bool, saved: bool, most: int) -> Any:
    """torchviz's picture, as a `graphviz.Digraph`: leaves light blue, outputs green, backward functions grey."""
    try:
        import graphviz  # type: ignore[import-untyped]  # no stubs
    except ImportError:
        raise ImportError(
            "make_dot needs the package graphviz: pip install graphviz (draw_graph does without)"
        ) from None
    graph = graphviz.Digraph(
        node_attr={
            "style": "filled",
            "shape": "box",
            "align": "left",
            "fontsize": "10",
            "ranksep": "0.1",
            "height": "0.2",
            "fontname": "monospace",
        },
        graph_attr={"size": "12,12"},
    )
    outputs = [output for output in outputs if output._edge is not None]
    order = forward_order([output._edge for output in outputs])
    names = name_nodes(order, params)
    given = {tensor._edge for tensor in params.values() if getattr(tensor, "_edge", None) is not None}
    ids = {node: f"n{i}" for i, node in enumerate(order)}
    for node in order:
        if isinstance(node, Leaf):
            name = names[node] if node in given or getattr(node.variable, "name", None) else ""
            text = f"{name}\n {tuple(node.shape)}"
            graph.node(f"{ids[node]}v", _label(text), fillcolor="lightblue")
            graph.node(ids[node], "AccumulateGrad", fillcolor="lightgrey")
            graph.edge(f"{ids[node]}v", ids[node])
            continue
        text = node.name()
        record = node.record
        if attrs and record is not None and record.constants:
            text += "\n" + "\n".join(f"{key}: {str(value)[:most]}" for key, value in record.constants.items())
        graph.node(ids[node], _label(text), fillcolor="lightgrey")
        for parent in node.parents:
            if parent is not None:
                graph.edge(ids[parent], ids[node])
        if saved and node.saved and not isinstance(node, Part):
            arrays = {id(a): a for values in node.saved for a in values if isinstance(a, np.ndarray)}
            for i, array in enumerate(arrays.values()):
                graph.node(f"{ids[node]}s{i}", _label(f"saved\n {array.shape}"), fillcolor="orange")
                graph.edge(f"{ids[node]}s{i}", ids[node], dir="none")
    for i, output in enumerate(outputs):
        graph.node(f"o{i}", _label(f"{output.name or ''}\n {tuple(output.shape)}"), fillcolor="darkolivegreen1")
        graph.edge(ids[output._edge], f"o{i}")
    size = max(len(graph.body) * 0.15, 12)
    graph.graph_attr.update(size=f"{size},{size}")
    return graph


def _label(text: str) -> str:
    """A label for the graphviz package, which reads `<…>` as markup and backslashes as escapes, unless told."""
    from graphviz import escape  # type: ignore[import-untyped]

    return "\\n".join(str(escape(clean(line))) for line in text.split("\n"))


# ---------------------------------------------------------------- files


def save(drawing: Drawing, path: Any) -> None:
    """Write the format that the file's ending asks for."""
    path = Path(path)
    kind = path.suffix.lower()
    writers: dict[str, Callable[[], str]] = {
        ".svg": lambda: drawing.svg,
        ".html": drawing.to_html,
        ".dot": drawing.to_dot,
        ".gv": drawing.to_dot,
        ".json": drawing.to_json,
        ".txt": lambda: str(drawing),
    }
    if kind in writers:
        path.write_text(writers[kind](), encoding="utf-8")
    elif kind in (".png", ".pdf"):
        path.write_bytes(_rendered(drawing, kind[1:]))
    else:
        known = ", ".join([*writers, ".png", ".pdf"])
        raise ValueError(f"save: the ending {kind or '(none)'} is not known; use one of {known}")


def _rendered(drawing: Drawing, kind: str) -> bytes:
    executable = shutil.which("dot")
    if executable is None:
        raise RuntimeError(
            f"save: a .{kind} needs Graphviz's `dot`, which is not installed (apt install graphviz, brew install "
            "graphviz). Save .svg or .html instead: they need nothing, and a browser prints them to PDF."
        )
    done = subprocess.run(
        [executable, f"-T{kind}", "-Gdpi=144"] if kind == "png" else [executable, f"-T{kind}"],
        input=drawing.to_dot().encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"save: dot failed: {done.stderr.decode(errors='replace')[:300]}")
    return done.stdout
