"""A small change of a weight changes the output a little, and the derivative says how much. 权重的微小改动

Items: 001-5.

Δoutput ≈ Σ ∂output/∂wⱼ Δwⱼ + ∂output/∂b Δb. The error of this linear estimate is quadratic: when the change is halved, the error
falls to a quarter. A perceptron has no such property: its output jumps or does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import autograd_core as ag
from autograd_core import Tensor
from examples import pyplot, setting


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    ag.manual_seed(0)
    x = ag.tensor([0.2, 0.7, -0.4], dtype=ag.float64)
    parameters = ag.tensor([0.9, -0.5, 0.3, 0.1], dtype=ag.float64, requires_grad=True)  # w and b
    direction = ag.tensor([1.0, -2.0, 0.5, 1.0], dtype=ag.float64)

    def output(p: Tensor) -> Tensor:
        return ag.sigmoid(p[:3] @ x + p[3])

    (gradient,) = ag.grad(output(parameters), parameters)
    steps = [0.8 / 2**i for i in range(8)]
    changes, errors = [], []
    print("     h   Δoutput    estimate   error      of the one before")
    with ag.no_grad():
        for h in steps:
            change = (output(parameters + h * direction) - output(parameters)).item()
            estimate = (gradient @ (h * direction)).item()
            changes.append(change)
            errors.append(abs(change - estimate))
            before = f"{errors[-1] / errors[-2]:8.4f}" if len(errors) > 1 else ""
            print(f"{h:7.4f} {change: .6f} {estimate: .6f} {errors[-1]:.3e} {before}")
    assert abs(errors[-1] / errors[-2] - 0.25) < 0.01

    figure, (left, right) = pyplot(2)
    left.loglog(steps, [abs(change) for change in changes], "o-", label="|Δoutput|")
    left.loglog(steps, errors, "o-", label="error of the estimate")
    left.loglog(steps, [errors[0] * (h / steps[0]) ** 2 for h in steps], "k:", label="h²")
    left.set(title="A quarter for every half", xlabel="h")
    left.legend()
    t = ag.linspace(-2, 2, 201, dtype=ag.float64)
    net = ag.stack([(parameters.detach() + h * direction)[:3] @ x + parameters.detach()[3] for h in t])
    right.plot(t, ag.sigmoid(net), label="sigmoid neuron")
    right.plot(t, (net > 0).double(), label="perceptron")
    right.set(title="The output as the weights change", xlabel="h")
    right.legend()
    run.save(figure, "linear-estimate")


if __name__ == "__main__":
    main()
