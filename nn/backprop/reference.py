"""Backpropagation by the documents' own equations BP1-BP4, in NumPy and without autodiff.

It is what an answer is held against.

Here samples are rows and W is out x in; layer l = 1..L has W^l, b^l, z^l = W^l a^(l-1) + b^l, a^l = f(z^l), a^0 = x.
`nn.backprop.notation` translates to and from the six notations of the documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

import autograd_core as ag
from nn.module import Module

Array = npt.NDArray[Any]  # of float64
Average = Literal["none", "samples", "elements"]


def norm(array: Array) -> float:
    """The Euclidean norm of all elements; squares that overflow or vanish do no harm.

    >>> norm(np.array([-3e200, 0.0]))
    3e+200
    """
    largest = float(np.max(np.abs(array), initial=0))
    return largest * float(np.linalg.norm(array / largest)) if 0 < largest < np.inf else largest


# ---- Activations


@dataclass(frozen=True)
class Activation:
    """An activation and its derivative, both functions of z; of softmax, the diagonal of the Jacobian."""

    name: str
    f: Callable[[Array], Array] = field(repr=False)
    prime: Callable[[Array], Array] = field(repr=False)


def _sigmoid(z: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -z)))


def _sigmoid_prime(z: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -z) - np.logaddexp(0, z)))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _gelu_cdf(z: Array) -> Array:
    return 0.5 * (1 + np.asarray(ag.erf(ag.tensor(z / np.sqrt(2))).numpy()))


ACTIVATIONS: dict[str, Activation] = {
    each.name: each
    for each in (
        Activation("identity", lambda z: z, np.ones_like),
        Activation("sigmoid", _sigmoid, _sigmoid_prime),
        Activation("tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        Activation("relu", lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),  # ReLU'(0) = 0: 004, PyTorch
        Activation("hardlogistic", lambda z: np.clip(z / 4 + 0.5, 0, 1), lambda z: (abs(z) < 2) / 4),
        Activation("hardtanh", lambda z: np.clip(z, -1, 1), lambda z: (abs(z) < 1) * 1.0),
        Activation("silu", lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) + z * _sigmoid_prime(z)),
        Activation(
            "gelu",
            lambda z: z * _gelu_cdf(z),
            lambda z: _gelu_cdf(z) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi),
        ),
        Activation("softmax", _softmax, lambda z: _softmax(z) * (1 - _softmax(z))),
    )
}


def leaky_relu(slope: float = 0.01) -> Activation:
    """max(z, 0) + slope * min(z, 0): LeakyReLU, and PReLU at a fixed slope."""
    return Activation("leaky_relu", lambda z: np.where(z > 0, z, slope * z), lambda z: np.where(z > 0, 1.0, slope))


def elu(gamma: float = 1.0) -> Activation:
    """ELU with the documents' gamma."""
    return Activation(
        "elu",
        lambda z: np.where(z > 0, z, gamma * np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1.0, gamma * np.exp(np.minimum(z, 0))),
    )


def softplus(beta: float = 1.0, threshold: float = np.inf) -> Activation:
    """log(1 + e^(beta z)) / beta; z itself where beta z > threshold, as in PyTorch."""
    return Activation(
        "softplus",
        lambda z: np.where(beta * z > threshold, z, np.logaddexp(0, beta * z) / beta),
        lambda z: np.where(beta * z > threshold, 1.0, _sigmoid(beta * z)),
    )


def swish(beta: float = 1.0) -> Activation:
    """Swish, z sigma(beta z), with the documents' beta."""
    return Activation(
        "swish",
        lambda z: z * _sigmoid(beta * z),
        lambda z: _sigmoid(beta * z) + beta * z * _sigmoid_prime(beta * z),
    )


ACTIVATIONS |= {each.name: each for each in (leaky_relu(), elu(), softplus(), swish())}
ACTIVATIONS["logistic"] = ACTIVATIONS["sigmoid"]


def activation(given: str | Activation) -> Activation:
    """The activation of that name."""
    if isinstance(given, Activation):
        return given
    if given.lower() in ACTIVATIONS:
        return ACTIVATIONS[given.lower()]
    raise ValueError(f"activation {given!r} is not known; there are {', '.join(ACTIVATIONS)}, or pass an Activation")


# ---- The net


