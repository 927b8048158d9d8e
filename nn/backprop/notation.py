"""The six notations of the documents: symbols, layer numbers, shapes, equations and wording, in English and Chinese.

Everything else in this package counts layers l = 1..L (as 000 does at first), with samples as rows and W out x in.
A notation says by how much its numbers differ, which way its matrices lie, and how it writes an equation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .reference import Array, Loss, Net, Pass

Language = Literal["en", "zh"]
Quantity = Literal["delta", "dW", "db"]
QUANTITIES: tuple[Quantity, ...] = ("delta", "dW", "db")


@dataclass(frozen=True)
class Notation:
    """One way to write backpropagation."""

    name: str
    title: Mapping[Language, str]
    units: int  # added to l in delta, z, a
    weights: int  # added to l in W and b
    columns: bool  # a sample is a column
    in_out: bool  # W is in x out
    symbols: Mapping[str, str]
    power: str  # how the layer is written
    error_word: Mapping[Language, str]

    def _of(self, symbol: str, number: int) -> str:
        return self.symbols.get(symbol, symbol) + self.power.format(number)

    def delta(self, l: int) -> str:
        """The error of layer l, as this notation numbers it."""
        return self._of("delta", l + self.units)

    def z(self, l: int) -> str:
        """The net input."""
        return self._of("z", l + self.units)

    def a(self, l: int) -> str:
        """The output; of layer 0, the input."""
        return self._of("a", l + self.units)

    def W(self, l: int) -> str:  # noqa: N802 - the field's name
        """The weights of layer l."""
        return self._of("W", l + self.weights)

    def b(self, l: int) -> str:
        """The biases of layer l."""
        return self._of("b", l + self.weights)

    def prime(self, l: int, of: Literal["z", "a"] = "z") -> str:
        """The derivative of the activation."""
        return f"{self.symbols['f']}'({self.z(l) if of == 'z' else self.a(l)})"

    def grad(self, quantity: Quantity, l: int) -> str:
        """delta, dW or db of layer l."""
        if quantity == "delta":
            return self.delta(l)
        return self.symbols["grad"].format(self.W(l) if quantity == "dW" else self.b(l), l + self.weights)

    def back(self, w: str, delta: str, transposed: bool = True) -> str:
        """The errors of the layer above brought back through its weights."""
        if self.name == "jason":
            return f"Σ_k {delta}_k {w}_{'jk' if transposed else 'kj'}"
        t = f"({w})^T" if transposed else w
        return f"{t} {delta}" if self.columns or self.name == "nn" else f"{delta} {t}"

    def outer(self, delta: str, a: str, transposed: bool = False) -> str:
        """The product of error and input in BP4."""
        if self.name == "jason":
            return f"{a}_j {delta}_i" if transposed else f"{a}_i {delta}_j"
        return f"({a})^T {delta}" if (not self.columns and self.name != "nn") != transposed else f"{delta} ({a})^T"

    def number(self, quantity: Quantity, l: int) -> int:
        """This notation's number of layer l."""
        return l + (self.units if quantity == "delta" else self.weights)

    def layer(self, quantity: Quantity, number: int) -> int:
        """The layer l = 1..L that this notation gives that number."""
        return number - (self.units if quantity == "delta" else self.weights)

    def equations(self, lang: Language = "en") -> list[str]:
        """BP1-BP4 as the document writes them.

        >>> NOTATIONS["nielsen"].equations()[1]
        'BP2 the error of a layer from the next: δ^l = ((w^(l+1))^T δ^(l+1)) ⊙ σ′(z^l)'
        """
        heads = _HEADS[lang]
        return [
            f"BP{i} {head.format(self.error_word[lang])}: {line}"
            for i, (head, line) in enumerate(zip(heads, _EQUATIONS[self.name], strict=True), start=1)
        ]

    def present(self, p: Pass) -> dict[str, Array]:
        """delta, dW and db of a pass under this notation's names and in its shapes.

        >>> net = Net.random([3, 4, 2])
        >>> from .reference import backprop
        >>> p = backprop(net, Loss("squared", half=True), np.ones((1, 3)), np.zeros((1, 2)))
        >>> {name: value.shape for name, value in NOTATIONS["nielsen"].present(p).items() if name != "delta2"}
        {'delta3': (2, 1), 'dW2': (4, 3), 'dW3': (2, 4), 'db2': (4, 1), 'db3': (2, 1)}
        """
        out: dict[str, Array] = {}
        for l, delta in sorted(p.delta.items()):
            out[f"delta{self.number('delta', l)}"] = delta.T if self.columns else delta
        for l, dw in sorted(p.dW.items()):
            out[f"dW{self.number('dW', l)}"] = dw.T if self.in_out else dw
        for l, db in sorted(p.db.items()):
            out[f"db{self.number('db', l)}"] = db[:, None] if self.columns else db
        return out

    def worked(
        self, net: Net, loss: Loss, p: Pass, t: Array, equation: str, l: int, unit: int = 0, other: int = 0, at: int = 0
    ) -> str:
        """One element by numbers: delta of `unit` in sample `at`, db of `unit`, or dW from `other` to `unit`."""
        i, j, n = unit + 1, other + 1, len(t)

        def w(l: int, to: int, of: int) -> str:
            pair = f"{of}{to}" if self.in_out else f"{to}{of}"
            return f"{self.symbols['W'].lower()}_{pair}{self.power.format(l + self.weights)}"

        def at_unit(symbol: str, l: int, k: int) -> str:
            return f"{self.symbols[symbol]}_{k}{self.power.format(l + self.units)}"

        f = self.symbols["f"]
        slope = f"{f}'({at_unit('z', l, i)})"
        if equation == "BP1":
            a, y, d = p.a[l][at, unit], t[at, unit], p.delta[l][at, unit]
            left = f"{at_unit('delta', l, i)} = "
            c = loss.scale(*t.shape) * (2 if loss.kind == "squared" and not loss.half else 1)
            factor, number = ("", "") if c == 1 else (f"{c:.6g} ", f"{c:.6g} × ")
            difference = f"({at_unit('a', l, i)} − {self.symbols['t']}_{i})"
            if loss.kind != "squared":
                return f"{left}{factor}{difference} = {number}({a:.6g} − {y:.6g}) = {d:.9g}"
            if net.activations[-1].name == "softmax":
                return f"{left}Σ_k ∂J/∂a_k ∂a_k/∂z_{i} = {d:.9g}"
            value = net.activations[-1].prime(p.z[l])[at, unit]
            return f"{left}{factor}{difference} {slope} = {number}({a:.6g} − {y:.6g}) × {value:.6g} = {d:.9g}"
        if equation == "BP2":
            above, weights = p.delta[l + 1][at], net.weights[l][:, unit]
            ks = range(len(above))
            sums = " + ".join(f"{w(l + 1, k + 1, i)} {at_unit('delta', l + 1, k + 1)}" for k in ks)
            numbers = " + ".join(f"({weights[k]:.6g})({above[k]:.6g})" for k in ks)
            value = net.activations[l - 1].prime(p.z[l])[at, unit]
            return (
                f"{at_unit('delta', l, i)} = ({sums}) {slope} = ({numbers}) × {value:.6g} = {p.delta[l][at, unit]:.9g}"
            )
        over = f"Σ_x {at_unit('delta', l, i)}" if n > 1 else at_unit("delta", l, i)
        if equation == "BP3":
            name = self.symbols["grad"].format(f"{self.symbols['b']}_{i}{self.power.format(l + self.weights)}", l)
            return f"{name} = {over} = {' + '.join(f'({d:.6g})' for d in p.delta[l][:, unit])} = {p.db[l][unit]:.9g}"
        name = self.symbols["grad"].format(w(l, i, j), l)
        terms = " + ".join(
            f"({d:.6g})({a:.6g})" for d, a in zip(p.delta[l][:, unit], p.a[l - 1][:, other], strict=True)
        )
        decayed, number = (
            (f" + λ {w(l, i, j)}", f" + {loss.decay:.6g} × {net.weights[l - 1][unit, other]:.6g}")
            if loss.decay
            else ("", "")
        )
        return f"{name} = {over} {at_unit('a', l - 1, j)}{decayed} = {terms}{number} = {p.dW[l][unit, other]:.9g}"


