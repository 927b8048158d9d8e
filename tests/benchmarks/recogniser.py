"""How well the web page's recogniser reads MNIST's test digits pasted as pictures, and how it serves many at once.

    python -m tests.benchmarks.recogniser --mnist FOLDER [--weights FOLDER] [--count 2000]

The network is the one of `examples.web` (trained first if there is none). Each test digit is sent as a PNG, as it is, with
black and white exchanged, on a larger page away from the middle, smaller and larger; and, for comparison, fed to the network
without bringing it to its form.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

import autograd_core as ag
from examples.digit_images import resize
from examples.digits import outputs
from examples.web.__main__ import png, reader
from examples.web.server import create_app
from nn.data.idx import load_mnist

Grey = npt.NDArray[np.float64]
random = np.random.default_rng(0)


def on_a_page(digit: Grey, side: int = 100) -> Grey:
    page = np.zeros((side, side))
    y, x = random.integers(0, side - max(digit.shape), 2)
    page[y : y + digit.shape[0], x : x + digit.shape[1]] = digit
    return page


PASTED: dict[str, Callable[[Grey], Grey]] = {
    "as it is (white on black)": lambda digit: digit,
    "black on white": lambda digit: 1 - digit,
    "black on grey, faint": lambda digit: 0.7 - 0.3 * digit,
    "anywhere on a page": lambda digit: 1 - on_a_page(digit),
    "half the size, on a page": lambda digit: 1 - on_a_page(resize(digit, 14, 14)),
    "three times the size": lambda digit: 1 - resize(digit, 84, 84),
    "shifted by (3, 3)": lambda digit: np.pad(digit, ((3, 0), (3, 0)))[:28, :28],
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=Path("digits-out-mnist"))
    parser.add_argument("--count", type=int, default=2000)
    chosen = parser.parse_args()
    network = reader(chosen.weights, chosen.mnist)
    client = create_app(network).test_client()
    _, test = load_mnist(chosen.mnist)
    digits, labels = test.images[: chosen.count] / 255.0, test.labels[: chosen.count].tolist()

    def raw(images: Grey) -> float:
        answers = outputs(network.model, ag.tensor(images, dtype=ag.float32)).argmax(1).tolist()
        return float(np.mean([a == b for a, b in zip(answers, labels, strict=True)]))

    print(
        f"{chosen.count} test digits; fed to the network without preparation: {raw(digits):.4f}, black on white",
        end=" ",
    )
    print(f"{raw(1 - digits):.4f}, shifted by (3, 3) {raw(np.pad(digits, ((0, 0), (3, 0), (3, 0)))[:, :28, :28]):.4f}")
    for name, paste in PASTED.items():
        right = 0
        for digit, label in zip(digits, labels, strict=True):
            answer = client.post("/read", data=png(paste(digit))).get_json()
            right += "digits" in answer and answer["digits"][0]["digit"] == label
        print(f"{name:28} {right / len(labels):.4f}")

    pictures = [png(1 - digit) for digit in digits[:50]]
    app, start, times = create_app(network), threading.Barrier(50), []

    def visit(data: bytes) -> None:
        visitor = app.test_client()
        start.wait()
        for _ in range(10):
            before = time.perf_counter()
            assert visitor.post("/read", data=data).status_code == 200
            times.append(time.perf_counter() - before)

    before = time.perf_counter()
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(visit, pictures))
    seconds = time.perf_counter() - before
    print(f"50 clients at once, 10 pictures each: {500 / seconds:.0f} a second, median {1000 * np.median(times):.0f} ms, "
          f"slowest {1000 * max(times):.0f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
