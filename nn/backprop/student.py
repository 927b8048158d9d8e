"""A student: backpropagation written sample by sample in columns, as the documents do, with mistakes on request.

Independent of `mistakes`, whose formulas it is a test of; exercises and the measurement plant mistakes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from .mistakes import Equation
from .reference import Array, Loss, Net

Plan = Mapping[tuple[Equation, int], Collection[str]]  # the mistakes made in an equation at a layer


class Impossible(ValueError):
    """The shapes do not allow this mistake, or it has no meaning with this cost."""


@dataclass
class Derivation:
    """What a student hands in."""

    delta: dict[int, Array] = field(default_factory=dict)
    dW: dict[int, Array] = field(default_factory=dict)  # noqa: N815 - the field's name for it
    db: dict[int, Array] = field(default_factory=dict)


def derive(net: Net, loss: Loss, x: Array, t: Array, plan: Plan | None = None, eta: float = 0.3) -> Derivation:
    """A derivation that makes the planned mistakes, one sample after the other.

    >>> from .compare import compare
    >>> net, x, t = Net.random([3, 4, 2]), np.eye(3), np.eye(3)[:, :2]
    >>> wrong = derive(net, Loss.of("half"), x, t, {("BP2", 1): ["derivative missing"]})
    >>> compare(net, "half", x, t, delta=wrong.delta, dW=wrong.dW, db=wrong.db).first.guesses[0].names
    ('derivative missing',)
    """
    return _Student(net, loss, x, t, plan or {}, eta).derive()


class _Student:
    def __init__(self, net: Net, loss: Loss, x: Array, t: Array, plan: Plan, eta: float) -> None:
        self.net, self.loss, self.plan, self.eta = net, loss, plan, eta
        self.n, self.k = t.shape
        self.ys = [row[:, None] for row in t]
        self.zs: list[list[Array]] = []  # by sample, then by layer; zs[i][0] is not used
        self.acts: list[list[Array]] = []
        for row in x:
            a = row[:, None]
            zs, acts = [a], [a]
            for w, b, f in zip(net.weights, net.biases, net.activations, strict=True):
                z = np.dot(w, a) + (0 if b is None else b[:, None])
                a = f.f(z.T).T
                zs.append(z)
                acts.append(a)
            self.zs.append(zs)
            self.acts.append(acts)

    def prime(self, l: int, of: Array) -> Array:
        if not 1 <= l <= self.net.depth:
            raise Impossible(f"there is no layer {l}")
        return np.asarray(self.net.activations[l - 1].prime(of.T).T)

    def derive(self) -> Derivation:
        out, depth = Derivation(), self.net.depth
        deltas: dict[int, list[Array]] = {}
        for l in range(depth, 0, -1):
            if l == depth:
                deltas[l] = [self.output(i, set(self.plan.get(("BP1", l), ()))) for i in range(self.n)]
            else:
                planned = set(self.plan.get(("BP2", l), ()))
                deltas[l] = [self.hidden(i, l, planned, deltas, out) for i in range(self.n)]
            out.delta[l] = np.array([d[:, 0] for d in deltas[l]])
            out.dW[l] = self.weight_gradient(l, set(self.plan.get(("BP4", l), ())), deltas)
        for l in range(depth, 0, -1):  # once all errors are there, so that a wrong index can find one below
            if ("BP4", l) in self.plan:
                out.dW[l] = self.weight_gradient(l, set(self.plan["BP4", l]), deltas)
            if self.net.biases[l - 1] is not None:
                out.db[l] = self.bias_gradient(l, set(self.plan.get(("BP3", l), ())), deltas)
        return out

    def output(self, i: int, planned: set[str]) -> Array:
        l, a, y = self.net.depth, self.acts[i][-1], self.ys[i]
        kind, softmax = self.loss.kind, self.net.activations[-1].name == "softmax"
        g = a if "target missing" in planned else a * y.sum() - y if kind == "softmax" else a - y
        if kind == "squared":
            halved = self.loss.half != ("1/2 forgotten" in planned)
            if ("factor 2 missing" if self.loss.half else "1/2 forgotten") in planned:
                raise Impossible("the cost has no such factor")
            g = g * (1 if halved or "factor 2 missing" in planned else 2)
            if "derivative missing" in planned:
                pass
            elif softmax and "diagonal of softmax" not in planned:
                g = (np.diag(a[:, 0]) - np.dot(a, a.T)) @ g
            else:
                slope = self.slope(i, l, planned)
                if slope.shape != g.shape:
                    raise Impossible("shapes")
                g = g * slope
        elif "differentiated twice" in planned:
            g = g * a * (1 - a)
        elif "differentiated twice, Jacobian" in planned:
            if not softmax:
                raise Impossible("sigmoid has no Jacobian off the diagonal")
            g = (np.diag(a[:, 0]) - np.dot(a, a.T)) @ g
        elif planned & {"1/2 forgotten", "factor 2 missing"}:
            raise Impossible("cross-entropy has no such factor")
        if ("mean over units" if self.loss.average == "elements" else "not over units") in planned:
            raise Impossible("the cost is not so averaged")
        divisor = {"none": 1, "samples": self.n, "elements": self.n * self.k}[self.loss.average]
        if "sum for mean" in planned:
            divisor = divisor / self.n
        if "mean for sum" in planned:
            divisor = divisor * self.n
        if "mean over units" in planned:
            divisor = divisor * self.k
        if "not over units" in planned:
            divisor = divisor / self.k
        return np.asarray(g / divisor * (-1 if "wrong sign" in planned else 1))

    def slope(self, i: int, l: int, planned: set[str]) -> Array:
        zs, acts = self.zs[i], self.acts[i]
        if "derivative missing" in planned:
            return np.ones_like(zs[l])
        if "f'(a) for f'(z)" in planned:
            return self.prime(l, acts[l])
        if "f for f'" in planned:
            return acts[l]
        if "ReLU'(0) = 1" in planned:
            if self.net.activations[l - 1].name != "relu":
                raise Impossible("no ReLU")
            return (zs[l] >= 0) * 1.0
        if "derivative twice" in planned:
            return self.prime(l, zs[l]) * self.prime(l, zs[l])
        if "derivative one layer above" in planned:
            return self.prime(l + 1, zs[l + 1])
        if "derivative one layer below" in planned:
            return self.prime(l - 1, zs[l - 1])
        if "activation of the layer above" in planned:
            return self.prime(l + 1, zs[l])
        return self.prime(l, zs[l])

    def hidden(self, i: int, l: int, planned: set[str], deltas: Mapping[int, list[Array]], out: Derivation) -> Array:
        weights = self.net.weights
        w, delta = weights[l], deltas[l + 1][i]
        if "error one layer above" in planned:
            delta = self.at(deltas, l + 2)[i]
        if "weights one layer below" in planned:
            w = weights[l - 1]
        if "weights one layer above" in planned:
            if l + 1 >= len(weights):
                raise Impossible("no weights above")
            w = weights[l + 1]
        if "weights updated first" in planned:
            if "error one layer below" in self.plan.get(("BP4", l + 1), ()):
                raise Impossible("a step cannot use an error that comes after it")
            if out.dW[l + 1].shape != w.shape:
                raise Impossible("a step by a transposed gradient")
            w = w - self.eta * out.dW[l + 1]
        back = w if "W for W^T" in planned else w.T
        if back.shape[1] != len(delta):
            raise Impossible(f"shapes {back.shape} and {delta.shape}")
        slope, g = self.slope(i, l, planned), np.dot(back, delta)
        if g.shape != self.zs[i][l].shape or slope.shape != g.shape:
            raise Impossible("shapes")
        scale = self.n if "sum for mean" in planned else 1 / self.n if "mean for sum" in planned else 1
        return np.asarray(g * slope * scale * (-1 if "wrong sign" in planned else 1))

    @staticmethod
    def at(deltas: Mapping[int, list[Array]], l: int) -> list[Array]:
        if l not in deltas:
            raise Impossible(f"there is no error of layer {l}")
        return deltas[l]

    def error(self, l: int, planned: set[str], deltas: Mapping[int, list[Array]]) -> list[Array]:
        which = l + 1 if "error one layer above" in planned else l - 1 if "error one layer below" in planned else l
        if which == l - 1 and which in self.net_layers and which not in deltas:
            which = l  # comes later: the first round needs some value only
        found = self.at(deltas, which)
        if found[0].shape != deltas[l][0].shape:
            raise Impossible("shapes")
        if "derivative again" in planned:
            found = [d * self.prime(l, self.zs[i][l]) for i, d in enumerate(found)]
        if "first sample only" in planned:
            return found[:1]
        return found[-1:] if "last sample only" in planned else found

    @property
    def net_layers(self) -> range:
        return range(1, self.net.depth + 1)

    def share(self, planned: set[str]) -> float:
        share = float(self.n) if "sum for mean" in planned else 1 / self.n if "mean for sum" in planned else 1.0
        return -share if planned & {"wrong sign", "wrong sign before L2"} else share

    def bias_gradient(self, l: int, planned: set[str], deltas: Mapping[int, list[Array]]) -> Array:
        found, b = self.error(l, planned, deltas), self.net.biases[l - 1]
        assert b is not None
        if "not summed" in planned:
            return np.array([d[:, 0] for d in found]) * self.share(planned)
        if "summed over units" in planned:
            total = np.array([d.sum() for d in found])
            if total.shape != b.shape:
                raise Impossible("shapes")
        else:
            total = np.zeros_like(b)
            for d in found:
                total += d[:, 0]
        if "L2 on the bias" in planned and not self.loss.decay:
            raise Impossible("no L2")
        return total * self.share(planned) + (self.loss.decay * b if "L2 on the bias" in planned else 0)

    def weight_gradient(self, l: int, planned: set[str], deltas: Mapping[int, list[Array]]) -> Array:
        found, w, decay = self.error(l, planned, deltas), self.net.weights[l - 1], self.loss.decay
        start = self.n - 1 if "last sample only" in planned else 0
        total = np.zeros_like(w)
        for i, d in enumerate(found, start=start):
            a = self.acts[i][l - 1]
            if "own output for input" in planned:
                a = self.acts[i][l]
            elif planned & {"input one layer below", "z for a"} and l == 1:
                raise Impossible("the input has nothing below")
            elif "input one layer below" in planned:
                a = self.acts[i][l - 2]
            elif "z for a" in planned:
                a = self.zs[i][l - 1]
            g = np.dot(d, a.T)
            if g.shape != w.shape:
                raise Impossible("shapes")
            total += g
        factors = {
            "L2 forgotten": 0.0, "L2 twice": 2.0, "L2 halved": 0.5, "L2 with wrong sign": -1.0,
            "L2 averaged": 1 / self.n,
        }  # fmt: skip
        mine = [name for name in factors if name in planned]
        if (mine or "wrong sign before L2" in planned) and not decay:
            raise Impossible("no L2")
        decayed = decay * (factors[mine[0]] if mine else 1.0) * w
        out = total * self.share(planned) + (-decayed if "wrong sign" in planned else decayed)
        return out.T if "dW transposed" in planned else out