_HEADS: Mapping[Language, tuple[str, str, str, str]] = {
    "en": (
        "the {} of the output layer",
        "the {} of a layer from the next",
        "the gradient of the biases",
        "the gradient of the weights",
    ),
    "zh": ("输出层的{}", "由后一层求本层的{}", "偏置的梯度", "权重的梯度"),
}

_EQUATIONS: Mapping[str, tuple[str, str, str, str]] = {
    "nn": ("delta^L = dJ/da^L * f'(z^L)", "delta^l = ((W^(l+1))^T delta^(l+1)) * f'(z^l)",
           "db^l = sum_n delta^l_n", "dW^l = sum_n delta^l_n (a^(l-1)_n)^T"),
    "li": ("δ_p^(L) = ∂J/∂a_p^(L) · f′(z_p^(L))", "δ_j^(l) = Σ_k δ_k^(l+1) w_kj^(l+1) f′(z_j^(l))",
           "∂J/∂b_j^(l) = δ_j^(l)", "∂J/∂w_ji^(l) = δ_j^(l) a_i^(l−1)"),
    "nielsen": ("δ^L = ∇_a C ⊙ σ′(z^L)", "δ^l = ((w^(l+1))^T δ^(l+1)) ⊙ σ′(z^l)",
                "∂C/∂b_j^l = δ_j^l", "∂C/∂w_jk^l = a_k^(l−1) δ_j^l"),
    "ufldl": ("δ^(n_l) = −(y − a^(n_l)) • f′(z^(n_l))", "δ^(l) = ((W^(l))^T δ^(l+1)) • f′(z^(l))",
              "∇_{b^(l)} J = δ^(l+1)", "∇_{W^(l)} J = δ^(l+1) (a^(l))^T"),
    "hu": ("J_z_grad = ŷ − y  (sigmoid or softmax with cross-entropy)", "δ^(l) = δ^(l+1) (W^(l))^T ∘ σ′(z^(l))",
           "the row of W^(l) that the column of ones meets: 1^T δ^(l+1)", "∂J/∂W^(l) = (a^(l))^T δ^(l+1)"),
    "jason": ("δ_k = (O_k − t_k) O_k (1 − O_k)", "δ_j = O_j (1 − O_j) Σ_k δ_k w_jk",
              "∂E/∂θ_j = δ_j", "∂E/∂w_ij = O_i δ_j"),
    "nndl": ("δ^(L) = ∂a^(L)/∂z^(L) · ∂𝓛/∂a^(L)", "δ^(l) = f_l′(z^(l)) ⊙ ((W^(l+1))^T δ^(l+1))",
             "∂𝓛/∂b^(l) = δ^(l)", "∂𝓛/∂W^(l) = δ^(l) (a^(l−1))^T"),
}  # fmt: skip

