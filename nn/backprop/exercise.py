"""Exercises in which every mistake can be identified, and the grading of a class."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .compare import QUANTITY_OF, Report, compare
from .measure import Mistake, Problem, all_mistakes, planned, planted
from .mistakes import Equation, Setting, hidden
from .notation import Language, Notation, notation
from .reference import Array, Average, Loss, Net, Pass, activation, fitted
from .reference import backprop as reference
from .report import as_dict, heading, named, why
from .student import Derivation

_AVERAGES: tuple[Average, ...] = ("none", "samples", "elements")


@dataclass
class Exercise:
    """A problem, and a derivation of it with planted mistakes; `key` names them."""

    problem: Problem
    wrong: Derivation
    key: list[Mistake]
    notation: Notation

    def report(self) -> Report:
        """What `compare` says of the wrong derivation."""
        return self.problem.compare(self.wrong, notation=self.notation, samples="rows", layout="out x in")

    def text(self, lang: Language = "en") -> str:
        """The task, in the notation's words."""
        net, loss = self.problem.net, self.problem.loss
        names = ", ".join(f.name for f in net.activations)
        sizes = "-".join(map(str, net.sizes))
        task = {
            "en": f"A net {sizes} ({names}), cost {describe(loss)}, {len(self.problem.x)} samples: exercise.npz.\n"
            "1. wrong.npz is somebody's derivation, with a mistake. Which equation is wrong first, and why?\n"
            "2. Derive the errors and gradients yourself; hand in NAME.npz with the same names as wrong.npz.\n",
            "zh": f"网络 {sizes}（{names}），代价 {describe(loss, 'zh')}，{len(self.problem.x)} 个样本："
            "exercise.npz。\n"
            "1. wrong.npz 是某人的推导，其中有错。最先错的是哪个方程？为什么？\n"
            "2. 自己推导误差和梯度；提交 姓名.npz，名称与 wrong.npz 相同。\n",
        }[lang]
        return "\n".join([task, self.notation.title[lang], *self.notation.equations(lang), ""])

    def save(self, folder: str | Path, lang: Language = "en") -> None:
        """exercise.npz, wrong.npz, exercise.md; and key.json, for the teacher."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        save_problem(place / "exercise.npz", self.problem, self.notation)
        p = Pass(0.0, [], {}, self.wrong.delta, self.wrong.dW, self.wrong.db)
        arrays: dict[str, Any] = dict(self.notation.present(p))
        np.savez(place / "wrong.npz", **arrays)
        (place / "exercise.md").write_text(self.text(lang), encoding="utf-8")
        key = [
            {"equation": eq, "layer": self.notation.number(QUANTITY_OF[eq], l), "mistake": fault}
            for eq, l, _, fault in self.key
        ]
        (place / "key.json").write_text(json.dumps(key, indent=2) + "\n", encoding="utf-8")


def describe(loss: Loss, lang: Language = "en") -> str:
    """The cost in words."""
    name = {
        "en": {"squared": "squared error", "binary": "binary cross-entropy", "softmax": "softmax cross-entropy"},
        "zh": {"squared": "平方误差", "binary": "二元交叉熵", "softmax": "softmax 交叉熵"},
    }[lang][loss.kind]
    average = {
        "en": {"none": "summed", "samples": "mean over the samples", "elements": "mean over samples and units"},
        "zh": {"none": "求和", "samples": "对样本平均", "elements": "对样本和单元平均"},
    }[lang][loss.average]
    half = "1/2 × " if loss.half else ""
    return f"{half}{name}, {average}" + (f", L2 λ = {loss.decay:g}" if loss.decay else "")


def make_exercise(seed: int = 0, mistakes: int = 1, notation: str | Notation | None = None) -> Exercise:
    """An exercise whose input reveals every mistake that its shapes allow, and tells each from every other.

    >>> exercise = make_exercise(seed=1)
    >>> report = exercise.report()
    >>> (report.first.equation, report.first.layer, report.first.guesses[0].names[0]) == (
    ...     exercise.key[0][0], exercise.key[0][1], exercise.key[0][3])
    True
    """
    if mistakes not in (1, 2):
        raise ValueError(f"make_exercise: mistakes must be 1 or 2, got {mistakes}")
    rng = np.random.default_rng(seed)
    problem = next(p for p in iter(lambda: _candidate(rng), None) if identifiable(p))
    known = all_mistakes(problem.net)
    while True:
        chosen = [known[int(i)] for i in rng.choice(len(known), size=mistakes, replace=False)]
        if len({m[:2] for m in chosen}) < mistakes:
            continue
        wrong = planted(problem, chosen)
        if wrong is None:
            continue
        exercise = Exercise(problem, wrong, chosen, _notation(notation))
        found = {(c.equation, c.layer): [g.names for g in c.guesses] for c in exercise.report().wrong}
        if found == {at: [tuple(names)] for at, names in planned(chosen).items()}:
            return exercise


_notation = notation  # `make_exercise` has an argument of that name


def _candidate(rng: np.random.Generator) -> Problem:
    depth, n = int(rng.integers(2, 5)), int(rng.integers(3, 6))
    widths = [int(w) for w in rng.integers(3, 6, size=depth + 1)]
    widths[1] = widths[2] = int(rng.integers(3, 6))  # a square matrix, so that W for W^T is possible
    kind: Any = str(rng.choice(["squared", "binary", "softmax"]))
    average = _AVERAGES[int(rng.integers(3))]
    half = kind == "squared" and bool(rng.random() < 0.5)
    loss = Loss(kind, half, average, float(rng.choice([0.0, 0.1])))
    hidden_names = [str(name) for name in rng.permutation(["sigmoid", "tanh", "softplus"])[: depth - 1]]
    last = {"squared": str(rng.choice(["silu", "gelu"])), "binary": "sigmoid", "softmax": "softmax"}[kind]
    net, loss = fitted(Net.random(widths, [*hidden_names, last], seed=rng), loss)
    x = np.round(rng.normal(size=(n, widths[0])), 1)
    return Problem(net, loss, x, np.eye(widths[-1])[rng.integers(0, widths[-1], size=n)])


def identifiable(problem: Problem) -> bool:
    """Whether the input hides no mistake and makes no two look alike."""
    p = reference(problem.net, problem.loss, problem.x, problem.t)
    s = Setting(problem.net, problem.loss, p, problem.t, delta=p.delta, dW=p.dW)
    places: list[tuple[Equation, int]] = [("BP1", problem.net.depth)]
    for l in range(1, problem.net.depth + 1):
        places.append(("BP3", l))
        places.append(("BP4", l))
        if l < problem.net.depth:
            places.append(("BP2", l))
    return all(hidden(s, eq, l) == ([], []) for eq, l in places)


# ---- Files


def save_problem(path: str | Path, problem: Problem, style: Notation | None = None) -> None:
    """W1, b1, … (out x in), x and t (rows), the activations, the cost and the notation, in one npz."""
    net = problem.net
    arrays: dict[str, Any] = {"x": problem.x, "t": problem.t}
    for l, (w, b) in enumerate(zip(net.weights, net.biases, strict=True), start=1):
        arrays[f"W{l}"] = w
        if b is not None:
            arrays[f"b{l}"] = b
    arrays["activations"] = np.array([f.name for f in net.activations])
    arrays["loss"] = np.array(json.dumps(asdict(problem.loss)))
    arrays["notation"] = np.array(_notation(style).name)
    np.savez(path, **arrays)


def load_problem(path: str | Path) -> tuple[Problem, Notation]:
    """What `save_problem` wrote, or a teacher wrote in its place."""
    with np.load(path, allow_pickle=False) as archive:
        data: Mapping[str, Array] = {name: archive[name] for name in archive.files}
    missing = [name for name in ("W1", "x", "t", "activations", "loss") if name not in data]
    if missing:
        raise ValueError(f"{path}: not a problem, {', '.join(missing)} missing; see nn.backprop.save_problem")
    depth = sum(name.startswith("W") for name in data)
    net = Net(
        tuple(data[f"W{l}"].astype(np.float64) for l in range(1, depth + 1)),
        tuple(data.get(f"b{l}") for l in range(1, depth + 1)),
        tuple(activation(str(name)) for name in data["activations"]),
    )
    loss = Loss(**json.loads(str(data["loss"])))
    return Problem(net, loss, data["x"], data["t"]), _notation(str(data.get("notation", "nn")))


# ---- Grading


@dataclass
class Grades:
    """A class: a report for each student, what could not be read, and the commonest mistakes."""

    reports: dict[str, Report] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def mistakes(self) -> Counter[str]:
        """First mistakes by name, with their equation."""
        return self.commonest()

    def commonest(self, lang: Language = "en") -> Counter[str]:
        """First mistakes by name, in that language."""
        return Counter(_first_mistake(report, lang) for report in self.reports.values() if not report.ok)

    @property
    def exit_code(self) -> int:
        """0: all right; 1: some are wrong; 2: some cannot be read, or there are none."""
        return 2 if self.unreadable or not self.reports else int(not all(r.ok for r in self.reports.values()))

    def summary(self, lang: Language = "en") -> str:
        """A line for each student, and the commonest mistakes."""
        right = sum(report.ok for report in self.reports.values())
        head = f"{right} of {len(self.reports)} right" if lang == "en" else f"{len(self.reports)} 人中 {right} 人正确"
        lines = [head]
        for name, report in self.reports.items():
            first = report.first
            told = {"en": "right", "zh": "正确"}[lang] if first is None else (
                f"{heading(report, first, lang)}: {why(report, first, lang)}")  # fmt: skip
            lines.append(f"  {name}: {told}")
        lines += [f"  {name}: {reason}" for name, reason in self.unreadable.items()]
        if self.mistakes:
            lines.append("commonest mistakes:" if lang == "en" else "最常见的错误：")
            lines += [f"  {times} × {mistake}" for mistake, times in self.commonest(lang).most_common()]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "students": {name: as_dict(report) for name, report in self.reports.items()},
            "unreadable": self.unreadable,
            "commonest": self.mistakes.most_common(),
        }


def _first_mistake(report: Report, lang: Language) -> str:
    first = report.first
    assert first is not None
    if not first.guesses:
        return f"{first.equation}: {'not recognised' if lang == 'en' else '未识别'}"
    return f"{first.equation}: {' + '.join(named(name, lang) for name in first.guesses[0].names)}"


def grade(folder: str | Path) -> Grades:
    """Judge every answer (npz, csv, txt) that lies beside exercise.npz."""
    place = Path(folder)
    if not (place / "exercise.npz").is_file():
        raise FileNotFoundError(
            f"grade: there is no exercise.npz in {place}; `python -m nn.backprop exercise` makes one"
        )
    problem, style = load_problem(place / "exercise.npz")
    out = Grades()
    for path in sorted(place.iterdir()):
        if path.suffix not in (".npz", ".csv", ".txt") or path.name in ("exercise.npz", "wrong.npz"):
            continue
        try:
            out.reports[path.stem] = compare(
                problem.net, problem.loss, problem.x, problem.t, answers=path, notation=style, inputs="rows"
            )
        except (ValueError, OSError, KeyError) as error:
            out.unreadable[path.stem] = str(error)
    return out
