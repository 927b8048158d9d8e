"""The flow of forward, loss and backward; pooling and normalisation. 前向、损失、反向的流程；池化与归一化

Items: 002-10.

Forward is products and activations, with pooling (a picture made smaller) and normalisation (numbers brought to one scale); then the
loss; then the gradients flow back by the chain rule, (g ∘ f)′(x) = g′(f(x)) f′(x), and the weights take a step. A small convolutional
net on scikit-learn's digits, with the shape of each stage and the size of the gradient that comes back to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor
from examples import pyplot, setting
from examples.digits import load_data
from nn import optim

STAGES = {
    "convolution": nn.Conv2d(1, 8, 3, padding=1),
    "normalisation": nn.BatchNorm2d(8),
    "activation": nn.ReLU(),
    "pooling": nn.MaxPool2d(2),
    "flatten": nn.Flatten(),
    "product": nn.Linear(8 * 4 * 4, 10),
}


def flow(x: Tensor, labels: Tensor) -> tuple[list[tuple[str, Tensor]], Tensor]:
    """The tensor after each stage, its gradient kept, and the loss."""
    stages = []
    for name, stage in STAGES.items():
        x = stage(x)
        x.retain_grad()
        stages.append((name, x))
    return stages, F.cross_entropy(x, labels)


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    ag.manual_seed(0)
    images, labels = load_data(None, 0, quick=False)[0].tensors
    held_back, answers = load_data(None, 0, quick=False)[1].tensors
    parameters = [parameter for stage in STAGES.values() for parameter in stage.parameters()]
    optimizer = optim.SGD(parameters, lr=0.1, momentum=0.9)
    losses = []
    for step in range(40 if run.quick else 300):
        rows = ag.randint(0, len(images), (64,))
        stages, loss = flow(images[rows].unsqueeze(1), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            print("forward                                   backward")
            for name, x in stages:
                assert x.grad is not None
                mean, spread = x.mean().item(), x.std().item()
                print(
                    f"  {name:14} {tuple(x.shape)!s:16} mean {mean: .2f} ± {spread:.2f}   |gradient| {x.grad.norm().item():.4f}"
                )
            print(f"  loss           {loss.item():.4f}")
        optimizer.step()
        losses.append(loss.item())
    for stage in STAGES.values():
        stage.eval()
    with ag.no_grad():
        x = held_back.unsqueeze(1)
        for stage in STAGES.values():
            x = stage(x)
    accuracy = float((x.argmax(1) == answers).float().mean())
    print(f"after {len(losses)} steps: loss {losses[-1]:.4f}, accuracy on held-back digits {accuracy:.4f}")
    assert accuracy > 0.8
    figure, axes = pyplot()
    axes.semilogy(losses)
    axes.set(title="Loss", xlabel="step")
    run.save(figure, "loss")


if __name__ == "__main__":
    main()