@dataclass(frozen=True)
class Net:
    """A feed-forward net: per layer W (out x in), b (out) or None, and an activation.

    >>> Net.random([3, 4, 2], seed=0).sizes
    (3, 4, 2)
    """

    weights: tuple[Array, ...]
    biases: tuple[Array | None, ...]
    activations: tuple[Activation, ...]

    def __post_init__(self) -> None:
        for l, (below, above) in enumerate(zip(self.weights, self.weights[1:], strict=False), start=1):
            if above.shape[1] != below.shape[0]:
                raise ValueError(
                    f"W^{l} {below.shape} and W^{l + 1} {above.shape} do not fit: W is out x in here, and the layer "
                    f"above must take {below.shape[0]} values; transpose matrices that are in x out"
                )

    @property
    def depth(self) -> int:
        """L, the number of layers that have weights."""
        return len(self.weights)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of inputs, then of the units of each layer."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @classmethod
    def random(
        cls,
        sizes: Sequence[int],
        activations: str | Sequence[str | Activation] = "sigmoid",
        *,
        seed: int | np.random.Generator = 0,
        bias: bool = True,
    ) -> Net:
        """Weights and biases from N(0, 1); one activation for all layers, or one each."""
        rng = np.random.default_rng(seed)
        names = [activations] * (len(sizes) - 1) if isinstance(activations, str) else list(activations)
        pairs = list(pairwise(sizes))
        weights = tuple(rng.normal(size=(fan_out, fan_in)) for fan_in, fan_out in pairs)
        biases = tuple(rng.normal(size=fan_out) if bias else None for _, fan_out in pairs)
        return cls(weights, biases, tuple(activation(name) for name in names))

    @classmethod
    def of(cls, model: Any, activations: str | Sequence[str | Activation] = "sigmoid") -> Net:
        """From an nn.Sequential of Linear and activations, from Nielsen's Network (anything with lists `weights` and
        `biases`), or from a list of weights in x out, as in 002.

        >>> Net.of(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))).activations[0].name
        'tanh'
        """
        if isinstance(model, Net):
            return model
        if isinstance(model, Module):
            return _of_module(model)
        if hasattr(model, "weights") and hasattr(model, "biases"):
            weights = [_numbers(w) for w in model.weights]
            biases: list[Array | None] = [_numbers(b).reshape(-1) for b in model.biases]
        else:
            weights = [np.atleast_2d(_numbers(w)).T for w in model]
            biases = [None] * len(weights)
        names = [activations] * len(weights) if isinstance(activations, str) else list(activations)
        return cls(tuple(weights), tuple(biases), tuple(activation(name) for name in names))

    def ending_in(self, name: str) -> Net:
        """This net with another activation in its last layer."""
        return replace(self, activations=(*self.activations[:-1], activation(name)))


_MODULES: dict[str, Callable[[Any], Activation]] = {
    "Identity": lambda m: ACTIVATIONS["identity"],
    "Sigmoid": lambda m: ACTIVATIONS["sigmoid"],
    "Tanh": lambda m: ACTIVATIONS["tanh"],
    "ReLU": lambda m: ACTIVATIONS["relu"],
    "SiLU": lambda m: ACTIVATIONS["silu"],
    "GELU": lambda m: ACTIVATIONS["gelu"],
    "Softmax": lambda m: ACTIVATIONS["softmax"],
    "LogSoftmax": lambda m: ACTIVATIONS["softmax"],  # before NLLLoss: together softmax cross-entropy
    "LeakyReLU": lambda m: leaky_relu(m.negative_slope),
    "ELU": lambda m: elu(m.alpha),
    "Softplus": lambda m: softplus(m.beta, m.threshold),
}


def _in_sequence(module: Module) -> Iterator[Module]:
    """The layers in the order in which they are applied, which only a Sequential tells; one may occur twice."""
    if type(module).__name__ == "Sequential":
        for child in cast("Iterable[Module]", module):
            yield from _in_sequence(child)
    else:
        yield module


def _of_module(model: Module) -> Net:
    weights: list[Array] = []
    biases: list[Array | None] = []
    activations: list[Activation] = []
    for module in _in_sequence(model):
        kind = type(module).__name__
        if kind == "Linear":
            if len(activations) < len(weights):
                activations.append(ACTIVATIONS["identity"])
            linear: Any = module
            weights.append(_numbers(linear.weight))
            biases.append(None if linear.bias is None else _numbers(linear.bias))
        elif kind == "GELU" and getattr(module, "approximate", "none") != "none":
            raise ValueError("backprop: GELU with approximate='tanh' has no formula here; use nn.GELU()")
        elif kind in _MODULES and len(activations) < len(weights):
            activations.append(_MODULES[kind](module))
        elif kind == "Dropout" and not (module.training and getattr(module, "p", None)):
            continue
        elif kind not in ("Flatten", "Identity"):
            raise ValueError(
                f"backprop: {kind} is not a layer of a Sequential of Linear layers and activations; "
                "put a model with Dropout into eval(), or use ag.compare_gradients, which takes any function"
            )
    if not weights:
        raise ValueError("backprop: the model has no Linear layer")
    if len(activations) < len(weights):
        activations.append(ACTIVATIONS["identity"])
    return Net(tuple(weights), tuple(biases), tuple(activations))


