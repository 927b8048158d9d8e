"""Mistakes by name: each equation BP1-BP4 with its usual faults, and the search for the fault that gives a wrong value.

An equation has slots (the derivative, the weights, the sign, the mean, …); a fault fills one slot wrongly. So one
mistake is one filled slot, two mistakes in one equation are two, and a value is named by computing them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Literal

import numpy as np

from .notation import Language, Notation
from .reference import Array, Loss, Net, Pass, bp1, error, norm, through

Equation = Literal["BP1", "BP2", "BP3", "BP4"]
Choice = tuple[tuple[str, str], ...]  # (slot, fault) of each slot that is filled wrongly


@dataclass
class Setting:
    """What an equation reads: the net, the forward pass, and the errors that the student has."""

    net: Net
    loss: Loss
    p: Pass
    t: Array
    per_sample: bool = False  # delta is of each sample's own cost; the mean is taken in BP3 and BP4 (Nielsen)
    delta: dict[int, Array] = field(default_factory=dict)
    dW: dict[int, Array] = field(default_factory=dict)  # noqa: N815 - the field's name for it

    @property
    def n(self) -> int:
        """The number of samples."""
        return len(self.t)

    def prime(self, l: int, of: Array | None = None) -> Array:
        """f'_l(z^l), or of another argument."""
        return np.asarray(self.net.activations[l - 1].prime(self.p.z[l] if of is None else of), dtype=np.float64)


# ---- The slots of each equation and their faults, the likeliest first, with what a student reads

_MEAN = {
    "sum for mean": ("the sum over the samples in place of the mean: the factor 1/{n} is missing",
                     "用了对样本的和而不是平均：缺少因子 1/{n}"),
    "mean for sum": ("a mean over the samples too many: your value has an extra factor 1/{n}",
                     "多取了一次对样本的平均：多了因子 1/{n}"),
}  # fmt: skip
_SIGN = {"wrong sign": ("the sign is wrong", "符号错了")}
_DERIVATIVE = {
    "derivative missing": ("the factor {prime} is missing", "缺少因子 {prime}"),
    "f'(a) for f'(z)": ("{prime_a} in place of {prime}: the derivative is taken at z, not at a",
                        "用了 {prime_a} 而不是 {prime}：导数应取在 z 处，而不是 a 处"),
    "f for f'": ("f itself in place of its derivative {prime}", "用了 f 本身而不是导数 {prime}"),
    "derivative twice": ("the factor {prime} stands twice", "因子 {prime} 乘了两次"),
}  # fmt: skip

