"""Hand-derived backpropagation: the documents' numbers, the six notations, planted mistakes, what is read and written."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.backprop import (
    NOTATIONS,
    Loss,
    Net,
    as_json,
    backprop,
    compare,
    differences,
    explain,
    grade,
    load_problem,
    make_exercise,
    page,
    save_problem,
    table,
    worked,
)
from nn.backprop.__main__ import main
from nn.backprop.answers import parse, read
from nn.backprop.measure import all_mistakes, false_alarms, planned, planted, random_problem, tally
from nn.backprop.mistakes import FAULTS, Guess, formula, words
from nn.backprop.reference import ACTIVATIONS, fitted
from nn.backprop.report import named
from nn.backprop.student import derive

SIX = ("li", "nielsen", "ufldl", "hu", "jason", "nndl")

W_1 = np.array([[2, -1, 1, 4], [-1, 2, -3, 1], [3, -2, -1, 5]])
W_2 = np.array([[3, 1, -2, 1], [-2, 4, 1, -4], [-1, -3, 2, -5], [3, 1, 1, 1]])
W_3 = np.array([[-1, 3, -2], [1, -1, -3], [3, -2, 2], [1, 2, 1]])
X_IN, T = np.array([[0.5, 0.8, 0.2]]), np.array([[1.0, 0.0, 0.0]])

F0 = {
    3: (-0.27219424, 0.26927918, 0.00291506),
    2: (0.02891544, -0.00959216, -0.31827727, 0.03888869),
    1: (0.16098788, -0.12638334, -0.08078211, -0.00432832),
}
F1 = {
    3: (-0.0116883987, 0.1423379243, 0.0008687126),
    2: (0.0117622512, -0.0027306309, -0.075011118, 0.0395496884),
    1: (0.0475153432, -0.0593429798, -0.0341484883, -0.0000621808),
}
ACCEPTANCE = [("softmax", F0, 0.3177210823, 1e-8), ("half", F1, 0.281023549983, 1e-10)]


def batch(seed: int = 0, n: int = 4, sizes: tuple[int, ...] = (3, 4, 5, 2)):
    rng = np.random.default_rng(seed)
    net = Net.random(sizes, ["tanh", "sigmoid", "softplus"][: len(sizes) - 2] + ["sigmoid"], seed=rng)
    return net, rng.normal(size=(n, sizes[0])), rng.uniform(size=(n, sizes[-1]))


# ---- The reference


@pytest.mark.parametrize(("loss", "deltas", "cost", "tolerance"), ACCEPTANCE)
def test_acceptance_numbers(loss, deltas, cost, tolerance):
    net, fitted_loss = fitted([W_1, W_2, W_3], loss)
    p = backprop(net, fitted_loss, X_IN, T)
    assert abs(p.cost - cost) < tolerance
    for l, expected in deltas.items():
        np.testing.assert_allclose(p.delta[l][0], expected, rtol=0, atol=tolerance)
    if loss == "softmax":
        np.testing.assert_allclose(
            p.delta[1] @ net.weights[0], [[0.35026372, -0.17573654, 0.79487085]], rtol=0, atol=1e-8
        )


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
@pytest.mark.parametrize("loss", ["half", "mse", "softmax", "binary"])
def test_reference_agrees_with_differences(name, loss):
    rng = np.random.default_rng(1)
    last = name if loss in ("half", "mse") else "identity"
    net, cost = fitted(Net.random([3, 4, 2], [name, last], seed=rng), loss, decay=0.1)
    x, t = rng.normal(size=(3, 3)), rng.dirichlet([1, 1], size=3)
    by_hand, by_differences = backprop(net, cost, x, t), differences(net, cost, x, t)
    for quantity in ("delta", "dW", "db"):
        for l in (1, 2):
            expected = getattr(by_differences, quantity)[l]
            np.testing.assert_allclose(getattr(by_hand, quantity)[l], expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("last", "loss", "shape"),
    [
        (nn.Sigmoid(), nn.MSELoss(), (5, 2)),
        (nn.Sigmoid(), nn.MSELoss(reduction="sum"), (5, 2)),
        (nn.Softmax(dim=1), nn.MSELoss(), (5, 2)),
        (nn.Sigmoid(), nn.BCELoss(), (5, 2)),
        (None, nn.BCEWithLogitsLoss(), (5, 2)),
        (None, nn.CrossEntropyLoss(), (5,)),
    ],
)
def test_reference_agrees_with_the_engine(last, loss, shape):
    ag.manual_seed(0)
    layers = [nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 2)]
    model = nn.Sequential(*layers, *([last] if last is not None else [])).double()
    x = ag.randn(5, 3, dtype=ag.float64)
    t = ag.randint(0, 2, shape) if len(shape) == 1 else ag.rand(*shape, dtype=ag.float64)
    loss(model(x), t).backward()
    linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
    report = compare(model, loss, x, t, dW=[m.weight.grad for m in linear], db=[m.bias.grad for m in linear])
    assert report.ok, report.explain()


ENGINE_ACTIVATIONS = [nn.ReLU(), nn.LeakyReLU(0.2), nn.ELU(0.5), nn.Softplus(2.0), nn.SiLU(), nn.GELU(), nn.Tanh()]


@pytest.mark.parametrize("inner", ENGINE_ACTIVATIONS, ids=lambda m: type(m).__name__)
def test_every_activation_agrees_with_the_engine(inner):
    ag.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 5), inner, nn.Linear(5, 4), inner).double()
    x, t = 9 * ag.randn(6, 3, dtype=ag.float64), ag.randn(6, 4, dtype=ag.float64)
    nn.MSELoss()(model(x), t).backward()
    layers = [model[0], model[2]]
    report = compare(model, nn.MSELoss(), x, t, dW=[m.weight.grad for m in layers], db=[m.bias.grad for m in layers])
    assert report.ok, report.explain()


# ---- The notations


@pytest.mark.parametrize("style", SIX)
@pytest.mark.parametrize(("loss", "deltas", "cost", "tolerance"), ACCEPTANCE)
def test_acceptance_in_every_notation(style, loss, deltas, cost, tolerance):
    notation = NOTATIONS[style]
    net, fitted_loss = fitted([W_1, W_2, W_3], loss)
    shown = notation.present(backprop(net, fitted_loss, X_IN, T))
    for l, expected in deltas.items():
        array = shown[f"delta{l + notation.units}"]
        assert array.shape == ((len(expected), 1) if notation.columns else (1, len(expected)))
        np.testing.assert_allclose(array.ravel(), expected, rtol=0, atol=tolerance)
    assert shown[f"dW{1 + notation.weights}"].shape == ((3, 4) if notation.in_out else (4, 3))
    x, t = (X_IN.T, T.T) if notation.columns else (X_IN, T)
    report = compare([W_1, W_2, W_3], loss, x, t, answers=shown, notation=style)
    assert report.ok
    assert all(check.status == "right" for check in report.checks)


@pytest.mark.parametrize("style", [*SIX, "nn"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_notation_and_language_writes_every_line(style, lang):
    net, x, t = batch(n=3)
    notation, loss = NOTATIONS[style], Loss("squared", True, "samples", 0.1)
    p = backprop(net, loss, x, t)
    wrong = derive(net, loss, x, t, {("BP2", 1): ["derivative missing"]})
    report = compare(net, loss, x, t, inputs="rows", answers=notation.present(_as_pass(p, wrong)), notation=style)
    assert (report.first.equation, report.first.layer) == ("BP2", 1)
    assert notation.delta(1) in explain(report, lang)
    assert len(notation.equations(lang)) == 4
    for equation, l in (("BP1", 3), ("BP2", 2), ("BP3", 2), ("BP4", 2)):
        line = notation.worked(net, loss, p, t, equation, l, unit=1, other=1, at=2)
        exact = {"BP1": p.delta[3], "BP2": p.delta[2], "BP3": p.db[2], "BP4": p.dW[2]}[equation]
        at = {"BP1": (2, 1), "BP2": (2, 1), "BP3": (1,), "BP4": (1, 1)}[equation]
        assert float(line.rsplit("= ", 1)[1]) == pytest.approx(exact[at], rel=1e-8)


def _as_pass(p, derivation):
    return type(p)(p.cost, p.a, p.z, derivation.delta, derivation.dW, derivation.db)


def test_every_mistake_can_be_said_in_every_notation():
    report = compare(*batch()[:1], "half", *batch()[1:], delta=[None, None, np.zeros((4, 2))])
    for notation in NOTATIONS.values():
        for eq, slots in FAULTS.items():
            for slot, faults in slots.items():
                for fault in faults:
                    guess = Guess(((slot, fault),), 0.1)
                    assert words(notation, report.setting, eq, 2, guess, "zh")
                    assert formula(notation, eq, 2, guess)
                    assert named(fault, "zh") != fault


# ---- Mistakes


def test_the_sentence_a_student_reads():
    net, x, t = batch()
    loss = Loss("squared", half=True)
    wrong = derive(net, loss, x, t, {("BP2", 2): ["derivative missing"]})
    text = compare(net, loss, x, t, delta=wrong.delta, dW=wrong.dW, db=wrong.db).explain()
    assert re.search(
        r"Layer 2 BP2 delta\^2 WRONG, rel [\d.e+]+: first error, the layers above are right; your value equals "
        r"\(W\^3\)\^T delta\^3: the factor f'\(z\^2\) is missing; element \(sample 0, unit 0\): yours .*, expected ",
        text,
    )
    assert "Layer 2 BP4 dW^2 consistent with your delta^2 (will be right once BP2 (delta^2) is)" in text


def test_planted_mistakes_are_found():
    single = tally(np.random.default_rng(7), 120, 1)
    assert single.located == single.among == 120, single.confusions
    double = tally(np.random.default_rng(8), 40, 2)
    assert double.located == 40, double.confusions
    assert double.among >= 39, double.confusions


def test_every_mistake_is_named_somewhere():
    rng, missing = np.random.default_rng(3), {(eq, f) for eq, s in FAULTS.items() for fs in s.values() for f in fs}
    missing.remove(("BP2", "ReLU'(0) = 1"))  # needs a net input of exactly 0: below
    for _ in range(60):
        problem = random_problem(rng)
        for mistake in all_mistakes(problem.net):
            derived = planted(problem, [mistake]) if (mistake[0], mistake[3]) in missing else None
            if derived is not None:
                first = problem.compare(derived).first
                assert first is not None
                if (mistake[3],) in [guess.names for guess in first.guesses]:
                    missing.discard((mistake[0], mistake[3]))
    assert not missing


def test_right_derivations_raise_no_alarm():
    assert false_alarms(np.random.default_rng(9), 60) == 0


def test_gradients_alone_still_find_a_wrong_error():
    net, x, t = batch()
    loss = Loss("squared", half=True)
    wrong = derive(net, loss, x, t, {("BP2", 2): ["derivative missing"]})
    report = compare(net, loss, x, t, dW=wrong.dW, db=wrong.db)
    assert [(check.equation, check.layer) for check in report.wrong] == [("BP2", 2)]
    assert report.first.guesses[0].names == ("derivative missing",)
    assert report.first.inferred


def test_weights_updated_first_tells_the_rate():
    net, x, t = batch()
    loss = Loss("squared", half=True)
    wrong = derive(net, loss, x, t, {("BP2", 2): ["weights updated first"]}, eta=0.25)
    report = compare(net, loss, x, t, delta=wrong.delta, dW=wrong.dW)
    assert report.first.guesses[0].eta == pytest.approx(0.25)


def test_relu_at_zero():
    net = Net((np.ones((2, 2)), np.ones((1, 2))), (None, None), (ACTIVATIONS["relu"], ACTIVATIONS["sigmoid"]))
    x, t = np.array([[1.0, -1.0], [1.0, 2.0]]), np.zeros((2, 1))
    wrong = derive(net, Loss.of("half"), x, t, {("BP2", 1): ["ReLU'(0) = 1"]})
    report = compare(net, "half", x, t, delta=wrong.delta)
    assert "ReLU'(0) = 1" in [name for guess in report.first.guesses for name in guess.names]


def test_a_column_of_ones():
    """002's bias: the last row of W, met by a column of ones in the data."""
    net, x, t = batch(sizes=(2, 3))
    p = backprop(net, Loss("squared", half=True), x, t)
    report = compare(net, "half", x, t, notation="hu", dW=[np.vstack([p.dW[1].T, p.db[1]])])
    assert [check.status for check in report.checks] == ["not given", "right", "right"]