def _numbers(values: Any) -> Array:
    return np.array(values.detach().numpy() if hasattr(values, "detach") else values, dtype=np.float64)


# ---- The cost


@dataclass(frozen=True)
class Loss:
    """The cost J: squared error, binary or softmax cross-entropy, summed or averaged, with L2 on the weights.

    half: squared error as 1/2 (a - t)^2 (000, 001, 003). average: "none" sums over samples and units, "samples"
    divides by the number n of samples, "elements" also by the number of output units (PyTorch's MSELoss and BCELoss).
    decay: lambda of J + lambda/2 sum W^2 (004; biases are not decayed).
    """

    kind: Literal["squared", "binary", "softmax"]
    half: bool = False
    average: Average = "none"
    decay: float = 0.0

    @classmethod
    def of(cls, given: Any, decay: float = 0.0) -> Loss:
        """From a Loss, an nn loss module, or a name: "half", "squared", "mse", "binary", "softmax".

        >>> Loss.of(nn.CrossEntropyLoss(reduction="sum"))
        Loss(kind='softmax', half=False, average='none', decay=0.0)
        """
        if isinstance(given, Loss):
            return replace(given, decay=decay) if decay else given
        if isinstance(given, str):
            if given not in NAMED:
                raise ValueError(f"loss {given!r} is not known; there are {', '.join(NAMED)}, or pass a Loss")
            return replace(NAMED[given], decay=decay)
        kind = type(given).__name__
        named: dict[str, tuple[Any, Average]] = {
            "MSELoss": ("squared", "elements"),
            "BCELoss": ("binary", "elements"),
            "BCEWithLogitsLoss": ("binary", "elements"),
            "CrossEntropyLoss": ("softmax", "samples"),
            "NLLLoss": ("softmax", "samples"),
        }
        plain = getattr(given, "weight", None) is None and not getattr(given, "label_smoothing", 0)
        if (
            kind not in named
            or given.reduction == "none"
            or not plain
            or getattr(given, "pos_weight", None) is not None
        ):
            raise ValueError(
                f"backprop: {given!r} has no hand-derived counterpart here; use MSELoss, BCELoss, BCEWithLogitsLoss or "
                'CrossEntropyLoss with reduction "sum" or "mean" and without weights, or a Loss'
            )
        return cls(named[kind][0], False, "none" if given.reduction == "sum" else named[kind][1], decay)

    def scale(self, n: int, units: int) -> float:
        """What the sum over samples and units is multiplied by."""
        return {"none": 1.0, "samples": 1.0 / n, "elements": 1.0 / (n * units)}[self.average]

    def cost(self, net: Net, z: Array, t: Array) -> float:
        """J, from the net input z of the last layer."""
        a = net.activations[-1].f(z)
        if self.kind == "squared":
            total = float(((a - t) ** 2).sum()) * (0.5 if self.half else 1.0)
        elif self.kind == "softmax":
            total = -float((t * (z - np.logaddexp.reduce(z, axis=1, keepdims=True))).sum())
        elif net.activations[-1].name == "sigmoid":
            total = float((t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)).sum())
        else:
            total = -float((t * np.log(a) + (1 - t) * np.log1p(-a)).sum())
        return total * self.scale(*t.shape) + self.decay / 2 * sum(float((w * w).sum()) for w in net.weights)


NAMED = {
    "half": Loss("squared", half=True),
    "squared": Loss("squared"),
    "mse": Loss("squared", average="elements"),
    "binary": Loss("binary"),
    "softmax": Loss("softmax"),
}


def fitted(model: Any, loss: Any, activations: Any = "sigmoid", decay: float = 0.0) -> tuple[Net, Loss]:
    """The net and the cost, with the softmax or sigmoid that a cross-entropy of logits includes."""
    net, cost = Net.of(model, activations), Loss.of(loss, decay)
    if cost.kind == "softmax" and net.activations[-1].name != "softmax":
        if net.activations[-1].name != "identity" and isinstance(model, Module | Net):
            raise ValueError(f"softmax cross-entropy of a last layer with {net.activations[-1].name}: leave it linear")
        net = net.ending_in("softmax")
    if type(loss).__name__ == "BCEWithLogitsLoss" or (cost.kind == "binary" and net.activations[-1].name == "identity"):
        net = net.ending_in("sigmoid")
    if any(each.name == "softmax" for each in net.activations[:-1]):
        raise ValueError("softmax inside the net: BP2 is element by element; softmax stands in the last layer only")
    return net, cost


# ---- The equations


@dataclass
class Pass:
    """Forward and backward through a net: a[0..L], and by layer z, delta, dW, db (None without a bias)."""

    cost: float
    a: list[Array]
    z: dict[int, Array]
    delta: dict[int, Array] = field(default_factory=dict)
    dW: dict[int, Array] = field(default_factory=dict)  # noqa: N815 - the field's name for it
    db: dict[int, Array] = field(default_factory=dict)


