"""Train a network that reads handwritten digits, save it, and recognise pictures with it. 训练并保存手写数字识别网络

Items: 000-14, 001-8, 001-9, 001-11, 001-12, 001-20.

    python -m examples.digits                                     scikit-learn's digits, a few seconds
    python -m examples.digits --mnist FOLDER --preset nielsen     001-19: 784-30-10, sigmoid, SGD
    python -m examples.digits --mnist FOLDER --preset tf          000-14: 784-300-10, ReLU, dropout, Adagrad
    python -m examples.digits --recognise seven.png photo.jpg     001-20: any picture of a digit

Numbers to expect, the accuracy on held-back images after the last epoch: small, on scikit-learn's digits,
.97 to .99; nielsen on MNIST .942 to .957 (the slides print 9129 of 10000 first and 9542 at last); tf on
MNIST .975 to .982, with --optimizer adam about the same. Document 000 prints Adam(.3), which fails (--lr .3):
.09 to .14. A network trained on MNIST reads most pictures from elsewhere; one trained on scikit-learn's
1437 digits, whose sevens are crossed, reads about .7 of MNIST's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import autograd_core as ag
import nn
import nn.functional as F
from examples import extra
from examples.digit_images import draw_digits, network_input
from nn import optim
from nn.data import DataLoader, TensorDataset
from nn.data.idx import download_mnist, load_mnist

# ---- The networks and their costs


def nielsen(inputs: int) -> nn.Sequential:
    """n-30-10, sigmoid; every weight and bias from N(0, 1)."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(inputs, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    return model


def tensorflow(inputs: int) -> nn.Sequential:
    """n-300-10, ReLU, a quarter of the hidden units dropped; W1 truncated normal, all else zero."""
    first, second = nn.Linear(inputs, 300), nn.Linear(300, 10)
    nn.init.trunc_normal_(first.weight, std=0.1, a=-0.2, b=0.2)  # TensorFlow cuts at two standard deviations
    for parameter in (first.bias, second.weight, second.bias):
        nn.init.zeros_(parameter)
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), nn.Dropout(0.25), second)


def small(inputs: int) -> nn.Sequential:
    """n-128-10, ReLU."""
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, 10))


def half_squared_error(a: ag.Tensor, labels: ag.Tensor) -> ag.Tensor:
    """C = 1/2n sum ||y - a||^2, y the one-hot label (001-9)."""
    y = F.one_hot(labels, 10)
    return ((y - a) ** 2).sum() / (2 * len(a))


@dataclass(frozen=True)
class Preset:
    """A program of the documents: its network, its cost, and how it learns."""

    network: Callable[[int], nn.Sequential]
    cost: Callable[[ag.Tensor, ag.Tensor], ag.Tensor]
    rates: dict[str, float]  # a learning rate for each optimiser; the first is the program's own
    batch: int
    epochs: int
    images: int  # of MNIST's 60,000 training images


PRESETS = {
    "small": Preset(small, F.cross_entropy, {"adam": 0.003, "adagrad": 0.1, "sgd": 0.5}, 32, 20, 60_000),
    "nielsen": Preset(nielsen, half_squared_error, {"sgd": 3.0, "adam": 0.01, "adagrad": 0.3}, 10, 30, 50_000),
    "tf": Preset(tensorflow, F.cross_entropy, {"adagrad": 0.3, "adam": 0.003, "sgd": 0.3}, 100, 5, 60_000),
}
OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    "sgd": optim.SGD,
    "adam": optim.Adam,
    # TensorFlow's Adagrad starts from .1; from 0, PyTorch's default, a rate of .3 is too much.
    "adagrad": partial(optim.Adagrad, initial_accumulator_value=0.1),
}

# ---- Data