FAULTS: Mapping[Equation, Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "BP1": {
        "derivative": {
            **_DERIVATIVE,
            "differentiated twice": (
                "the activation is differentiated twice: with cross-entropy {a} − {t} is already the derivative at z",
                "激活函数求了两次导：配交叉熵时 {a} − {t} 已经是对 z 的导数"),
            "differentiated twice, Jacobian": (
                "the activation is differentiated twice: with cross-entropy {a} − {t} is already the derivative at z, "
                "and the Jacobian of softmax was applied again",
                "激活函数求了两次导：配交叉熵时 {a} − {t} 已经是对 z 的导数，却又乘了 softmax 的雅可比矩阵"),
            "diagonal of softmax": ("only the diagonal a(1 − a) of the Jacobian of softmax was used",
                                    "只用了 softmax 雅可比矩阵的对角线 a(1 − a)"),
            "derivative one layer below": ("{prime_below} in place of {prime}", "用了 {prime_below} 而不是 {prime}"),
        },
        "sign": _SIGN,
        "half": {
            "1/2 forgotten": ("the 1/2 of the cost was forgotten: its derivative is {a} − {t}, without a 2",
                              "忘了代价函数里的 1/2：导数是 {a} − {t}，没有 2"),
            "factor 2 missing": ("the factor 2 is missing: this cost has no 1/2", "缺少因子 2：这个代价函数没有 1/2"),
        },
        "mean": {
            **_MEAN,
            "mean over units": ("a mean over the {k} output units too many", "多取了一次对 {k} 个输出单元的平均"),
            "not over units": ("divided by the samples only: this cost is a mean over the {k} output units too",
                               "只除以了样本数：这个代价函数还对 {k} 个输出单元取平均"),
        },
        "target": {"target missing": ("the target is missing: {a} in place of {a} − {t}",
                                      "缺少目标值：用了 {a} 而不是 {a} − {t}")},
    },
    "BP2": {
        "derivative": {
            **_DERIVATIVE,
            "derivative one layer above": ("{prime_above} in place of {prime}", "用了 {prime_above} 而不是 {prime}"),
            "derivative one layer below": ("{prime_below} in place of {prime}", "用了 {prime_below} 而不是 {prime}"),
            "ReLU'(0) = 1": ("ReLU'(0) = 1, as 002 has it; here and in PyTorch ReLU'(0) = 0",
                             "取了 ReLU'(0) = 1（002 的约定）；这里和 PyTorch 取 0"),
            "activation of the layer above": ("the derivative of the activation of the layer above was taken",
                                              "用了后一层激活函数的导数"),
        },
        "weights": {
            "W for W^T": ("{W_above} in place of its transpose", "用了 {W_above} 而不是它的转置"),
            "weights one layer below": ("{W} in place of {W_above}", "用了 {W} 而不是 {W_above}"),
            "weights one layer above": ("{W_above2} in place of {W_above}", "用了 {W_above2} 而不是 {W_above}"),
            "weights updated first": (
                "{W_above} was already updated (learning rate {eta:.4g}): propagate with the old weights, then update",
                "{W_above} 已经更新过了（学习率 {eta:.4g}）：应先用旧权重传播误差，再更新"),
        },
        "error": {"error one layer above": ("{delta_above2} in place of {delta_above}",
                                            "用了 {delta_above2} 而不是 {delta_above}")},
        "sign": _SIGN,
        "mean": _MEAN,
    },
    "BP3": {
        "sum": {
            "not summed": ("the bias gradient is not summed over the samples", "偏置的梯度没有对样本求和"),
            "first sample only": ("only the first sample was used", "只用了第一个样本"),
            "last sample only": ("only the last sample was used (= where += is meant)",
                                 "只用了最后一个样本（该用 += 却用了 =）"),
            "summed over units": ("summed over the units in place of the samples", "对单元而不是对样本求了和"),
        },
        "error": {
            "error one layer above": ("{delta_above} in place of {delta}", "用了 {delta_above} 而不是 {delta}"),
            "error one layer below": ("{delta_below} in place of {delta}", "用了 {delta_below} 而不是 {delta}"),
        },
        "sign": _SIGN,
        "mean": _MEAN,
        "decay": {"L2 on the bias": ("L2 was put on the bias: it belongs to the weights only",
                                     "把 L2 正则加到了偏置上：它只用于权重")},
    },
    "BP4": {
        "layout": {"dW transposed": ("the matrix is transposed", "矩阵转置了")},
        "input": {
            "own output for input": ("{a} in place of {a_below}: the gradient takes what enters the layer",
                                     "用了 {a} 而不是 {a_below}：应取进入本层的值"),
            "input one layer below": ("{a_below2} in place of {a_below}", "用了 {a_below2} 而不是 {a_below}"),
            "z for a": ("{z_below} in place of {a_below}: the activation was forgotten",
                        "用了 {z_below} 而不是 {a_below}：忘了激活函数"),
        },
        "error": {
            "error one layer above": ("{delta_above} in place of {delta}", "用了 {delta_above} 而不是 {delta}"),
            "error one layer below": ("{delta_below} in place of {delta}", "用了 {delta_below} 而不是 {delta}"),
            "derivative again": ("the factor {prime} once more: {delta} contains it already",
                                 "又乘了一次 {prime}：{delta} 已经含有它"),
        },
        "sum": {
            "first sample only": ("only the first sample was used", "只用了第一个样本"),
            "last sample only": ("only the last sample was used (= where += is meant)",
                                 "只用了最后一个样本（该用 += 却用了 =）"),
        },
        "sign": {**_SIGN, "wrong sign before L2": ("the sign of the part without L2 is wrong",
                                                    "L2 以外部分的符号错了")},
        "mean": _MEAN,
        "decay": {
            "L2 forgotten": ("L2 was forgotten: + λ {W}", "忘了 L2 正则项：+ λ {W}"),
            "L2 twice": ("2λ {W} in place of λ {W}: the cost has λ/2", "用了 2λ {W} 而不是 λ {W}：代价函数里是 λ/2"),
            "L2 halved": ("λ/2 {W} in place of λ {W}", "用了 λ/2 {W} 而不是 λ {W}"),
            "L2 with wrong sign": ("− λ {W} in place of + λ {W}", "用了 − λ {W} 而不是 + λ {W}"),
            "L2 averaged": ("λ/n {W} in place of λ {W}", "用了 λ/n {W} 而不是 λ {W}"),
        },
    },
}  # fmt: skip