def test_wide_saturated_nets_raise_no_alarm():
    """Textbook formulas in float64 on an MNIST-sized net with Nielsen's weights, and on a deep one."""
    rng = np.random.default_rng(0)
    for sizes, n in (((784, 30, 10), 50), ((20, *[50] * 8, 5), 10)):
        net = Net.random(sizes, "sigmoid", seed=rng)
        x, t = rng.uniform(size=(n, sizes[0])), np.eye(sizes[-1])[rng.integers(0, sizes[-1], size=n)]
        a = [x]
        for w, b in zip(net.weights, net.biases, strict=True):
            a.append(1 / (1 + np.exp(-(a[-1] @ w.T + b))))
        delta = {net.depth: (a[-1] - t) * a[-1] * (1 - a[-1])}
        for l in range(net.depth - 1, 0, -1):
            delta[l] = delta[l + 1] @ net.weights[l] * a[l] * (1 - a[l])
        dw = {l: sum(np.outer(d, b) for d, b in zip(delta[l], a[l - 1], strict=True)) for l in delta}
        report = compare(net, "half", x, t, delta=delta, dW=dw, db={l: delta[l].sum(0) for l in delta})
        assert report.ok, report.explain()


def test_unknown_mistakes_are_described():
    net, x, t = batch()
    p = backprop(net, Loss("squared", half=True), x, t)
    slip = p.dW[2].copy()
    slip[1, 2] += 1
    report = compare(net, "half", x, t, dW=[None, slip, None])
    assert (report.first.note, report.first.element) == ("one element", (1, 2))
    assert "3 times the expected" in compare(net, "half", x, t, dW=[None, p.dW[2] * 3, None]).explain()
    assert compare(net, "half", x, t, dW=[None, p.dW[2] * np.nan, None]).first.note == "not finite"
    assert "none of the known" in compare(net, "half", x, t, dW=[None, np.cos(p.dW[2]), None]).explain()


