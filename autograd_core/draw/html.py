"""One offline page that plays the backward pass: which operation sends back what, and how the sums grow."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .text import clean, number, xml
from .theme import COLOURS, FONT

if TYPE_CHECKING:
    from .model import Card, Edge, Graph
    from .svg import Picture

_SCRIPT = """
"use strict";
const data = JSON.parse(document.getElementById("steps").textContent);
const part = (kind, n) => document.getElementById(data.root + "-" + kind + n);
const slider = document.getElementById("slider"), count = document.getElementById("count");
const line = document.getElementById("line"), last = data.steps.length - 1;
let at = 0;
function show(step) {
  at = Math.max(0, Math.min(last, step));
  const sums = {};
  for (let i = 0; i <= at; i++) Object.assign(sums, data.steps[i].sums);
  for (const n of data.cards) {
    const row = part("r", n), value = part("g", n), card = part("n", n);
    if (row) row.classList.toggle("waiting", !(n in sums));
    if (value) value.textContent = n in sums ? sums[n] : "\\u2013";
    if (card) card.classList.toggle("sends", data.steps[at].card === n);
  }
  for (let i = 0; i < data.edges; i++) {
    const edge = part("e", i);
    if (edge) edge.classList.toggle("carries", data.steps[at].edges.includes(i));
  }
  slider.value = at;
  count.textContent = at + " / " + last;
  line.textContent = data.steps[at].says;
  document.getElementById("back").disabled = at === 0;
  document.getElementById("step").disabled = at === last;
}
document.getElementById("back").addEventListener("click", () => show(at - 1));
document.getElementById("step").addEventListener("click", () => show(at + 1));
slider.addEventListener("input", () => show(Number(slider.value)));
document.addEventListener("keydown", (event) => {
  const moves = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last};
  if (event.target === slider || !(event.key in moves)) return;
  event.preventDefault();
  show(moves[event.key]);
});
show(0);
"""


def page(picture: Picture, svg: str, step: bool) -> str:
    """The page; with `step`, with buttons, a slider and a line that says what happens (arrow keys work too)."""
    graph = picture.graph
    step = step and graph.swept
    heading = xml(f"Computation graph of {graph.output}")
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    scripts = f"script-src 'sha256-{digest}'; " if step else ""
    policy = f"default-src 'none'; {scripts}style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    controls = data = script = ""
    if step:
        played = steps(graph)
        controls = (
            '<div class="bar"><button id="back" type="button" aria-label="one step back">◀</button>'
            '<button id="step" type="button">▶ step</button>'
            f'<input id="slider" type="range" min="0" max="{len(played) - 1}" value="0" aria-label="step">'
            '<output id="count"></output></div><p id="line" aria-live="polite"></p>'
        )
        numbers = [card.number for card in graph.cards]
        content = {"root": picture.root, "cards": numbers, "edges": len(graph.edges), "steps": played}
        text = json.dumps(content, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e")
        data = f'<script id="steps" type="application/json">{text}</script>'
        script = f"<script>{_SCRIPT}</script>"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{heading}</title>
<style>{_style(picture)}</style>
</head>
<body>
{controls}
{svg}{data}{script}
</body>
</html>
"""