# ---- The equations with faults


def value(s: Setting, eq: Equation, l: int, choice: Choice = (), w_above: Array | None = None) -> Array | None:
    """What the equation gives with these faults; None where the shapes do not fit or a fault has no meaning."""
    chosen = dict(choice)
    compute = {"BP1": _bp1, "BP2": _bp2, "BP3": _bp3, "BP4": _bp4}[eq]
    with np.errstate(all="ignore"):
        found = compute(s, l, chosen) if w_above is None else _bp2(s, l, chosen, w_above)
    return found if found is not None and np.isfinite(found).all() else None


def _mean(s: Setting, fault: str | None) -> float | None:
    n, k = s.t.shape
    average = s.loss.average
    factors = {None: 1.0, "sum for mean": float(n), "mean for sum": 1 / n}
    factors |= {} if average == "elements" else {"mean over units": 1 / k}
    factors |= {"not over units": float(k)} if average == "elements" else {}
    return factors.get(fault)


def _bp1(s: Setting, l: int, chosen: Mapping[str, str]) -> Array | None:
    loss, f, a, z, t = s.loss, s.net.activations[-1], s.p.a[l], s.p.z[l], s.t
    fault, scale = chosen.get("derivative"), loss.scale(*t.shape) * (len(t) if s.per_sample else 1)
    matched = loss.kind == "softmax" or (loss.kind == "binary" and f.name == "sigmoid")
    missed = "target" in chosen
    g: Array | None
    if matched:
        g = scale * (a if missed else error(loss, a, t))
    elif loss.kind == "binary":
        g = scale * (a - (0 if missed else t)) / (a * (1 - a))
    else:
        g = scale * (1 if loss.half else 2) * (a if missed else a - t)
    if matched and fault == "differentiated twice":
        g = g * s.prime(l)
    elif matched and fault == "differentiated twice, Jacobian" and f.name == "softmax":
        g = through(f, z, g)
    elif matched and fault is not None:
        return None
    elif not matched:
        if fault in ("differentiated twice", "differentiated twice, Jacobian"):
            return None
        if fault is None:
            g = through(f, z, g)
        elif fault == "diagonal of softmax":
            g = g * s.prime(l) if f.name == "softmax" else None
        else:
            factor = _derivative(s, l, fault, g.shape)
            g = None if factor is None else g * factor
    if "half" in chosen and (loss.kind != "squared" or loss.half != (chosen["half"] == "1/2 forgotten")):
        return None
    half = {None: 1.0, "1/2 forgotten": 2.0, "factor 2 missing": 0.5}[chosen.get("half")]
    mean = _mean(s, chosen.get("mean"))
    return None if g is None or mean is None else g * mean * half * (-1 if "sign" in chosen else 1)


def _derivative(s: Setting, l: int, fault: str | None, shape: tuple[int, ...]) -> Array | None:
    """The factor f'(z^l), or what stands in its place."""
    f = s.net.activations[l - 1]
    if fault in ("derivative one layer above", "activation of the layer above") and l == s.net.depth:
        return None
    if fault == "derivative one layer below" and l == 1:
        return None
    if fault == "ReLU'(0) = 1" and (f.name != "relu" or (s.p.z[l] != 0).all()):
        return None
    factors: Mapping[str | None, Callable[[], Array]] = {
        None: lambda: s.prime(l),
        "derivative missing": lambda: np.ones(shape),
        "f'(a) for f'(z)": lambda: s.prime(l, s.p.a[l]),
        "f for f'": lambda: f.f(s.p.z[l]),
        "derivative twice": lambda: s.prime(l) ** 2,
        "ReLU'(0) = 1": lambda: (s.p.z[l] >= 0) * 1.0,
        "derivative one layer above": lambda: s.prime(l + 1),
        "derivative one layer below": lambda: s.prime(l - 1),
        "activation of the layer above": lambda: s.prime(l + 1, s.p.z[l]),
    }
    factor = factors[fault]()
    return factor if factor.shape == shape else None