def test_errors_of_each_sample_are_a_convention_not_a_mistake():
    net, x, t = batch()
    p = backprop(net, Loss("squared", True, "samples"), x, t)
    per_sample = [p.delta[l] * len(x) for l in (1, 2, 3)]
    report = compare(net, Loss("squared", True, "samples"), x, t, delta=per_sample, dW=list(p.dW.values())[::-1])
    assert report.ok
    assert report.reading.per_sample


def test_what_an_input_cannot_reveal():
    net, x, t = batch(n=1, sizes=(3, 3, 2))
    p = backprop(net, Loss("squared", half=True), x, t)
    text = compare(net, "half", x, t, delta=p.delta, dW=p.dW, db=p.db).explain()
    assert "a batch of one" in text
    assert "W^1 square" in text
    twos = compare(net, "squared", x, t, delta=[None, backprop(net, Loss("squared"), x, t).delta[2]])
    assert "“factor 2 missing” and “mean over units” look alike" in twos.explain()
    assert "2/n_out" in compare(net, "mse", x, t, delta=[None, backprop(net, Loss.of("mse"), x, t).delta[2]]).explain()


# ---- Reading answers


def test_either_orientation_and_layout():
    net, x, t = batch()
    p = backprop(net, Loss("squared", half=True), x, t)
    turned = compare(
        net, "half", x, t, delta=[p.delta[l].T for l in (1, 2, 3)], dW=[p.dW[l].T for l in (1, 2, 3)], db=[None] * 3
    )
    assert turned.ok
    assert (turned.reading.columns, turned.reading.in_out) == (True, True)
    one = compare(net, "half", x, t, dW=[p.dW[1], p.dW[2].T, p.dW[3]])
    assert one.first.guesses[0].names == ("dW transposed",)


