"""How many planted mistakes are named, over random nets of 2 to 5 layers: `python -m nn.backprop measure`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .compare import Report, compare
from .mistakes import FAULTS, Equation
from .notation import QUANTITIES
from .reference import Array, Loss, Net, fitted
from .student import Derivation, Impossible, derive

Place = tuple[Equation, int]
Mistake = tuple[Equation, int, str, str]  # equation, layer, slot, fault

_HIDDEN = ("sigmoid", "tanh", "relu", "softplus", "silu", "elu", "leaky_relu", "gelu")


@dataclass
class Problem:
    """A net, a cost and a batch."""

    net: Net
    loss: Loss
    x: Array
    t: Array

    def compare(self, derived: Derivation, **options: Any) -> Report:
        """Judge a derivation of this problem."""
        layers = range(1, self.net.depth + 1)
        given: dict[str, Any] = {q: [getattr(derived, q).get(l) for l in layers] for q in QUANTITIES}
        return compare(self.net, self.loss, self.x, self.t, inputs="rows", **given, **options)


def random_problem(rng: np.random.Generator) -> Problem:
    """2 to 5 layers of 2 to 5 units, any activations, every kind of cost, 1 to 6 samples."""
    depth, n = int(rng.integers(2, 6)), int(rng.integers(1, 7))
    widths = rng.integers(2, 6, size=depth + 1)
    if rng.random() < 0.4:
        widths[:] = widths[0]
    kind: Any = str(rng.choice(["squared", "binary", "softmax"]))
    decay = float(rng.choice([0.0, 0.1]))
    loss = Loss(
        kind, bool(rng.random() < 0.5) and kind == "squared", rng.choice(["none", "samples", "elements"]), decay
    )
    last = {"squared": str(rng.choice(["sigmoid", "tanh", "identity", "softmax"])), "binary": "sigmoid"}
    names = [*rng.choice(_HIDDEN, size=depth - 1), last.get(kind, "softmax")]
    net, loss = fitted(Net.random([int(w) for w in widths], [str(name) for name in names], seed=rng), loss)
    x = rng.normal(size=(n, int(widths[0])))
    t = np.eye(int(widths[-1]))[rng.integers(0, widths[-1], size=n)]
    return Problem(net, loss, x, t)


def all_mistakes(net: Net) -> list[Mistake]:
    """Every known fault in every equation of every layer, possible here or not."""
    out: list[Mistake] = []
    eq: Equation
    for l in range(1, net.depth + 1):
        for eq in FAULTS:
            if eq == ("BP2" if l == net.depth else "BP1"):
                continue
            for slot, faults in FAULTS[eq].items():
                for fault in faults:
                    mistake: Mistake = (eq, l, slot, fault)
                    out.append(mistake)
    return out


def planned(mistakes: Iterable[Mistake]) -> dict[Place, list[str]]:
    """The plan of a student who makes these."""
    plan: dict[Place, list[str]] = {}
    for eq, l, _, fault in mistakes:
        plan.setdefault((eq, l), []).append(fault)
    return plan


def planted(problem: Problem, mistakes: list[Mistake]) -> Derivation | None:
    """The derivation with these mistakes; None if one is impossible here or changes nothing."""
    try:
        with np.errstate(all="ignore"):
            wrong = derive(problem.net, problem.loss, problem.x, problem.t, planned(mistakes))
            for left_out in mistakes:
                rest = [each for each in mistakes if each is not left_out]
                without = derive(problem.net, problem.loss, problem.x, problem.t, planned(rest))
                if _same(wrong, without, left_out):
                    return None
    except Impossible:
        return None
    arrays = [*wrong.delta.values(), *wrong.dW.values(), *wrong.db.values()]
    return wrong if all(np.isfinite(array).all() for array in arrays) else None


def _same(one: Derivation, other: Derivation, at: Mistake) -> bool:
    quantity = {"BP1": "delta", "BP2": "delta", "BP3": "db", "BP4": "dW"}[at[0]]
    a, b = getattr(one, quantity)[at[1]], getattr(other, quantity)[at[1]]
    if a.shape != b.shape:
        if a.size != b.size:
            return False
        b = b.reshape(a.shape)
    return bool(np.linalg.norm(a - b) <= 1e-9 * np.linalg.norm(b))


def random_planting(rng: np.random.Generator, count: int) -> tuple[Problem, list[Mistake], Derivation]:
    """A random problem and that many mistakes which show; one in three pairs lies in one equation."""
    while True:
        problem = random_problem(rng)
        known = all_mistakes(problem.net)
        by_fault = sorted({(m[0], m[3]) for m in known})  # a fault first, then a layer: rare ones are planted too
        for _ in range(20):
            chosen: list[Mistake] = []
            together = count == 2 and rng.random() < 1 / 3
            for i in range(count):
                eq, fault = by_fault[int(rng.integers(len(by_fault)))]
                fits = [m for m in known if (m[0], m[3]) == (eq, fault)]
                if together and i:
                    fits = [m for m in known if m[:2] == chosen[0][:2] and m[2] != chosen[0][2]]
                chosen.append(fits[int(rng.integers(len(fits)))])
            places = {m[:2] for m in chosen}
            if len(places) != (1 if together or count == 1 else 2):
                continue
            derived = planted(problem, chosen)
            if derived is not None:
                return problem, chosen, derived


@dataclass
class Tally:
    """What became of the planted mistakes."""

    planted: int = 0
    located: int = 0  # all findings, and only these, at the right equation and layer
    named: int = 0  # and the first name is the planted one
    among: int = 0  # and the planted one is among the names that the input cannot tell apart
    confusions: Counter[str] = field(default_factory=Counter)

    def line(self, kind: str) -> str:
        """In one line."""
        return (
            f"{kind}: {self.planted} planted, {self.located} located (right equation and layer, nothing else), "
            f"{self.named} named first, {self.among} named or listed as indistinguishable"
        )


def tally(rng: np.random.Generator, plantings: int, count: int) -> Tally:
    """Plant, compare and count."""
    out = Tally()
    for _ in range(plantings):
        problem, mistakes, derived = random_planting(rng, count)
        with np.errstate(all="ignore"):
            report = problem.compare(derived)
        out.planted += 1
        plan = planned(mistakes)
        found = {(check.equation, check.layer): check for check in report.wrong}
        if set(found) != set(plan):
            out.confusions[f"{_text(mistakes)} located at {sorted(found)}, planted at {sorted(plan)}"] += 1
            continue
        out.located += 1
        first = all(found[at].guesses and set(found[at].guesses[0].names) == set(names) for at, names in plan.items())
        among = all(any(set(g.names) == set(names) for g in found[at].guesses) for at, names in plan.items())
        out.named += first
        out.among += among
        if not first:
            got = "; ".join(
                f"{at[0]} " + (" | ".join(" + ".join(g.names) for g in found[at].guesses[:2]) or found[at].note)
                for at in plan
                if not found[at].guesses or set(found[at].guesses[0].names) != set(plan[at])
            )
            out.confusions[f"{'listed' if among else 'LOST'}: {_text(mistakes)} → {got}"] += 1
    return out


def _text(mistakes: list[Mistake]) -> str:
    return " + ".join(f"{eq} {fault}" for eq, _, _, fault in mistakes)


def false_alarms(rng: np.random.Generator, derivations: int) -> int:
    """Right derivations, written sample by sample in columns, that are called wrong."""
    alarms = 0
    for _ in range(derivations):
        problem = random_problem(rng)
        alarms += not problem.compare(derive(problem.net, problem.loss, problem.x, problem.t)).ok
    return alarms


def main(singles: int = 1000, doubles: int = 300, right: int = 500, seed: int = 0, shown: int = 30) -> int:
    """Measure and print."""
    single = tally(np.random.default_rng([seed, 1]), singles, 1)
    double = tally(np.random.default_rng([seed, 2]), doubles, 2)
    alarms = false_alarms(np.random.default_rng([seed, 3]), right)
    print(single.line("single mistakes"))
    print(double.line("two mistakes"))
    print(f"false alarms: {alarms} of {right} right derivations")
    for name, counted in (("single", single.confusions), ("two", double.confusions)):
        print(f"confusions that remain, {name}: {sum(counted.values())}")
        for text, times in counted.most_common(shown):
            print(f"  {times:4d}  {text}")
    return int(alarms > 0)