def load_data(mnist: Path | None, images: int, quick: bool) -> tuple[TensorDataset, TensorDataset]:
    """Images in [0, 1] and labels, to train on and held back: MNIST's two parts, or scikit-learn's digits."""
    parts: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]]
    if mnist:
        train, test = load_mnist(mnist)
        parts, white = [(train.images[:images], train.labels[:images]), (test.images, test.labels)], 255
    else:
        digits = extra("sklearn.datasets").load_digits()
        order = np.random.default_rng(0).permutation(len(digits.target))  # the same split for every --seed
        parts, white = [(digits.images[part], digits.target[part]) for part in (order[360:], order[:360])], 16
    n = 800 if quick else None
    train_set, held_back = (
        TensorDataset(
            ag.tensor(pixels[:n] / np.float32(white), dtype=ag.float32), ag.tensor(labels[:n], dtype=ag.int64)
        )
        for pixels, labels in parts
    )
    return train_set, held_back


# ---- Training


def train(args: argparse.Namespace, train_set: TensorDataset, held_back: TensorDataset) -> None:
    preset, out = PRESETS[args.preset], args.out
    optimizer_name = args.optimizer or next(iter(preset.rates))
    rate = preset.rates[optimizer_name] if args.lr is None else args.lr
    epochs = args.epochs or (2 if args.quick else preset.epochs)
    images, labels = held_back.tensors
    side = images.shape[-1]

    ag.manual_seed(args.seed)
    model = preset.network(side * side)
    optimizer = OPTIMIZERS[optimizer_name](model.parameters(), lr=rate)
    loader: DataLoader[tuple[ag.Tensor, ...]] = DataLoader(train_set, batch_size=preset.batch, shuffle=True)
    print(f"{len(train_set)} images of {side} x {side} to train on, {len(held_back)} held back")
    print(f"preset {args.preset}: {optimizer_name}({rate:g}), {epochs} epochs of batches of {preset.batch}")

    losses, accuracies = [], []
    for epoch in range(1, epochs + 1):
        start, total = time.perf_counter(), 0.0
        model.train()
        for x, y in extra("tqdm").tqdm(loader, f"epoch {epoch}", leave=False, disable=None):
            loss = preset.cost(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        seconds = time.perf_counter() - start
        right = int((outputs(model, images).argmax(1) == labels).sum())
        losses.append(total / len(train_set))
        accuracies.append(right / len(held_back))
        score = f"{right} / {len(held_back)} right ({accuracies[-1]:.4f})"
        print(f"epoch {epoch:2}: loss {losses[-1]:.4f}, {score}, {seconds:.2f} s")

    ag.save({"preset": args.preset, "side": side, "weights": model.state_dict()}, out / "digits.pt")
    _, _, reloaded = load_model(out / "digits.pt")
    if not ag.equal(outputs(reloaded, images), outputs(model, images)):
        raise RuntimeError("the weights that were loaded again do not give the same outputs")
    print(f"Saved and loaded again, with identical outputs: {out / 'digits.pt'}")

    draw_learning_curve(losses, accuracies, out / "learning-curve.png")
    answers = outputs(model, images).argmax(1)
    wrong = np.flatnonzero((answers != labels).numpy())
    titles = [f"{labels[i].item()} read as {answers[i].item()}" for i in wrong[:40]]
    draw_digits(images.numpy()[wrong[:40]], titles, out / "misread.png")
    x, y = train_set[: preset.batch]
    draw_batch(model, preset, x, y, out / "graph.svg")
    print(f"Pictures: {out / 'learning-curve.png'}, {out / 'misread.png'}, {out / 'graph.svg'}")


def outputs(model: nn.Sequential, images: ag.Tensor) -> ag.Tensor:
    """What the network says to images: ten numbers each, the largest is its answer."""
    model.eval()
    with ag.no_grad():
        says: ag.Tensor = model(images)
    return says


def draw_batch(model: nn.Sequential, preset: Preset, images: ag.Tensor, labels: ag.Tensor, path: Path) -> None:
    """The computation graph of one batch, with values, gradients and local derivatives."""
    model.eval()
    images.name = "images"
    with ag.record():
        loss = preset.cost(model(images), labels)
    loss.name = "loss"
    loss.backward()
    ag.draw_graph(loss, params=dict(model.named_parameters())).save(path)


def draw_learning_curve(losses: Sequence[float], accuracies: Sequence[float], path: Path) -> None:
    figure = extra("matplotlib.figure").Figure(figsize=(9, 3.6), layout="constrained")
    epochs = range(1, len(losses) + 1)
    curves = {"loss on the training images": losses, "accuracy on held-back images": accuracies}
    for axes, (name, values) in zip(figure.subplots(1, 2), curves.items(), strict=True):
        axes.plot(epochs, values, marker=".")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=100)