def test_pasted_text_is_judged_by_its_digits():
    net, x, t = batch()
    p = backprop(net, Loss("squared", half=True), x, t)
    with np.printoptions(precision=6, suppress=True):
        text = f"dW3:\n{p.dW[3]}\ndb3 = {p.db[3]}\ndelta3 = "
        assert compare(net, "half", x, t, answers=text + f"{p.delta[3]}").ok
        assert not compare(net, "half", x, t, answers=text + f"{p.delta[3] + 1e-4}").ok


def test_csv_and_npz(tmp_path):
    net, x, t = batch()
    p = backprop(net, Loss("squared", half=True), x, t)
    rows = [f"dW,2,{i},{j},{float(v)!r}" for (i, j), v in np.ndenumerate(p.dW[2])]
    (tmp_path / "a.csv").write_text("quantity,layer,row,column,value\n" + "\n".join(rows))
    np.savez(tmp_path / "a.npz", dW2=p.dW[2], delta3=p.delta[3])
    for name in ("a.csv", "a.npz"):
        report = compare(net, "half", x, t, answers=tmp_path / name)
        assert report.ok
        assert report.check("BP4", 2).status == "right"
    arrays, _ = parse("∂J/∂W^(2) = 1.0 2.0; 3.0 4.0\n∇ is ignored")
    np.testing.assert_array_equal(arrays["dW2"], [[1, 2], [3, 4]])


