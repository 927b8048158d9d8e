"""Drawings: what they show, that they are valid and safe, and that size and depth do no harm."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.draw import draw_graph, make_dot
from autograd_core.draw import theme as colours
from autograd_core.draw.faces import label_size
from autograd_core.draw.html import steps
from autograd_core.draw.layout import Plan, layered
from autograd_core.draw.text import number

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def scalar(value):
    return ag.tensor(value, dtype=ag.float64, requires_grad=True)


def two_paths(**options):
    a, b = scalar(2.0), scalar(1.0)
    with ag.record():
        c = a + b
        d = b + 1
        e = c * d
    e.backward()
    return draw_graph(e, names={"a": a, "b": b, "c": c, "d": d, "e": e}, **{"engine": "builtin", **options})


def worked_example(**options):
    x, w, b = scalar(1.0), scalar(0.0), scalar(0.0)
    with ag.record():
        p = w * x
        z = p + b
        n = -z
        q = n.exp()
        r = q + 1
        f = 1 / r
    f.backward()
    names = {"x": x, "w": w, "b": b, "p": p, "z": z, "n": n, "q": q, "r": r, "f": f}
    return draw_graph(f, names=names, params={"w": w, "b": b}, **{"engine": "builtin", **options})


class Net(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(i, o) for i, o in zip(sizes, sizes[1:], strict=False)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).sigmoid()
        return x


def drawn_net(*sizes, **options):
    ag.manual_seed(0)
    model, x = Net(*sizes), ag.randn(2, sizes[0])
    with ag.record():
        loss = (model(x) ** 2).mean()
    loss.backward()
    return draw_graph(loss, **{"engine": "builtin", **options})


def texts(svg):
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def cards(drawing):
    return {card.name: card for card in drawing.graph.cards}


# ---------------------------------------------------------------- what is shown


def test_two_paths_are_exact():
    drawing = two_paths()
    shown = texts(drawing.svg)
    for text in [
        "∂e/∂b",
        "5",
        "= 3 + 2",
        "2 paths",
        "∂e/∂c = d = 2",
        "← 1 × 2 = 2",
        "← 3 × 1 = 3",
        "a + b",
        "c × d",
        "const",
    ]:
        assert text in shown
    assert [float(cards(drawing)[name].grad) for name in "abcde"] == [2, 5, 2, 3, 1]


def test_the_worked_example_is_exact():
    drawing = worked_example()
    shown = texts(drawing.svg)
    values = {name: float(card.value) for name, card in cards(drawing).items() if card.kind != "constant"}
    assert values == {"x": 1, "w": 0, "b": 0, "p": 0, "z": 0, "n": 0, "q": 1, "r": 2, "f": 0.5}
    assert [float(cards(drawing)[name].grad) for name in "rqnzpbwx"] == [-0.25, -0.25, -0.25, 0.25, 0.25, 0.25, 0.25, 0]
    assert "∂f/∂r = −1 / r² = −0.25" in shown
    assert "← −0.25 × (−1) = 0.25" in shown
    assert "-0" not in " ".join(shown)


def test_contributions_on_outgoing_edges_sum_to_the_gradient():
    for drawing in (two_paths(), worked_example(), drawn_net(3, 4, 2)):
        for card in drawing.graph.cards:
            if card.grad is None or card.kind == "output":
                continue
            sent = [edge.array for edge in drawing.graph.edges if edge.source is card or edge.source.original is card]
            np.testing.assert_allclose(sum(sent), card.grad, rtol=1e-6)


def test_a_function_is_run_and_recorded():
    drawing = draw_graph(lambda a, b: (a + b) * (b + 1), 2.0, 1.0, engine="builtin")
    assert float(cards(drawing)["b"].grad) == 5
    assert not drawing.graph.notes


def test_a_module_draws_with_its_parameters_names():
    drawing = draw_graph(Net(2, 3, 1), ag.randn(1, 2), engine="builtin")
    assert {"layers.0.weight", "layers.0.bias", "layers.1.weight", "x"} <= set(cards(drawing))
    assert "layers.0: Linear(2 → 3)" in texts(drawing.svg)


def test_a_parameters_own_name_wins_over_locals():
    model, x = Net(2, 3, 1), ag.randn(1, 2)
    for p in model.parameters():
        assert p.requires_grad
    with ag.record():
        loss = model(x).sum()
    assert "p" not in cards(draw_graph(loss, names=locals(), engine="builtin"))
    assert {"x", "loss", "layers.1.bias"} <= set(cards(draw_graph(loss, names=locals(), engine="builtin")))


def test_a_module_called_twice_has_two_clusters():
    layer = nn.Linear(2, 2)

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            return self.layer(self.layer(x).tanh()).sum()

    drawing = draw_graph(Twice(), ag.randn(1, 2), engine="builtin")
    assert texts(drawing.svg).count("layer: Linear(2 → 2)") == 2


def test_before_backward_there_is_a_dash_and_the_local_derivative():
    a = scalar(3.0)
    with ag.record():
        b = a * a
    drawing = draw_graph(b, names={"a": a, "b": b}, engine="builtin")
    shown = texts(drawing.svg)
    assert shown.count("–") == 2
    assert "∂b/∂a = a = 3" in shown
    assert not any(text.startswith("←") for text in shown)


def test_an_unrecorded_graph_draws_and_says_what_would_help():
    a = scalar(3.0)
    b = (a * a).exp() + 1
    for _ in range(2):
        drawing = draw_graph(b, engine="builtin")
        assert "ag.record()" in drawing.svg
        assert len(drawing.graph.cards) == 4
        if not drawing.graph.swept:
            b.backward()


def test_an_unrecorded_graph_whose_arrays_are_there_is_swept_again():
    a = scalar(3.0)
    b = a * a
    b.backward(retain_graph=True)
    assert float(cards(draw_graph(b, names={"a": a}, engine="builtin"))["a"].grad) == 6
    assert float(a.grad) == 6


def test_second_order_graphs():
    x = scalar(2.0)
    with ag.record():
        (slope,) = ag.grad(x**3, x, create_graph=True)
    slope.backward()
    assert float(cards(draw_graph(slope, names={"x": x}, engine="builtin"))["x"].grad) == 12


def test_several_results_several_outputs_and_no_graph():
    x = ag.randn(4, requires_grad=True)
    with ag.record():
        first, second = ag.split(x, 2)
        outputs = first.sum(), (second * first).sum()
    assert sum(card.kind == "output" for card in draw_graph(outputs, engine="builtin").graph.cards) == 2
    ET.fromstring(draw_graph(ag.tensor(1.0), engine="builtin").svg)
    with pytest.raises(TypeError, match="expected a Tensor"):
        draw_graph(3)
    with pytest.raises(ValueError, match="engine"):
        draw_graph(x.sum(), engine="neato")


def test_parameters_that_were_not_used_are_ghosts():
    used, unused = scalar(1.0), scalar(2.0)
    drawing = draw_graph(used * 2, params={"used": used, "unused": unused}, engine="builtin")
    assert cards(drawing)["unused"].kind == "ghost"


def test_leaves_with_many_uses_are_drawn_once_per_use():
    x = scalar(2.0)
    with ag.record():
        y = x * x * x * x * x
    y.backward()
    drawing = draw_graph(y, names={"x": x}, engine="builtin")
    assert sum(card.name == "x" for card in drawing.graph.cards) == 5
    assert len(cards(drawing)) < len(drawing.graph.cards)
    assert ":has(" in drawing.svg


@pytest.mark.parametrize(
    ("x", "shown"),
    [(-0.0, "0"), (1e5, "1.00e+5"), (0.001, "0.001"), (9.99e-4, "9.99e−4"), (99999.6, "100000"), (12345.6, "12346")],
)
def test_numbers(x, shown):
    assert number(x) == shown


# ---------------------------------------------------------------- layout


def overlaps(one, two):
    (x, y, w, h), (x2, y2, w2, h2) = one, two
    return x < x2 + w2 - 0.5 and x2 < x + w - 0.5 and y < y2 + h2 - 0.5 and y2 < y + h - 0.5


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("engine", ["builtin", pytest.param("dot", marks=needs_dot)])
def test_no_cards_overlap_and_labels_are_inside(direction, engine):
    for drawing in (
        two_paths(direction=direction, engine=engine),
        worked_example(direction=direction, engine=engine),
        drawn_net(3, 5, 4, 2, direction=direction, engine=engine),
    ):
        picture = drawing._picture
        boxes = [(x, y, f.width, f.height) for (x, y), f in zip(picture.placement.corners, picture.faces, strict=True)]
        assert not any(overlaps(one, two) for i, one in enumerate(boxes) for two in boxes[:i])
        root = ET.fromstring(drawing.svg)
        _, _, wide, high = map(float, root.attrib["viewBox"].split())
        for x, y, w, h in boxes:
            assert -0.5 <= x <= x + w <= wide
            assert -0.5 <= y <= y + h <= high
        for place, edge in zip(picture.placement.labels, drawing.graph.edges, strict=True):
            if place is not None:
                room = label_size(edge)[0] / 2
                assert -12 <= place[0] - room <= place[0] + room <= wide
                assert -12 <= place[1] <= high


def test_random_layouts_are_free_of_overlaps():
    rng = np.random.default_rng(1)
    for _ in range(40):
        n = int(rng.integers(2, 40))
        links = [
            (int(rng.integers(t)), t, (40.0, 30.0) if rng.integers(2) else None) for t in range(1, n) for _ in range(2)
        ]
        starts = sorted(rng.choice(n, 4))
        groups, group_of = [(-1, 60.0), (0, 50.0), (-1, 200.0)], [-1] * n
        for i in range(starts[0], starts[1]):
            group_of[i] = 0 if rng.integers(2) else 1
        for i in range(starts[2], starts[3]):
            group_of[i] = 2
        for horizontal in (False, True):
            plan = Plan([(90.0 + 20 * rng.random(), 60.0) for _ in range(n)], links, group_of, groups, horizontal)
            placed = layered(plan)
            boxes = [(*corner, *size) for corner, size in zip(placed.corners, plan.sizes, strict=True)]
            assert not any(overlaps(one, two) for i, one in enumerate(boxes) for two in boxes[:i])
            for (x, y, w, h), group in zip(boxes, group_of, strict=True):
                while group >= 0:
                    gx, gy, gw, gh = placed.boxes[group]
                    assert gx <= x + 0.5
                    assert gy <= y + 0.5
                    assert x + w <= gx + gw + 0.5
                    assert y + h <= gy + gh + 0.5
                    group = groups[group][0]


def test_equal_graphs_give_equal_pictures():
    assert two_paths().svg == two_paths().svg
    assert drawn_net(3, 4, 2).svg == drawn_net(3, 4, 2).svg


# ---------------------------------------------------------------- large graphs


def test_a_chain_of_10000_neither_recurses_nor_hangs():
    y = scalar(0.5)
    with ag.record():
        for i in range(10_000):
            y = y.sin() if i % 2 else y + 0.1
    drawing = draw_graph(y, engine="builtin")
    assert len(drawing.graph.cards) < 10
    ET.fromstring(drawing.svg)


def test_max_nodes_keeps_the_part_nearest_the_output_and_warns():
    rng = np.random.default_rng(0)
    pool = [scalar(1.0) for _ in range(3)]
    with ag.record():
        for _ in range(3000):
            i, j = rng.integers(max(0, len(pool) - 9), len(pool), 2)
            pool.append(pool[i] - pool[j] if rng.integers(2) else ag.minimum(pool[i], pool[j]))
    with pytest.warns(UserWarning, match=r"depth=, focus= or max_nodes="):
        drawing = draw_graph(pool[-1], engine="builtin", max_nodes=400)
    assert len(drawing.graph.cards) <= 401
    assert re.search(r"… [\d,]+ more nodes", drawing.svg)
    ET.fromstring(drawing.svg)


def test_modules_collapse_and_repeats_fold_with_their_range():
    drawing = drawn_net(4, *[8] * 200, 1)
    assert len(drawing.graph.cards) < 20
    folded = next(card for card in drawing.graph.cards if card.name.startswith("×"))
    low, high = folded.sizes
    assert low < high
    assert any("collapsed" in note for note in drawing.graph.notes)


def test_depth_collapse_expand_focus():
    assert sum(card.kind == "module" for card in drawn_net(2, 3, 3, 1, depth=0).graph.cards) == 3
    assert sum(card.kind == "module" for card in drawn_net(2, 3, 3, 1, collapse=["Linear"]).graph.cards) == 3
    assert (
        sum(
            card.kind == "module"
            for card in drawn_net(2, 3, 3, 1, collapse=["Linear"], expand=["layers.1"]).graph.cards
        )
        == 2
    )
    focused = drawn_net(2, 3, 3, 1, focus="Linear")
    assert len(focused.graph.cards) <= len(drawn_net(2, 3, 3, 1).graph.cards)
    with pytest.raises(ValueError, match="focus"):
        drawn_net(2, 3, focus="nothing")


def test_shared_parameters_are_counted_once():
    layer = nn.Linear(3, 3)

    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            for _ in range(120):
                x = self.layer(x).tanh()
            return x.sum()

    drawing = draw_graph(Steps(), ag.randn(1, 3), engine="builtin")
    assert any("12 params" in card.note for card in drawing.graph.cards)


def test_a_recurrence_from_primitives_folds():
    weight, drive = ag.randn(4, 4, requires_grad=True), ag.randn(4, 3, requires_grad=True)
    h = ag.zeros(4)
    with ag.record():
        for _ in range(60):
            h = (drive @ ag.randn(3) + weight @ h).tanh()
        loss = h.sum()
    loss.backward()
    drawing = draw_graph(loss, engine="builtin")
    assert len(drawing.graph.cards) < 15
    assert any(card.name.startswith("×") for card in drawing.graph.cards)


def test_equal_branches_fold():
    leaves = [ag.randn(2, requires_grad=True) for _ in range(200)]
    with ag.record():
        total = ag.cat([(x * 2).sin() for x in leaves]).sum()
    assert len(draw_graph(total, engine="builtin").graph.cards) < 10


def test_a_tensor_that_everybody_reads_does_not_blow_up():
    with ag.record():
        hub = y = scalar(0.5).sin()
        for i in range(2000):
            y = y * hub if i % 3 else y - hub
    drawing = draw_graph(y, engine="builtin", max_nodes=5000)
    assert len(drawing.svg) < 12_000_000


def test_odd_graphs_draw():
    class Cube(ag.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    x, empty, half = scalar(2.0), ag.zeros(0, 3, requires_grad=True), ag.tensor([1.0, 2.0], dtype=ag.float16)
    half.requires_grad = True
    with ag.record():
        hooked = x * 3
        hooked.register_hook(lambda g: g * 10)
        outputs = [Cube.apply(x) * 2, (empty * 2).sum(), (half * half).sum(), hooked * hooked]
        written = x * 1
        written.mul_(2)
        outputs.append(written * x)
    for y in outputs:
        y.backward()
        drawing = draw_graph(y, names={"x": x}, engine="builtin")
        ET.fromstring(drawing.svg)
        json.loads(drawing.to_json())
        drawing.to_html()
    assert "a hook" in draw_graph(outputs[3], engine="builtin").svg
    assert "Cube(x)" in draw_graph(outputs[0], names={"x": x}, engine="builtin").svg


def test_the_gallery(tmp_path, monkeypatch, capsys):
    from examples import draw_graphs

    monkeypatch.setattr("sys.argv", ["draw_graphs.py", "--quick", "--out", str(tmp_path)])
    draw_graphs.main()
    assert "3 + 2 = 5" in capsys.readouterr().out
    assert len(list(tmp_path.glob("*.svg"))) == 10
    for page in tmp_path.glob("*.svg"):
        ET.parse(page)


# ---------------------------------------------------------------- safety

HOSTILE = [
    "</text><script>alert(1)</script>",
    '"><a href="javascript:alert(1)">x</a>',
    "<b>bold</b>",
    "a\x00b\x1b[31m\u202eevil\ud800\ufffe",
    "]]>&amp;&#x3c;\\N\\G",
    "-->" + "x" * 5000,
    "} digraph { evil",
    "漢字 e\u0301 🙂",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("engine", ["builtin", pytest.param("dot", marks=needs_dot)])
def test_hostile_names_are_only_text(name, engine):
    x, w = scalar(2.0), scalar(3.0)
    x.name = name
    with ag.record():
        y = x * w
    y.backward()
    drawing = draw_graph(y, names={name: y}, params={name + "w": w, name + "g": scalar(1.0)}, engine=engine)
    root = ET.fromstring(drawing.svg)
    names = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert names <= {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text", "tspan"}
    for element in root.iter():
        assert not any(key.startswith("on") or "href" in key for key in element.attrib)
    page = drawing.to_html()
    assert page.count("<script") == 2
    assert "Content-Security-Policy" in page
    json.loads(drawing.to_json())
    make_dot(y, params={name: x}).source.encode()
    drawing.to_dot().encode()
    str(drawing).encode("utf-8")


def test_no_user_text_reaches_dot(monkeypatch):
    from autograd_core.draw import dot

    x = scalar(2.0)
    drawing = draw_graph(x * 3, names={"secret": x}, engine="builtin")
    picture = drawing._picture
    sizes = [(f.width, f.height) for f in picture.faces]
    plan = Plan(sizes, [(0, 2, (30.0, 20.0)), (1, 2, None)], [-1, -1, 0], [(-1, 40.0)])
    source = dot._source(plan)
    assert "secret" not in source
    assert set(re.findall(r"\bn\d+|cluster_\d+", source)) == {"n0", "n1", "n2", "cluster_0"}


@needs_dot
def test_the_dot_output_is_read_as_text():
    import subprocess

    x = scalar(2.0)
    for name in HOSTILE:
        source = draw_graph(x * 3, names={name: x}, engine="builtin").to_dot()
        done = subprocess.run(
            ["dot", "-Tsvg"], input=source.encode("utf-8"), capture_output=True, check=True, timeout=30
        )
        assert not list(ET.fromstring(done.stdout).iter(f"{SVG}a"))


def test_every_rule_and_id_is_scoped():
    svg = two_paths().svg
    root = ET.fromstring(svg)
    ident = root.attrib["id"]
    assert all(e.attrib["id"].startswith(ident) for e in root.iter() if "id" in e.attrib)
    sheet = root.find(f"{SVG}style").text
    for selectors in re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", sheet).replace("}}", "}")):
        assert all(f"#{ident}" in selector for selector in selectors.split(","))


# ---------------------------------------------------------------- theme


def test_every_text_has_contrast():
    for text, ground in colours.TEXT_ON_GROUND:
        for i in (0, 1):
            assert colours.contrast(colours.COLOURS[text][i], colours.COLOURS[ground][i]) >= 4.5, (text, ground, i)


def test_the_scale_covers_the_data():
    scale = colours.scale_of([3e-12, 4.0])
    assert (scale.low, scale.high) == (-12, 1)
    assert scale.colour(np.inf) == "bad"


def test_nan_and_infinity_are_shown():
    x = scalar(0.0)
    with ag.record(), np.errstate(all="ignore"):
        y = (x / x).log() + 1 / x
    drawing = draw_graph(y, names={"x": x}, engine="builtin")
    assert "nan" in drawing.svg
    with ag.record():
        z = x.sqrt()
    z.backward()
    svg = draw_graph(z, names={"x": x}, engine="builtin").svg
    assert "∞" in svg
    assert "f-bad" in svg


# ---------------------------------------------------------------- formats


def test_the_notebook_gets_svg_and_text():
    bundle = two_paths()._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert "a + b" in bundle["text/plain"]


def test_the_steps_tell_the_story():
    says = [step["says"] for step in steps(two_paths().graph)]
    assert says == [
        "Backward starts: ∂e/∂e = 1",
        "e = c × d sends back: ∂e/∂c = 2, ∂e/∂d = 3",
        "d = b + 1 sends back: ∂e/∂b += 3",
        "c = a + b sends back: ∂e/∂a = 2, ∂e/∂b += 2 → 3 + 2 = 5",
    ]


def test_saving_by_ending(tmp_path):
    drawing = two_paths()
    for kind in ("svg", "html", "dot", "json", "txt"):
        drawing.save(tmp_path / f"graph.{kind}")
        assert (tmp_path / f"graph.{kind}").stat().st_size > 100
    with pytest.raises(ValueError, match="bmp"):
        drawing.save(tmp_path / "graph.bmp")


def test_png_needs_dot_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match=r"\.svg or \.html"):
        two_paths().save(tmp_path / "graph.png")
    with pytest.warns(UserWarning, match="not installed"):
        assert "<svg" in two_paths(engine="dot").svg


@needs_dot
def test_png_with_dot(tmp_path):
    two_paths().save(tmp_path / "graph.png")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


@needs_dot
def test_dot_out_of_time_falls_back():
    with pytest.warns(UserWarning, match="longer than"):
        picture = two_paths(engine="dot", timeout=1e-4).svg
    assert "<svg" in picture


def test_make_dot_is_torchvizs():
    x = scalar(1.0)
    source = make_dot((x * x).exp(), params={"x": x, "elsewhere": scalar(0.0)}, show_attrs=True, show_saved=True).source
    assert "ExpBackward0" in source
    assert "lightblue" in source


@pytest.mark.parametrize(("name", "draw"), [("two_paths", two_paths), ("worked_example", worked_example)])
def test_golden(name, draw):
    drawing = draw()
    for card in drawing.graph.cards:
        card.where = ""  # the line in this file
    for kind, text in (("json", drawing.to_json() + "\n"), ("svg", drawing.svg)):
        path = GOLDEN / f"{name}.{kind}"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            pytest.fail(f"{path.name} was missing and has been written: look at it")
        assert text == path.read_text(encoding="utf-8")