# ---- Recognising


def load_model(path: Path) -> tuple[str, int, nn.Sequential]:
    """The trained network of a file, with its preset's name and the side of the images that it reads."""
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no trained network at {path} yet. Train one first, python -m examples.digits, "
            "or name its folder with --out."
        )
    saved = ag.load(path)
    model = PRESETS[saved["preset"]].network(saved["side"] ** 2)
    model.load_state_dict(saved["weights"])
    return saved["preset"], saved["side"], model


def trained(folder: Path, mnist: Path | None = None, epochs: int = 8) -> tuple[str, int, nn.Sequential]:
    """The network of a folder, trained first if there is none: its preset, the side of its images, the model."""
    if not (folder / "digits.pt").is_file():
        data = ["--mnist", str(mnist)] if mnist else []
        main(["--out", str(folder), "--epochs", str(epochs), *data])
    return load_model(folder / "digits.pt")


def recognise(pictures: Sequence[Path], out: Path) -> None:
    """Print the digit of each picture and what the network says to it; draw what it was shown."""
    preset, side, model = load_model(out / "digits.pt")
    images = np.stack([network_input(picture, side) for picture in pictures])
    says = outputs(model, ag.tensor(images, dtype=ag.float32))
    if PRESETS[preset].cost is half_squared_error:
        meaning = "activations of the ten output units"
    else:
        says, meaning = F.softmax(says, dim=1), "probabilities"
    answers = says.argmax(1).tolist()
    for picture, answer, row in zip(pictures, answers, says.tolist(), strict=True):
        print(f"{picture}: {answer}\n  {meaning}:")
        for digit, value in enumerate(row):
            print(f"  {digit}  {value:.3f}  {'#' * round(40 * value)}".rstrip())
    draw_digits(images, [f"read as {answer}" for answer in answers], out / "recognised.png")
    print(f"What the network was shown: {out / 'recognised.png'}")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m examples.digits", description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--preset", choices=PRESETS, default="small", help="network, cost and optimiser (small)")
    add("--mnist", type=Path, metavar="FOLDER", help="train on MNIST: its four IDX files, plain or .gz")
    add("--download", action="store_true", help="fetch MNIST first, into --mnist or into OUT/mnist")
    add("--epochs", type=int, help="times through the training images (the preset's)")
    add("--optimizer", choices=OPTIMIZERS, help="instead of the preset's")
    add("--lr", type=float, help="learning rate (the preset's for that optimiser)")
    add("--seed", type=int, default=0, help="of the weights, the shuffling and the dropout (0)")
    add("--out", type=Path, default=Path("digits-out"), help="folder for weights and pictures (digits-out)")
    add("--quick", action="store_true", help="two epochs on 800 images")
    add("--recognise", type=Path, nargs="+", metavar="IMAGE", help="read pictures instead of training")
    args = parser.parse_args(argv)
    if args.epochs is not None and args.epochs < 1:
        parser.error("--epochs must be at least 1")
    try:
        if args.recognise:
            recognise(args.recognise, args.out)
            return
        for module in ("tqdm", "matplotlib.figure"):  # told before the training if missing, not after it
            extra(module)
        args.out.mkdir(parents=True, exist_ok=True)
        if args.download:
            args.mnist = args.mnist or args.out / "mnist"
            print(f"Fetching MNIST (11 MB) into {args.mnist}", flush=True)
            download_mnist(args.mnist)
        data = load_data(args.mnist, PRESETS[args.preset].images, args.quick)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    train(args, *data)


if __name__ == "__main__":
    main()