def test_floats_of_single_precision_are_judged_as_such():
    net, x, t = batch()
    p = backprop(net, Loss("squared", half=True), x, t)
    assert compare(net, "half", x, t, dW=[p.dW[l].astype(np.float32) for l in (1, 2, 3)]).ok


def test_a_backprop_function():
    net, x, t = batch()

    def mine(x, t):
        a1 = np.tanh(x @ net.weights[0].T + net.biases[0])
        a2 = 1 / (1 + np.exp(-(a1 @ net.weights[1].T + net.biases[1])))
        a3 = 1 / (1 + np.exp(-(a2 @ net.weights[2].T + net.biases[2])))
        d3 = (a3 - t) * a3 * (1 - a3)
        d2 = d3 @ net.weights[2] * a2 * (1 - a2)
        d1 = d2 @ net.weights[1] * (1 - a1)  # not squared
        return [d1.sum(0), d2.sum(0), d3.sum(0)], [d1.T @ x, d2.T @ a1, d3.T @ a2]

    model = Net(net.weights, net.biases, (ACTIVATIONS["tanh"], ACTIVATIONS["sigmoid"], ACTIVATIONS["sigmoid"]))
    report = compare(model, "half", x, t, backprop=mine)
    assert {check.layer for check in report.wrong} == {1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to compare"),
        ({"dW": [np.ones((4, 3))]}, "1 arrays for 3 layers"),
        ({"delta": {7: np.ones(2)}}, "no layer with that number"),
        ({"answers": "1 2 3\n4"}, "no name found"),
        ({"answers": {"gamma1": 1.0}}, "expected names such as"),
        ({"dW": [None, "text", None]}, "not an array of real numbers"),
        ({"answers": "dW2 = 1.0 2.0; 3.0"}, "rows of different lengths"),
    ],
)
def test_unusable_answers(arguments, message):
    net, x, t = batch()
    with pytest.raises(ValueError, match=message):
        compare(net, "half", x, t, **arguments)


def test_any_numbers_are_judged_without_a_crash():
    rng = np.random.default_rng(0)
    spoilt = [
        lambda a: None,
        lambda a: rng.normal(size=tuple(rng.integers(0, 5, size=rng.integers(0, 4)))),
        lambda a: a * np.nan,
        lambda a: np.where(a == 0, 0, np.inf),
        lambda a: a * 0,
        lambda a: a * 1e200,
        lambda a: a * 1e-250,
        lambda a: a.T,
        lambda a: a.astype(np.float32),
        lambda a: np.round(a).astype(int),
    ]
    for _ in range(60):
        problem = random_problem(rng)
        derived = derive(problem.net, problem.loss, problem.x, problem.t)
        for quantity in (derived.delta, derived.dW, derived.db):
            for l, array in quantity.items():
                if rng.random() < 0.5:
                    quantity[l] = spoilt[rng.integers(len(spoilt))](array)
        derived.delta[problem.net.depth] = np.ones((len(problem.x), problem.net.sizes[-1]))  # something is given
        report = problem.compare(derived, notation=str(rng.choice(SIX)))
        assert explain(report)
        assert page(report, "zh")
        assert "NaN" not in as_json(report).replace("contains NaN", "")


