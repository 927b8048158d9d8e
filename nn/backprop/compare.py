"""Comparing a derivation with the reference, equation by equation, each with the student's own values before it.

BP2 at layer l is judged with the student's delta of layer l+1, BP3 and BP4 with the student's delta of layer l: one
mistake gives one finding, and what follows from it is "consistent", not wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import numpy as np

from . import mistakes
from .answers import Answers, Reading, Taken, collect, from_function, take
from .mistakes import Equation, Guess, Setting
from .notation import Notation, Quantity, notation
from .reference import Array, Loss, Net, Pass, fitted, forward, norm
from .reference import backprop as reference

Status = Literal["right", "consistent", "wrong", "not given"]
QUANTITY_OF: dict[Equation, Quantity] = {"BP1": "delta", "BP2": "delta", "BP3": "db", "BP4": "dW"}


@dataclass
class Check:
    """One equation at one layer: what was given, what its own inputs give, and the verdict."""

    equation: Equation
    layer: int
    status: Status
    expected: Array
    yours: Array | None = None
    rel: float = 0.0
    ulps: float = 0.0
    element: tuple[int, ...] | None = None  # the first wrong one
    guesses: list[Guess] = field(default_factory=list)
    note: str = ""  # the key of what is known of a mistake that has no name, in `report`
    about: tuple[object, ...] = ()  # the note's numbers
    inferred: bool = False  # from dW and db, without a delta

    @property
    def quantity(self) -> Quantity:
        """delta, dW or db."""
        return QUANTITY_OF[self.equation]


@dataclass
class Report:
    """The verdicts of a comparison, in the order of backpropagation: the last layer first."""

    net: Net
    loss: Loss
    notation: Notation
    reading: Reading
    setting: Setting
    reference: Pass
    checks: list[Check]
    rtol: float

    @property
    def wrong(self) -> list[Check]:
        """What is wrong of itself, first things first."""
        return [check for check in self.checks if check.status == "wrong"]

    @property
    def first(self) -> Check | None:
        """The first wrong equation."""
        return next(iter(self.wrong), None)

    @property
    def ok(self) -> bool:
        """Whether all that was given is right."""
        return not self.wrong

    def check(self, equation: Equation, layer: int) -> Check:
        """The verdict on one equation."""
        return next(check for check in self.checks if (check.equation, check.layer) == (equation, layer))

    def explain(self, lang: Literal["en", "zh"] = "en") -> str:
        """In words; see `nn.backprop.explain`."""
        from .report import explain

        return explain(self, lang)

    def __str__(self) -> str:
        return self.explain()


def compare(
    model: Any,
    loss: Any,
    x: Any,
    t: Any,
    *,
    delta: Any = None,
    dW: Any = None,  # noqa: N803 - the field's name
    db: Any = None,
    answers: Any = None,
    backprop: Callable[..., Any] | None = None,
    notation: str | Notation | None = None,
    samples: Literal["rows", "columns"] | None = None,
    inputs: Literal["rows", "columns"] | None = None,
    layout: Literal["out x in", "in x out"] | None = None,
    activations: Any = "sigmoid",
    decay: float = 0.0,
    each: bool | None = None,
    rtol: float | None = None,
) -> Report:
    """Judge a derivation.

    model: an nn.Sequential, a Net, Nielsen's Network, or weights in x out (these two with `activations`). loss: an nn
    loss, a Loss, or "half", "squared", "mse", "binary", "softmax"; decay: L2 on the weights. What you derived: lists
    delta, dW, db (layers 1..L, None where you have none) or dicts by the notation's numbers; `answers`, an npz, CSV or
    text file, or pasted text; or `backprop`, a function of (x, t). The notation says how layers are numbered and which
    shapes are tried first; `samples` (of delta), `inputs` (of x and t) and `layout` (of dW) fix them. `each`: call
    backprop sample by sample, with columns (notation "nielsen" does).

    >>> net = Net.random([2, 3, 1])
    >>> x, t = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([[1.0], [0.0]])
    >>> right = reference(net, Loss.of("half"), x, t)
    >>> compare(net, "half", x, t, delta=[right.delta[1], right.delta[2]]).ok
    True
    >>> report = compare(net, "half", x, t, delta=[right.delta[2] @ net.weights[1], right.delta[2]])
    >>> report.first.equation, report.first.layer, report.first.guesses[0].names
    ('BP2', 1, ('derivative missing',))
    """
    style = _notation(notation)
    net, cost = fitted(model, loss, activations, decay)
    lie = inputs or samples
    columns = style.columns if lie is None else lie == "columns"
    batch = _batch(x, net.sizes[0], columns, "x")
    targets = _targets(t, net.sizes[-1], len(batch), columns, cost)
    if backprop is not None:
        single = style.name == "nielsen" if each is None else each
        got = from_function(net, cost, backprop, batch if single else x, targets if single else t, single)
        delta, dW, db = got.get("delta", delta), got.get("dW", dW), got.get("db", db)  # noqa: N806
    given = collect(net, style, delta, dW, db, answers)
    if not any(given.given.values()):
        raise ValueError("compare: nothing to compare; give delta=, dW=, db=, answers= or backprop=")
    tolerance = given.rtol if rtol is None else rtol
    readings = _readings(given, style, samples, layout, cost, len(batch))
    judged = [_judge(net, cost, batch, targets, given, reading, tolerance) for reading in readings]
    best = min(range(len(judged)), key=lambda i: _faults(judged[i][1]))
    setting, checks, taken = judged[best]
    if any(_needs_inference(checks, l) for l in range(1, net.depth + 1)):
        setting, checks, taken = _judge(net, cost, batch, targets, given, readings[best], tolerance, infer=True)
    for check in checks:
        if check.status == "wrong" and not check.guesses:
            _recognise(setting, check, taken, tolerance)
    whole = reference(net, cost, batch, targets)
    return Report(net, cost, style, readings[best], setting, whole, checks, tolerance)


_notation = notation  # `compare` has an argument of that name


def _batch(x: Any, width: int, columns: bool, name: str) -> Array:
    array = np.asarray(x.detach().numpy() if hasattr(x, "detach") else x, dtype=np.float64)
    if array.ndim == 1:
        array = array.reshape(-1, width) if width == 1 or array.size == width else array[None]
    elif array.ndim > 2:
        array = array.reshape(len(array), -1)
    elif array.shape[0] == width and (columns or array.shape[1] != width):
        array = array.T
    if array.shape[1] != width:
        raise ValueError(f"{name} of shape {np.shape(x)}: the net takes {width} values per sample, as rows or columns")
    return array


def _targets(t: Any, width: int, n: int, columns: bool, loss: Loss) -> Array:
    array = np.asarray(t.detach().numpy() if hasattr(t, "detach") else t)
    if loss.kind == "softmax" and array.dtype.kind in "iu" and array.size == n and (n > 1 or array.size != width):
        return np.asarray(np.eye(width)[array.reshape(n)])
    out = _batch(array.reshape(1, 1) if array.ndim == 0 else array, width, columns, "t")
    if len(out) != n:
        raise ValueError(f"t of shape {array.shape}: {len(out)} targets for {n} samples")
    return out


def _readings(
    given: Answers, style: Notation, samples: str | None, layout: str | None, loss: Loss, n: int
) -> list[Reading]:
    """The ways to take the arrays, the notation's own first."""
    columns = [style.columns, not style.columns] if samples is None else [samples == "columns"]
    in_out = [style.in_out, not style.in_out] if layout is None else [layout == "in x out"]
    unscaled = [False, True] if given.given["delta"] and loss.average != "none" and n > 1 else [False]
    return [Reading(c, w, u) for u, w, c in product(unscaled, in_out, columns)]


