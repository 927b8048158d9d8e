"""Computation graphs that explain themselves: values, gradients, local derivatives, paths. 会解释自己的计算图

Items: 003-7, 004-10, 004-11, 004-12.

The graphs of the lecture documents, with the numbers to expect:

- 003-7   e = (a + b)(b + 1) at a=2, b=1: two paths from b, de/db = 3 + 2 = 5
- 004-10  f = 1 / (exp(-(wx + b)) + 1) at x=1, w=0, b=0: the adjoints .25, -.25, …; df/dw = .25, df/dx = 0
- 004-11  several paths are summed: a gradient whose terms nearly cancel
- 004-12  a dynamic graph: the branch that the data took

then a perceptron with modules, a vanishing gradient in ten layers, a LeNet, an unrolled RNN and a Transformer block.

    python examples/draw_graphs.py [--quick] [--out gallery]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from html import escape
from pathlib import Path

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor
from autograd_core.draw import Drawing, draw_graph
from autograd_core.ledger import ledger


def scalar(value: float) -> Tensor:
    return ag.tensor(value, dtype=ag.float64, requires_grad=True)


def slope(tensor: Tensor) -> float:
    assert tensor.grad is not None
    return float(tensor.grad)


def two_paths() -> Drawing:
    a, b = scalar(2), scalar(1)
    with ag.record():
        c = a + b
        d = b + 1
        e = c * d
    e.backward()
    print("003-7   de/db =", " + ".join(f"{float(t.share):g}" for t in ledger(e)[b].contributions), "=", slope(b))
    return draw_graph(e, names=locals())


def worked_example() -> Drawing:
    x, w, b = scalar(1), scalar(0), scalar(0)
    with ag.record():
        p = w * x
        z = p + b
        n = -z
        q = n.exp()
        r = q + 1
        f = 1 / r
    f.backward()
    print(f"004-10  f = {float(f)}, df/dw = {slope(w)}, df/dx = {slope(x)}, df/db = {slope(b)}")
    return draw_graph(f, names=locals(), params={"w": w, "b": b})


def cancelling_paths() -> Drawing:
    x = scalar(0.5)
    with ag.record():
        u = x.sin()
        v = x * x
        y = u - v + 0.2 * x
    y.backward()
    account = ledger(y)[x]
    print(f"004-11  dy/dx = {slope(x):.4f}, of which {account.cancellation:.0%} is left after the paths cancel")
    return draw_graph(y, names=locals())


def dynamic_branch() -> Drawing:
    x = scalar(3)
    with ag.record():
        h = x * x
        while h.item() < 50:  # data decide how long the graph is
            h = 2 * h
        y = h.log() if h.item() > 0 else -h
    y.backward()
    print(f"004-12  the loop ran until h = {float(h):g}; dy/dx = {slope(x):.4f}")
    return draw_graph(y, names={"x": x, "h": h, "y": y})


class Perceptron(nn.Module):
    """Linear layers fc1, fc2, … with sigmoids between."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.depth = len(sizes) - 1
        for i in range(self.depth):
            setattr(self, f"fc{i + 1}", nn.Linear(sizes[i], sizes[i + 1]))

    def forward(self, x: Tensor) -> Tensor:
        for i in range(self.depth):
            x = getattr(self, f"fc{i + 1}")(x).sigmoid()
        return x


def perceptron() -> Drawing:
    model, x, target = Perceptron(2, 3, 1), ag.randn(1, 2), ag.ones(1, 1)
    with ag.record():
        y = model(x)
        loss = F.mse_loss(y, target)
    loss.backward()
    return draw_graph(loss, names=locals())


def vanishing() -> Drawing:
    model, x, target = Perceptron(4, *[8] * 9, 1), ag.randn(1, 4), ag.ones(1, 1)
    with ag.record():
        y = model(x)
        loss = F.mse_loss(y, target)
    loss.backward()
    first, last = model.fc1.weight.grad, model.fc10.weight.grad
    print(f"        ten sigmoid layers: ‖grad fc1‖ / ‖grad fc10‖ = {float(first.norm() / last.norm()):.1e}")
    return draw_graph(loss, names=locals(), depth=0)


def convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A valid convolution of (channels, height, width), from slices and one product."""
    _, high, wide = x.shape
    out, _, k, _ = weight.shape
    rows, columns = high - k + 1, wide - k + 1
    patches = ag.stack([x[:, i : i + rows, j : j + columns] for i in range(k) for j in range(k)], 1)
    product = weight.reshape(out, -1) @ patches.reshape(-1, rows * columns)
    return product.reshape(out, rows, columns) + bias.reshape(out, 1, 1)


class Convolution(nn.Module):
    """Convolution, tanh and mean pooling by two."""

    def __init__(self, channels: int, out: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(ag.randn(out, channels, size, size) / (channels * size * size) ** 0.5)
        self.bias = nn.Parameter(ag.zeros(out))

    def forward(self, x: Tensor) -> Tensor:
        h = convolution(x, self.weight, self.bias).tanh()
        out: Tensor = (h[:, ::2, ::2] + h[:, 1::2, ::2] + h[:, ::2, 1::2] + h[:, 1::2, 1::2]) / 4
        return out


class LeNet(nn.Module):
    """Two convolutions and three linear layers (LeCun et al. 1998), for 28 x 28 images."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c3 = Convolution(1, 6, 5), Convolution(6, 16, 5)
        self.f5, self.f6, self.out = nn.Linear(256, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        h = self.c3(self.c1(x)).reshape(1, 256)
        out: Tensor = self.out(self.f6(self.f5(h).tanh()).tanh())
        return out


def lenet() -> Drawing:
    model, image, label = LeNet(), ag.randn(1, 28, 28), ag.tensor([3])
    with ag.record():
        logits = model(image)
        loss = F.cross_entropy(logits, label)
    loss.backward()
    return draw_graph(loss, names=locals(), depth=0)


class Cell(nn.Module):
    """One step of an Elman network."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.input, self.hidden = nn.Linear(size, hidden), nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        out: Tensor = (self.input(x) + self.hidden(h)).tanh()
        return out


class Recurrent(nn.Module):
    """The same cell at every step."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.cell, self.width = Cell(size, hidden), hidden

    def forward(self, steps: list[Tensor]) -> Tensor:
        h = ag.zeros(1, self.width)
        for x in steps:
            h = self.cell(x, h)
        return h


def recurrent(length: int) -> Drawing:
    model = Recurrent(3, 4)
    steps = [ag.randn(1, 3) for _ in range(length)]
    with ag.record():
        h = model(steps)
        loss = (h * h).mean()
    loss.backward()
    named = {f"x{i + 1}": x for i, x in enumerate(steps)}
    return draw_graph(loss, names={**named, "h": h, "loss": loss}, depth=1)


class Norm(nn.Module):
    """Layer normalisation, written out."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(ag.ones(size)), nn.Parameter(ag.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        c = x - x.mean(1, keepdim=True)
        out: Tensor = c / ((c * c).mean(1, keepdim=True) + 1e-5).sqrt() * self.weight + self.bias
        return out


class Attention(nn.Module):
    """Self-attention with one head."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(size, size) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        scores = self.q(x) @ self.k(x).T / x.shape[1] ** 0.5
        out: Tensor = self.o(F.softmax(scores, 1) @ self.v(x))
        return out


class Block(nn.Module):
    """A Transformer block: two residual sums."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.norm1, self.attention, self.norm2 = Norm(size), Attention(size), Norm(size)
        self.up, self.down = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        out: Tensor = x + self.down(F.relu(self.up(self.norm2(x))))
        return out


def transformer() -> Drawing:
    model, x = Block(8), ag.randn(5, 8).requires_grad_()
    with ag.record():
        y = model(x)
        loss = (y * y).mean()
    loss.backward()
    return draw_graph(loss, names=locals(), collapse=["Norm", "Linear"])


def second_order() -> Drawing:
    x = scalar(2)
    with ag.record():
        y = x**3
        (rate,) = ag.grad(y, x, create_graph=True)
    rate.backward()
    print(f"        d²/dx² x³ at 2 = {slope(x):g}")
    return draw_graph(rate, names=locals())


def gallery(quick: bool) -> dict[str, Drawing]:
    """The pictures, by title."""
    return {
        "Two paths: e = (a + b)(b + 1)": two_paths(),
        "Worked example: f = 1 / (exp(−(wx + b)) + 1)": worked_example(),
        "Paths that cancel": cancelling_paths(),
        "A dynamic graph": dynamic_branch(),
        "A perceptron": perceptron(),
        "A vanishing gradient": vanishing(),
        "LeNet": lenet(),
        "An unrolled RNN": recurrent(4 if quick else 12),
        "A Transformer block": transformer(),
        "A second derivative": second_order(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw the gallery of computation graphs.")
    parser.add_argument("--quick", action="store_true", help="shorter graphs, for tests")
    parser.add_argument("--out", default="gallery", help="folder to write to")
    options = parser.parse_args(arguments)
    ag.manual_seed(0)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    sections = []
    for i, (title, drawing) in enumerate(gallery(options.quick).items(), 1):
        name = f"{i:02d}"
        drawing.save(folder / f"{name}.svg")
        drawing.save(folder / f"{name}.html")
        sections.append(f'<h2>{escape(title)}</h2><p><a href="{name}.html">step by step</a></p>\n{drawing.svg}')
    page = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Computation graphs</title>'
        "<style>body{font-family:Helvetica,Arial,sans-serif;margin:24px;color-scheme:light dark}</style>\n"
        "<h1>Computation graphs that explain themselves</h1>\n" + "\n".join(sections) + "</html>\n"
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
    print(f"{len(sections)} graphs: {folder / 'index.html'}")


if __name__ == "__main__":
    main()