def test_unusable_models():
    with pytest.raises(ValueError, match="not a layer of a Sequential"):
        Net.of(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)))
    with pytest.raises(ValueError, match="no hand-derived counterpart"):
        Loss.of(nn.L1Loss())
    with pytest.raises(ValueError, match="do not fit"):
        Net.of([np.ones((2, 3)), np.ones((2, 3))])
    with pytest.raises(ValueError, match="softmax inside"):
        fitted(Net.random([2, 2, 2], ["softmax", "sigmoid"]), "half")


# ---- Exercises, the command, the page, the example


def test_the_example(capsys):
    from examples import hand_derived

    hand_derived.main(["--quick"])
    assert "Planted: Layer 3 BP4" in capsys.readouterr().out


@pytest.mark.parametrize("mistakes", [1, 2])
def test_exercises_have_one_answer(mistakes):
    for seed in range(3):
        exercise = make_exercise(seed, mistakes)
        found = {(c.equation, c.layer): [g.names for g in c.guesses] for c in exercise.report().wrong}
        assert found == {at: [tuple(names)] for at, names in planned(exercise.key).items()}


def test_same_seed_same_exercise():
    one, two = make_exercise(4), make_exercise(4)
    assert one.key == two.key
    np.testing.assert_array_equal(one.problem.x, two.problem.x)


def test_a_class_is_graded(tmp_path, capsys):
    folder = tmp_path / "homework"
    assert main(["exercise", str(folder), "--seed", "2", "--notation", "nielsen"]) == 0
    problem, notation = load_problem(folder / "exercise.npz")
    assert notation.name == "nielsen"
    right = backprop(problem.net, problem.loss, problem.x, problem.t)
    np.savez(folder / "anna.npz", **notation.present(right))
    assert grade(folder).exit_code == 0
    for name in ("bo", "cy"):
        wrong = derive(problem.net, problem.loss, problem.x, problem.t, {("BP2", 1): ["derivative missing"]})
        np.savez(folder / f"{name}.npz", **notation.present(_as_pass(right, wrong)))
    capsys.readouterr()
    assert main(["grade", str(folder), "--html", str(tmp_path / "pages")]) == 1
    text = capsys.readouterr().out
    assert "1 of 3 right" in text
    assert "2 × BP2: derivative missing" in text
    assert (tmp_path / "pages" / "bo.html").is_file()
    (folder / "di.txt").write_text("I did not do it")
    assert main(["grade", str(folder), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["commonest"] == [["BP2: derivative missing", 2]]
    assert list(told["unreadable"]) == ["di"]
    assert main(["check", str(folder / "exercise.npz"), str(folder / "anna.npz")]) == 0
    assert main(["check", str(folder / "exercise.npz"), str(folder / "bo.npz"), "--json", "--lang", "zh"]) == 1
    assert main(["check", str(folder / "exercise.npz"), str(folder / "nobody.npz")]) == 2


def test_the_command_runs():
    done = subprocess.run(
        [sys.executable, "-m", "nn.backprop", "measure", "--singles", "3", "--doubles", "2", "--right", "2"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "false alarms: 0 of 2" in done.stdout


def test_the_page_is_self_contained_and_escaped(tmp_path):
    net, x, t = batch()
    report = compare(net, "half", x, t, delta=[None, None, np.ones((4, 2))], notation="jason", inputs="rows")
    for lang in ("en", "zh"):
        text = page(report, lang)
        assert "default-src 'none'" in text
        assert not re.search(r"<script|https?://|<link|<img", text)
        assert "BP1" in text
    assert "'" not in re.findall(r'title="([^"]*)"', text)[0]
    assert worked(report, report.first)
    assert json.loads(as_json(report))["first"] == ["BP1", 3]
    assert "✗ δ^3" in table(report, colour=False)
    assert "\033[31;1m" in table(report)


def test_problems_survive_saving(tmp_path):
    problem = random_problem(np.random.default_rng(5))
    save_problem(tmp_path / "p.npz", problem)
    again, _ = load_problem(tmp_path / "p.npz")
    assert again.loss == problem.loss
    np.testing.assert_array_equal(again.net.weights[0], problem.net.weights[0])
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.npz")