def _bp2(s: Setting, l: int, chosen: Mapping[str, str], w_above: Array | None = None) -> Array | None:
    weights, fault = s.net.weights, chosen.get("weights")
    delta = s.delta.get(l + 2 if "error" in chosen else l + 1)
    if fault == "weights one layer above" and l + 2 > s.net.depth:
        return None
    w = {
        "W for W^T": weights[l].T,
        "weights one layer below": weights[l - 1],
        "weights one layer above": weights[min(l + 1, s.net.depth - 1)],
    }.get(fault or "", weights[l] if w_above is None else w_above)
    shape = s.p.z[l].shape
    if delta is None or delta.shape[1] != w.shape[0] or w.shape[1] != shape[1]:
        return None
    factor = _derivative(s, l, chosen.get("derivative"), shape)
    mean = _mean(s, chosen.get("mean"))
    if factor is None or mean is None:
        return None
    return np.asarray((delta @ w) * factor * mean * (-1 if "sign" in chosen else 1))


def _summand(s: Setting, l: int, fault: str | None) -> Array | None:
    """The error that BP3 and BP4 take."""
    if fault == "derivative again":
        return s.delta[l] * s.prime(l)
    taken = s.delta.get({"error one layer above": l + 1, "error one layer below": l - 1}.get(fault or "", l))
    return taken if taken is not None and taken.shape == s.delta[l].shape else None


def _bp3(s: Setting, l: int, chosen: Mapping[str, str]) -> Array | None:
    delta, b, mean = _summand(s, l, chosen.get("error")), s.net.biases[l - 1], _mean(s, chosen.get("mean"))
    if delta is None or b is None or mean is None or ("decay" in chosen and not s.loss.decay):
        return None
    sums: Mapping[str | None, Callable[[Array], Array]] = {
        None: lambda d: d.sum(axis=0),
        "not summed": lambda d: d,
        "first sample only": lambda d: d[0],
        "last sample only": lambda d: d[-1],
        "summed over units": lambda d: d.sum(axis=1),
    }
    summed = sums[chosen.get("sum")](delta)
    if chosen.get("sum") == "summed over units" and summed.shape != b.shape:
        return None
    share = 1 / s.n if s.per_sample else 1.0
    decayed = s.loss.decay * b if "decay" in chosen else 0.0
    return np.asarray(summed * share * mean * (-1 if "sign" in chosen else 1) + decayed)


def _bp4(s: Setting, l: int, chosen: Mapping[str, str]) -> Array | None:
    w, fault = s.net.weights[l - 1], chosen.get("input")
    delta, mean = _summand(s, l, chosen.get("error")), _mean(s, chosen.get("mean"))
    if l == 1 and fault in ("input one layer below", "z for a"):
        return None
    inputs = {"own output for input": s.p.a[l], "input one layer below": s.p.a[l - 2], "z for a": s.p.z.get(l - 1)}
    a = inputs[fault] if fault else s.p.a[l - 1]
    if delta is None or mean is None or a is None or a.shape != s.p.a[l - 1].shape:
        return None
    kept = {None: slice(None), "first sample only": slice(1), "last sample only": slice(-1, None)}[chosen.get("sum")]
    decay = {
        None: 1.0, "L2 forgotten": 0.0, "L2 twice": 2.0, "L2 halved": 0.5, "L2 with wrong sign": -1.0,
        "L2 averaged": 1 / s.n,
    }[chosen.get("decay")]  # fmt: skip
    sign = chosen.get("sign")
    if not s.loss.decay and ("decay" in chosen or sign == "wrong sign before L2"):
        return None
    share = (1 / s.n if s.per_sample else 1.0) * mean * (-1 if sign else 1)
    out = delta[kept].T @ a[kept] * share + s.loss.decay * decay * w * (-1 if sign == "wrong sign" else 1)
    return out if "layout" not in chosen else out.T


def magnitude(s: Setting, eq: Equation, l: int) -> float:
    """The norm of the equation's terms without cancellation: what rounding is relative to.

    Rounding of z, where its terms cancel, moves a and f'(z) too; and a derivative such as a(1 - a) is exact to a few
    1e-16 only, so a saturated one counts as 1e-3 at least.
    """
    scale = s.loss.scale(*s.t.shape) * (s.n if s.per_sample else 1)
    share = 1 / s.n if s.per_sample else 1.0
    if eq == "BP1":
        terms = abs(s.p.a[l]) + abs(s.t)
        if s.loss.kind == "squared":
            return norm(scale * (1 if s.loss.half else 2) * terms * _slope(s, l))
        matched = s.loss.kind == "softmax" or s.net.activations[-1].name == "sigmoid"
        return norm(scale * terms if matched else bp1(s.net, s.loss, s.p.a[l], s.p.z[l], s.t))
    if eq == "BP2":
        return norm((abs(s.delta[l + 1]) @ abs(s.net.weights[l])) * _slope(s, l))
    if eq == "BP3":
        return norm(abs(s.delta[l]).sum(axis=0) * share)
    a = abs(s.p.a[l - 1])
    if l > 1:
        a = np.maximum(a, 1e-2 * _spread(s, l - 1) * abs(s.prime(l - 1)))
    return norm(abs(s.delta[l]).T @ a * share + s.loss.decay * abs(s.net.weights[l - 1]))