def _faults(checks: list[Check]) -> int:
    return sum(check.status == "wrong" for check in checks)


@np.errstate(all="ignore")
def _judge(
    net: Net, loss: Loss, x: Array, t: Array, given: Answers, reading: Reading, rtol: float, infer: bool = False
) -> tuple[Setting, list[Check], Taken]:
    taken = take(given, net, len(x), reading)
    p = forward(net, loss, x, t)
    s = Setting(net, loss, p, t, reading.per_sample)
    truth = Setting(net, loss, p, t, reading.per_sample)
    checks: list[Check] = []
    for l in range(net.depth, 0, -1):
        eq: Equation = "BP1" if l == net.depth else "BP2"
        truth.delta[l] = _value(truth, eq, l)
        errors = _check(s, truth, taken, eq, l, rtol)
        s.delta[l] = taken.delta.get(l, errors.expected)
        gradients = [_check(s, truth, taken, "BP4", l, rtol)]
        if net.biases[l - 1] is not None:
            gradients.insert(0, _check(s, truth, taken, "BP3", l, rtol))
        if infer and _needs_inference([errors, *gradients], l):
            guesses = _inferred(s, taken, eq, l, rtol)
            if guesses:
                errors.status, errors.inferred, errors.guesses = "wrong", True, guesses
                s.delta[l] = errors.yours = _exists(mistakes.guessed(s, eq, l, guesses[0]))
                _measure(errors, 0.0)
                gradients = [_check(s, truth, taken, check.equation, l, rtol) for check in gradients]
        s.dW[l] = taken.dW.get(l, gradients[-1].expected)
        checks += [errors, *gradients]
    return s, checks, taken


def _exists(array: Array | None) -> Array:
    assert array is not None
    return array


def _value(s: Setting, eq: Equation, l: int) -> Array:
    return _exists(mistakes.value(s, eq, l))


def _check(s: Setting, truth: Setting, taken: Taken, eq: Equation, l: int, rtol: float) -> Check:
    """One verdict: by the student's own values before this equation, then by the whole derivation."""
    with np.errstate(all="ignore"):
        found = mistakes.value(s, eq, l)
        expected = found if found is not None else _value(truth, eq, l)  # the values before it are not finite
    quantity = QUANTITY_OF[eq]
    yours: Array | None = getattr(taken, quantity).get(l)
    check = Check(eq, l, "not given", expected, yours)
    if (quantity, l) in taken.misshapen:
        check.yours = taken.misshapen[quantity, l]
        check.status = "wrong"
        _measure(check, 0.0)
    elif yours is not None:
        slack = rtol * mistakes.magnitude(s, eq, l)
        with np.errstate(all="ignore"):
            near = yours.shape == expected.shape and norm(yours - expected) <= slack
            known = truth.delta[l] if quantity == "delta" else _value(truth, eq, l)
            whole = rtol * mistakes.magnitude(truth, eq, l) * 10
            same = near and norm(yours - known) <= whole
        check.status = "right" if same else "consistent" if near else "wrong"
        _measure(check, slack)
    return check


