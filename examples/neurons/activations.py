"""Activation functions, their derivatives, and what is asked of them. 常用激活函数及其导数

Items: 001-6, 003-2, 004-1, 004-2.

An activation should be continuous and differentiable (but for a few points), simple, and its derivative neither too large nor too
small. The derivatives are the engine's; the table of the slides is checked against them.

Numbers to expect at −1 and 1: softplus .3132616875, 1.3132616875; swish −.2689414214, .7310585786; GELU −.1586552539,
.8413447461; ELU(γ=.5) at −1 −.3160602794; swish′ .0723294881, .9276705119; GELU′ −.0833154706, 1.0833154706.
σ′ = σ − σ², at most ¼; the step function is ½ at 0 here, and has no derivative to learn from. (ReLU′(0) is 1 in 002 and 0 in 004 and
here, as in PyTorch.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import autograd_core as ag
import nn.functional as F
from autograd_core import Tensor
from examples import Setting, pyplot, setting

Function = Callable[[Tensor], Tensor]


def _prelu(slope: float) -> Function:
    return lambda x: F.prelu(x, ag.tensor([slope], dtype=x.dtype))


def _swish(beta: float) -> Function:
    return lambda x: F.swish(x, beta)


SHEETS: dict[str, dict[str, Function]] = {
    "sigmoid": {"logistic": ag.sigmoid, "tanh": ag.tanh},
    "hard": {"hard-logistic": F.hard_logistic, "hard-tanh": F.hardtanh},
    "rectified": {
        "ReLU": F.relu,
        "leaky ReLU": lambda x: F.leaky_relu(x, 0.1),
        "ELU": F.elu,
        "softplus": F.softplus,
    },
    "PReLU": {f"γ = {slope}": _prelu(slope) for slope in (0.0, 0.25, 0.5)},
    "swish": {f"β = {beta}": _swish(beta) for beta in (0.0, 0.5, 1.0, 100.0)},
    "GELU": {
        "μ = 0, σ = 1": F.gelu,
        "σ = ½": lambda x: F.gaussian_gelu(x, 0.0, 0.5),
        "1.702 approximation": lambda x: x * ag.sigmoid(1.702 * x),
    },
    "maxout": {"of 3 lines": lambda x: ag.maximum(ag.maximum(-1 - x, 0.3 * x), 2 * x - 1.5)},
}
FORMULAS: dict[str, tuple[Function, Function]] = {
    "logistic: f(1 − f)": (ag.sigmoid, lambda x: ag.sigmoid(x) * (1 - ag.sigmoid(x))),
    "tanh: 1 − f²": (ag.tanh, lambda x: 1 - ag.tanh(x) ** 2),
    "ReLU: I(x > 0)": (F.relu, lambda x: (x > 0).to(x.dtype)),
    "ELU: I(x > 0) + I(x ≤ 0) γ eˣ": (lambda x: F.elu(x, 0.5), lambda x: (x > 0) + (x <= 0) * 0.5 * x.exp()),
    "softplus: 1 / (1 + e⁻ˣ)": (F.softplus, lambda x: 1 / (1 + (-x).exp())),
}
VALUES: dict[str, tuple[Function, tuple[float, float]]] = {
    "softplus": (F.softplus, (0.3132616875, 1.3132616875)),
    "swish": (lambda x: F.swish(x, 1.0), (-0.2689414214, 0.7310585786)),
    "GELU": (F.gelu, (-0.1586552539, 0.8413447461)),
    "ELU(.5)": (lambda x: F.elu(x, 0.5), (-0.3160602794, 1.0)),
    "swish'": (lambda x: slope(lambda y: F.swish(y, 1.0), x), (0.0723294881, 0.9276705119)),
    "GELU'": (lambda x: slope(F.gelu, x), (-0.0833154706, 1.0833154706)),
}


def slope(function: Function, x: Tensor) -> Tensor:
    """The derivative of a function at each element, by the engine."""
    x = x.detach().requires_grad_()
    (found,) = ag.grad(function(x).sum(), x)
    return found  # type: ignore[no-any-return]  # a tuple of Any


def sheets(run: Setting) -> None:
    x = ag.linspace(-4, 4, 401, dtype=ag.float64)
    for name, functions in SHEETS.items():
        figure, (left, right) = pyplot(2, width=3.6, height=2.6)
        for label, function in functions.items():
            left.plot(x, function(x), label=label)
            right.plot(x, slope(function, x))
        left.set(title=name, ylim=(-1.5, 4) if name not in ("sigmoid", "hard") else (-1.2, 1.2))
        right.set(title="derivative", ylim=(-0.3, 1.3) if name != "maxout" else (-1.3, 2.3))
        left.legend(fontsize="small")
        run.save(figure, f"sheet-{name.lower()}")


def step_and_sigmoid(run: Setting) -> None:
    x = ag.linspace(-8, 8, 401, dtype=ag.float64)
    figure, axes = pyplot()
    axes.plot(x, F.step(x, 0.5), label="step, ½ at 0")
    for steepness in (1, 3):
        axes.plot(x, ag.sigmoid(steepness * x), label=f"σ({steepness if steepness > 1 else ''}z)")
    axes.set(title="Step against sigmoid", xlabel="z")
    axes.legend()
    run.save(figure, "step-and-sigmoid")
    s = ag.sigmoid(x)
    print(
        f"σ' = σ − σ²: largest difference from the engine {(slope(ag.sigmoid, x) - (s - s * s)).abs().max().item():.1e}"
    )
    print(f"step at −1, 0, 1: {F.step(ag.tensor([-1.0, 0.0, 1.0]), 0.5).tolist()}, its derivative 0 everywhere")


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    step_and_sigmoid(run)
    sheets(run)
    x = ag.linspace(-3, 3, 60, dtype=ag.float64)  # 0 is not among them
    for name, (function, formula) in FORMULAS.items():
        worst = (slope(function, x) - formula(x)).abs().max().item()
        print(f"{name:32} differs from the engine by {worst:.1e}")
        assert worst < 1e-12
    at = ag.tensor([-1.0, 1.0], dtype=ag.float64)
    for name, (function, expected) in VALUES.items():
        values = function(at).numpy()
        print(f"{name:9} at −1 and 1: {values[0]: .10f} {values[1]: .10f}")
        assert np.allclose(values, expected, rtol=0, atol=1e-10)


if __name__ == "__main__":
    main()