def _style(picture: Picture) -> str:
    root, theme = picture.root, picture.theme
    light, dark = ({name: pair[i] for name, pair in COLOURS.items()} for i in (0, 1))

    def colours(c: dict[str, str]) -> str:
        return (
            f"body{{background:{c['page']};color:{c['ink']}}}button{{background:{c['paper']};color:{c['ink']};"
            f"border-color:{c['edge']}}}input{{accent-color:{c['leaf-line']}}}"
            f"#{root} .sends>.card{{stroke:{c['back']};stroke-width:3.5}}"
            f"#{root} path.carries{{stroke:{c['back']};stroke-width:3;stroke-dasharray:8 5}}"
        )

    chosen = colours(dark if theme == "dark" else light)
    if theme == "auto":
        chosen += f"@media (prefers-color-scheme: dark){{{colours(dark)}}}"
    return (
        f"body{{margin:20px;font:16px {FONT}}}.bar{{display:flex;gap:10px;align-items:center;position:sticky;top:0}}"
        "button{font:inherit;padding:6px 14px;border:1px solid;border-radius:6px;cursor:pointer}"
        "button:disabled{opacity:.5;cursor:default}#slider{width:170px}"
        "#line{font-weight:700;min-height:2.6em;margin:14px 0 4px}"
        f"#{root} .waiting{{opacity:.22}}#{root} .rows,#{root} .card{{transition:opacity .25s,stroke .25s}}"
        f"#{root} .carries{{animation:flow .6s linear infinite}}@keyframes flow{{to{{stroke-dashoffset:13}}}}"
        f"@media (prefers-reduced-motion: reduce){{#{root} *{{transition:none!important;animation:none!important}}}}"
        f"{chosen}"
    )


def steps(graph: Graph) -> list[dict[str, Any]]:
    """What each step shows: the card that sends, its edges, the gradients that change, and a sentence."""
    into: dict[int, list[tuple[int, Edge]]] = {}
    expected: dict[int, int] = {}
    for i, edge in enumerate(graph.edges):
        if edge.array is not None:
            into.setdefault(edge.target.number, []).append((i, edge))
            receiver = edge.source.original or edge.source
            expected[receiver.number] = expected.get(receiver.number, 0) + 1
    outputs = [card for card in graph.cards if card.kind == "output"]
    start = ", ".join(f"{_partial(graph, card)} = {_total(card)}" for card in outputs)
    played: list[dict[str, Any]] = [
        {
            "card": -1,
            "edges": [],
            "sums": {c.number: _total(c) for c in outputs},
            "says": clean(f"Backward starts: {start}"),
        }
    ]
    terms: dict[int, list[float]] = {}
    for card in reversed(graph.cards):
        edges = into.get(card.number)
        if not edges:
            continue
        sums: dict[int, str] = {}
        sends: list[str] = []
        for _, edge in edges:
            receiver = edge.source.original or edge.source
            known = terms.setdefault(receiver.number, [])
            single = receiver.scalar and np.size(edge.array) == 1
            amount = float(np.real(np.asarray(edge.array)).item()) if single else float(edge.size or 0)
            known.append(amount)
            complete = len(known) >= expected[receiver.number]
            if single:
                sums[receiver.number] = number(sum(known))
                if len(known) > 1:
                    adding = " + ".join(number(term) if term >= 0 else f"({number(term)})" for term in known[:6])
                    sends.append(f"{_partial(graph, receiver)} += {number(amount)} → {adding} = {number(sum(known))}")
                else:
                    sends.append(f"{_partial(graph, receiver)} {'=' if complete else '+='} {number(amount)}")
            else:
                sums[receiver.number] = _total(receiver) if complete else f"… {len(known)}/{expected[receiver.number]}"
                norm = number(float(f"{amount:.3g}"))
                sends.append(f"{receiver.name} {'+=' if expected[receiver.number] > 1 else '='} ‖{norm}‖")
        subject = f"{card.name} = {card.detail}" if card.kind in ("operation", "output") else card.name
        more = f", and {len(sends) - 4} more" if len(sends) > 4 else ""
        says = clean(f"{subject} sends back: {', '.join(sends[:4])}{more}")
        played.append({"card": card.number, "edges": [i for i, _ in edges], "sums": sums, "says": says})
    return played


def _partial(graph: Graph, card: Card) -> str:
    return f"∂{graph.output}/∂{card.name}"


def _total(card: Card) -> str:
    if card.scalar and card.grad is not None:
        return number(np.asarray(card.grad).item())
    if card.sizes is not None and card.sizes[0] != card.sizes[1]:
        return f"{number(card.sizes[0])} … {number(card.sizes[1])}"
    return "–" if card.size is None else number(float(f"{card.size:.3g}"))