def _measure(check: Check, slack: float) -> None:
    """How far off, and the first wrong element."""
    yours, expected = check.yours, check.expected
    assert yours is not None
    if yours.shape != expected.shape:
        check.rel, check.note, check.about = float("inf"), "shape", (yours.shape, expected.shape)
        return
    with np.errstate(all="ignore"):
        off = abs(yours - expected)
        size = norm(expected)
        check.rel = norm(off) / size if size else (np.inf if off.any() else 0.0)
        check.ulps = float(
            np.fmax.reduce(off / np.spacing(np.maximum(abs(expected), np.finfo(float).tiny)), axis=None, initial=0)
        )
    if check.status == "wrong":
        beyond = ~(off <= max(slack / np.sqrt(off.size), 1e-9 * float(np.fmax.reduce(off, axis=None, initial=0))))
        check.element = tuple(int(i) for i in np.argwhere(beyond)[0]) if beyond.any() else None


def _needs_inference(checks: list[Check], l: int) -> bool:
    """No delta at this layer, and what follows from it is wrong."""
    at = {check.quantity: check.status for check in checks if check.layer == l}
    gradients = [status for quantity, status in at.items() if quantity != "delta" and status != "not given"]
    return at["delta"] == "not given" and bool(gradients) and all(status == "wrong" for status in gradients)


def _inferred(s: Setting, taken: Taken, eq: Equation, l: int, rtol: float) -> list[Guess]:
    """Faults of the delta that was not given which make all that follows from it at this layer right.

    With dW alone, a fault of BP4 is believed first, unless the layer below follows from the wrong delta too.
    """
    if ("dW", l) in taken.misshapen or ("db", l) in taken.misshapen:
        return []
    own = s.delta[l]
    alone = l not in taken.db or l not in taken.dW
    found: list[Guess] = []
    for count in (1, 2):
        for choice in mistakes.choices(eq, count):
            guess = Guess(choice)
            if ("weights", "weights updated first") in choice or (delta := mistakes.guessed(s, eq, l, guess)) is None:
                continue
            s.delta[l] = delta
            if all(_follows(s, taken, follow, l, rtol) for follow in ("BP3", "BP4")):
                below = l > 1 and l - 1 in taken.dW and _below_follows(s, taken, l, rtol)
                if not alone or below or not _by_itself(s, own, taken, l, rtol):
                    found.append(guess)
        if found:
            break
    s.delta[l] = own
    return found


def _follows(s: Setting, taken: Taken, eq: Any, l: int, rtol: float) -> bool:
    yours = getattr(taken, QUANTITY_OF[eq]).get(l)
    right = mistakes.value(s, eq, l)
    return yours is None or right is None or mistakes.close(yours, right, max(1e-10, 10 * rtol))


def _below_follows(s: Setting, taken: Taken, l: int, rtol: float) -> bool:
    s.delta[l - 1] = _value(s, "BP2", l - 1)
    follows = _follows(s, taken, "BP4", l - 1, rtol)
    del s.delta[l - 1]
    return follows


def _by_itself(s: Setting, own: Array, taken: Taken, l: int, rtol: float) -> bool:
    """Whether a fault of BP3 or BP4 explains the one gradient that was given."""
    eq: Equation = "BP4" if l in taken.dW else "BP3"
    wrong, s.delta[l] = s.delta[l], own
    found = mistakes.recognise(s, eq, l, getattr(taken, QUANTITY_OF[eq])[l], rtol, 1)
    s.delta[l] = wrong
    return bool(found)


@np.errstate(all="ignore")
def _recognise(s: Setting, check: Check, taken: Taken, rtol: float) -> None:
    yours = check.yours
    if yours is None:
        return
    if not np.isfinite(yours).all():
        check.note = "not finite"
        return
    check.guesses = mistakes.recognise(s, check.equation, check.layer, yours, rtol)
    if check.guesses or yours.shape != check.expected.shape:
        return
    expected = check.expected
    factor = float((yours * expected).sum() / max((expected * expected).sum(), np.finfo(float).tiny))
    off = ~np.isclose(yours, expected, rtol=max(1e-9, 10 * rtol), atol=0)
    if mistakes.close(yours, factor * expected, max(1e-10, 10 * rtol)):
        check.note, check.about = "factor", (factor,)
    elif off.sum() == 1:
        check.note = "one element"
    elif off.ndim == 2 and (off.any(axis=1).sum() == 1 < len(off) or off.any(axis=0).sum() == 1 < off.shape[1]):
        check.note = "one row"
    else:
        check.note = "unknown"