def _spread(s: Setting, l: int) -> Array:
    """The terms of z^l without cancellation; 1e-2 of it times 1e-13 is what rounding does to z^l."""
    bias = s.net.biases[l - 1]
    return np.asarray(abs(s.p.a[l - 1]) @ abs(s.net.weights[l - 1]).T + (0 if bias is None else abs(bias)))


def _slope(s: Setting, l: int) -> Array:
    least: Array = np.maximum(1e-3, 1e-2 * _spread(s, l))
    return np.asarray(np.maximum(abs(s.prime(l)), least))


# ---- Recognising


@dataclass(frozen=True)
class Guess:
    """Faults that give the student's value; eta is the learning rate where weights were updated first."""

    choice: Choice
    eta: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The faults by name."""
        return tuple(fault for _, fault in self.choice)


def choices(eq: Equation, faults: int) -> Iterator[Choice]:
    """All ways to fill that many slots wrongly."""
    slots = FAULTS[eq]
    for names in combinations(slots, faults):
        for picked in product(*(slots[name] for name in names)):
            yield tuple(zip(names, picked, strict=True))


def guessed(s: Setting, eq: Equation, l: int, guess: Guess) -> Array | None:
    """The value that the guess stands for."""
    if ("weights", "weights updated first") not in guess.choice:
        return value(s, eq, l, guess.choice)
    step = s.dW.get(l + 1)
    return None if step is None else value(s, eq, l, guess.choice, s.net.weights[l] - guess.eta * step)


def _fitted(s: Setting, l: int, choice: Choice, yours: Array) -> Guess | None:
    """The learning rate with which updated weights come closest to the student's error."""
    step = s.dW.get(l + 1)
    if step is None or yours.size < 2:
        return None
    base, slope = value(s, "BP2", l, choice), value(s, "BP2", l, choice, -step)
    if base is None or slope is None or base.shape != yours.shape or np.count_nonzero(slope) < 2:
        return None  # one number is fitted by any rate
    eta = float(((yours - base) * slope).sum() / (slope * slope).sum())
    return Guess(choice, eta) if 1e-7 < eta < 1e4 else None


@np.errstate(all="ignore")
def recognise(s: Setting, eq: Equation, l: int, yours: Array, rtol: float, faults: int = 2) -> list[Guess]:
    """The fewest faults that give `yours`: several guesses where this input cannot tell them apart, or none."""
    slack = 10 * rtol * magnitude(s, eq, l)
    for count in range(1, faults + 1):
        tried = (_tried(s, eq, l, choice, yours, rtol, slack) for choice in choices(eq, count))
        found = [guess for guess in tried if guess is not None]
        if found:
            plain = [guess for guess in found if not guess.eta]
            return plain or found
    return []


def _tried(s: Setting, eq: Equation, l: int, choice: Choice, yours: Array, rtol: float, slack: float) -> Guess | None:
    updated = ("weights", "weights updated first") in choice
    guess = _fitted(s, l, choice, yours) if updated else Guess(choice)
    given = None if guess is None else guessed(s, eq, l, guess)
    return guess if given is not None and close(yours, given, max(1e-10, 10 * rtol), slack) else None


def close(yours: Array, other: Array, rtol: float, slack: float = 0.0) -> bool:
    """Whether the two are equal normwise."""
    if yours.shape != other.shape:
        return False
    return norm(yours - other) <= rtol * norm(other) + slack


@np.errstate(all="ignore")
def hidden(s: Setting, eq: Equation, l: int, rtol: float = 1e-9) -> tuple[list[str], list[tuple[str, str]]]:
    """What this input cannot reveal: faults that change nothing, and pairs of faults that give the same value."""
    right = value(s, eq, l)
    if right is None:
        return [], []
    unseen: list[str] = []
    seen: list[tuple[str, Array]] = []
    twins: list[tuple[str, str]] = []
    for choice in choices(eq, 1):
        name = choice[0][1]
        given = guessed(s, eq, l, Guess(choice, 0.1))
        if given is None:
            continue
        if given.size == right.size and close(given.reshape(right.shape), right, rtol):
            unseen.append(name)
            continue
        twins += [(other, name) for other, theirs in seen if close(given, theirs, rtol)]
        seen.append((name, given))
    return unseen, twins