_GREEK = {"delta": "δ", "z": "z", "a": "a", "W": "W", "b": "b", "f": "f", "t": "y"}

NOTATIONS: dict[str, Notation] = {
    each.name: each
    for each in (
        Notation(
            "nn", {"en": "PyTorch's shapes, layers from 1", "zh": "PyTorch 的形状，层从 1 起"},
            0, 0, False, False, {**_GREEK, "delta": "delta", "t": "t", "grad": "d{0}"}, "^{}",
            {"en": "error", "zh": "误差"},
        ),
        Notation(
            "li", {"en": "Li Ge (000), first half", "zh": "李戈 (000) 前半"},
            0, 0, True, False, {**_GREEK, "grad": "∂J/∂{0}"}, "^({})", {"en": "δ", "zh": "δ"},
        ),
        Notation(
            "nielsen", {"en": "Nielsen (001)", "zh": "Nielsen / 师振华 (001)"},
            1, 1, True, False, {**_GREEK, "W": "w", "f": "σ", "grad": "∂C/∂{0}"}, "^{}",
            {"en": "error", "zh": "误差"},
        ),
        Notation(
            "ufldl", {"en": "UFLDL (000, second half)", "zh": "UFLDL (000 后半)"},
            1, 0, True, False, {**_GREEK, "grad": "∇_{0} J"}, "^({})", {"en": "error term", "zh": "残差"},
        ),
        Notation(
            "hu", {"en": "Hu Junfeng's code (002)", "zh": "胡俊峰的代码 (002)"},
            1, 0, False, True, {**_GREEK, "f": "σ", "grad": "∂J/∂{0}"}, "^({})",
            {"en": "gradient at z", "zh": "z 处的梯度"},
        ),
        Notation(
            "jason", {"en": "Jason (003)", "zh": "Jason (003)"},
            0, 0, False, True,
            {"delta": "δ", "z": "x", "a": "O", "W": "w", "b": "θ", "f": "σ", "t": "t", "grad": "∂E/∂{0}"}, "^{}",
            {"en": "δ", "zh": "δ"},
        ),
        Notation(
            "nndl", {"en": "nndl, Shi Jia (004)", "zh": "《神经网络与深度学习》 (004)"},
            0, 0, True, False, {**_GREEK, "grad": "∂𝓛/∂{0}"}, "^({})", {"en": "error term", "zh": "误差项"},
        ),
    )
}  # fmt: skip


def notation(given: str | Notation | None) -> Notation:
    """The notation of that name; "nn" without one."""
    if isinstance(given, Notation):
        return given
    if given is None or given in NOTATIONS:
        return NOTATIONS[given or "nn"]
    raise ValueError(f"notation {given!r} is not known; there are {', '.join(NOTATIONS)}")