def forward(net: Net, loss: Loss, x: Array, t: Array, nudge: Mapping[int, Array] | None = None) -> Pass:
    """z and a of every layer; `nudge` is added to z, for differences."""
    a, z = [x], {}
    for l, (w, b, f) in enumerate(zip(net.weights, net.biases, net.activations, strict=True), start=1):
        z[l] = a[-1] @ w.T + (0 if b is None else b) + (nudge or {}).get(l, 0)
        a.append(f.f(z[l]))
    return Pass(loss.cost(net, z[net.depth], t), a, z)


def error(loss: Loss, a: Array, t: Array) -> Array:
    """a - t; with targets that are no distribution, softmax cross-entropy weighs a by their sum."""
    return a * t.sum(axis=1, keepdims=True) - t if loss.kind == "softmax" else a - t


def through(f: Activation, z: Array, g: Array) -> Array:
    """g (dC/da) times da/dz: element by element, or by softmax's Jacobian."""
    if f.name != "softmax":
        return g * f.prime(z)
    a = f.f(z)
    return np.asarray(a * (g - (g * a).sum(axis=1, keepdims=True)))


def bp1(net: Net, loss: Loss, a: Array, z: Array, t: Array) -> Array:
    """BP1: delta^L = dJ/da^L * f'(z^L); where cross-entropy meets its own activation, (a - t)."""
    f, scale = net.activations[-1], loss.scale(*t.shape)
    if loss.kind == "squared":
        return through(f, z, (1 if loss.half else 2) * scale * (a - t))
    if loss.kind == "softmax" or f.name == "sigmoid":
        return scale * error(loss, a, t)
    return through(f, z, scale * (a - t) / (a * (1 - a)))


def bp2(w_above: Array, delta_above: Array, prime: Array) -> Array:
    """BP2: delta^l = (W^(l+1))^T delta^(l+1) * f'(z^l)."""
    return np.asarray((delta_above @ w_above) * prime)


def bp3(delta: Array) -> Array:
    """BP3: db^l = sum over the samples of delta^l."""
    return np.asarray(delta.sum(axis=0))


def bp4(delta: Array, a_below: Array, w: Array, decay: float = 0.0) -> Array:
    """BP4: dW^l = sum over the samples of delta^l (a^(l-1))^T, + lambda W^l."""
    return np.asarray(delta.T @ a_below + decay * w)


def backprop(net: Net, loss: Loss, x: Array, t: Array) -> Pass:
    """The whole pass by BP1-BP4.

    >>> net = Net.random([2, 3, 1])
    >>> by_hand = backprop(net, Loss.of("half"), np.ones((1, 2)), np.zeros((1, 1)))
    >>> by_differences = differences(net, Loss.of("half"), np.ones((1, 2)), np.zeros((1, 1)))
    >>> bool(np.allclose(by_hand.dW[1], by_differences.dW[1], atol=1e-8))
    True
    """
    p = forward(net, loss, x, t)
    for l in range(net.depth, 0, -1):
        if l == net.depth:
            p.delta[l] = bp1(net, loss, p.a[l], p.z[l], t)
        else:
            p.delta[l] = bp2(net.weights[l], p.delta[l + 1], net.activations[l - 1].prime(p.z[l]))
        p.dW[l] = bp4(p.delta[l], p.a[l - 1], net.weights[l - 1], loss.decay)
        if net.biases[l - 1] is not None:
            p.db[l] = bp3(p.delta[l])
    return p


def differences(net: Net, loss: Loss, x: Array, t: Array, eps: float = 1e-5) -> Pass:
    """delta, dW and db by central differences of the cost: the check of the reference itself, to about 1e-9."""

    def slope(shape: tuple[int, ...], cost: Callable[[Array], float]) -> Array:
        out, step = np.zeros(shape), np.zeros(shape)
        for i in np.ndindex(shape):
            step[i] = eps
            out[i] = (cost(step) - cost(-step)) / (2 * eps)
            step[i] = 0
        return out

    def nudged(l: int, step: Array) -> float:
        return forward(net, loss, x, t, {l: step}).cost

    def moved(l: int, which: str, step: Array) -> float:
        values: list[Any] = list(getattr(net, which))
        values[l - 1] = values[l - 1] + step
        return forward(replace(net, **{which: tuple(values)}), loss, x, t).cost

    p = forward(net, loss, x, t)
    for l in range(1, net.depth + 1):
        p.delta[l] = slope(p.z[l].shape, partial(nudged, l))
        p.dW[l] = slope(net.weights[l - 1].shape, partial(moved, l, "weights"))
        bias = net.biases[l - 1]
        if bias is not None:
            p.db[l] = slope(bias.shape, partial(moved, l, "biases"))
    return p