# ---- In words


def words(notation: Notation, s: Setting, eq: Equation, l: int, guess: Guess, lang: Language = "en") -> str:
    """The faults in a sentence, in the notation's symbols."""
    n, k = s.t.shape
    symbols = {
        "prime": notation.prime(l), "prime_a": notation.prime(l, "a"), "prime_below": notation.prime(l - 1),
        "prime_above": notation.prime(l + 1), "a": notation.a(l), "a_below": notation.a(l - 1),
        "a_below2": notation.a(l - 2), "z_below": notation.z(l - 1), "t": notation.symbols["t"],
        "W": notation.W(l), "W_above": notation.W(l + 1), "W_above2": notation.W(l + 2), "delta": notation.delta(l),
        "delta_above": notation.delta(l + 1), "delta_above2": notation.delta(l + 2),
        "delta_below": notation.delta(l - 1), "n": n, "k": k, "eta": guess.eta,
    }  # fmt: skip
    sentences = [FAULTS[eq][slot][fault][lang == "zh"].format(**symbols) for slot, fault in guess.choice]
    return ("; and " if lang == "en" else "；并且").join(sentences)


def formula(notation: Notation, eq: Equation, l: int, guess: Guess, lang: Language = "en") -> str:
    """What the student's value equals, as a formula."""
    chosen = dict(guess.choice)
    sign = "−" if "sign" in chosen else ""
    factor = {"sum for mean": "n ", "mean for sum": "1/n ", "1/2 forgotten": "2 ", "factor 2 missing": "1/2 "}
    lead = sign + factor.get(chosen.get("mean", ""), "") + factor.get(chosen.get("half", ""), "")
    prime = {
        "derivative missing": "", "f'(a) for f'(z)": notation.prime(l, "a"), "f for f'": notation.a(l),
        "derivative twice": f"{notation.prime(l)}²", "derivative one layer above": notation.prime(l + 1),
        "derivative one layer below": notation.prime(l - 1),
        "differentiated twice": f"{notation.a(l)}(1 − {notation.a(l)})",
        "activation of the layer above": f"f_above'({notation.z(l)})",
    }  # fmt: skip
    slope = prime.get(chosen.get("derivative", ""), notation.prime(l))
    if eq == "BP1":
        difference = notation.a(l) if "target" in chosen else f"({notation.a(l)} − {notation.symbols['t']})"
        return f"{lead}{difference}" + (f" ⊙ {slope}" if "derivative" in chosen and slope else "")
    if eq == "BP2":
        fault = chosen.get("weights", "")
        w = {"weights one layer below": notation.W(l), "weights one layer above": notation.W(l + 2)}.get(
            fault,
            notation.W(l + 1)
            + ((" (updated)" if lang == "en" else "（已更新）") if fault == "weights updated first" else ""),
        )
        delta = notation.delta(l + 2 if "error" in chosen else l + 1)
        back = notation.back(w, delta, fault != "W for W^T")
        return f"{lead}({back}) ⊙ {slope}" if slope else f"{lead}{back}"
    delta = {"error one layer above": notation.delta(l + 1), "error one layer below": notation.delta(l - 1)}.get(
        chosen.get("error", ""), notation.delta(l)
    ) + (f" ⊙ {notation.prime(l)}" if chosen.get("error") == "derivative again" else "")
    kept = {"first sample only": " of the first sample", "last sample only": " of the last sample"}
    if lang == "zh":
        kept = {"first sample only": "（只第一个样本）", "last sample only": "（只最后一个样本）"}
    tail = kept.get(chosen.get("sum", ""), "")
    if eq == "BP3":
        start = "" if chosen.get("sum") in ("not summed", *kept) else "Σ "
        return f"{lead}{start}{delta}{tail}" + (f" + λ {notation.b(l)}" if "decay" in chosen else "")
    a = {
        "own output for input": notation.a(l), "input one layer below": notation.a(l - 2), "z for a": notation.z(l - 1),
    }.get(chosen.get("input", ""), notation.a(l - 1))  # fmt: skip
    decay = {"L2 twice": " + 2λ", "L2 halved": " + λ/2", "L2 with wrong sign": " − λ", "L2 averaged": " + λ/n"}
    after = f"{decay[chosen['decay']]} {notation.W(l)}" if chosen.get("decay") in decay else ""
    return lead + notation.outer(delta, a, "layout" in chosen) + tail + after
