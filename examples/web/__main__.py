"""The recogniser on the web: draw a digit or drop a picture, see what the network saw. 部署在网页上的数字识别器

Items: 001-21.

The page shows the ten probabilities, the picture that the network was shown, and the gradient of the answer's score with
respect to its pixels; a strip of digits is cut up and read. It works with a mouse, a finger or the keyboard.

    python -m examples.web                     http://127.0.0.1:8000, a network trained on scikit-learn's digits
    python -m examples.web --mnist FOLDER      trained on MNIST first (a few minutes), which reads other hands better
    python -m examples.web --out FOLDER        no server: pictures are sent to the application, and its answers drawn

The weights are kept in --weights (digits-out, as those of `python -m examples.digits`) and trained if there are none.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from examples import Setting, extra, pyplot
from examples.digit_images import Grey
from examples.digits import PRESETS, half_squared_error, load_data, trained
from examples.strip import draw_strip
from examples.web.reader import Reader
from examples.web.server import create_app


def reader(weights: Path, mnist: Path | None) -> Reader:
    preset, side, model = trained(weights, mnist)
    return Reader(model, side, squashed=PRESETS[preset].cost is half_squared_error)


def png(grey: Grey) -> bytes:
    file = BytesIO()
    extra("PIL.Image").fromarray((255 * np.clip(grey, 0, 1)).astype(np.uint8)).save(file, "png")
    return file.getvalue()


def show_answers(app: Any, run: Setting) -> None:
    """What a visitor sees, as a picture: a digit, what was seen, the gradient, the probabilities; and a strip."""
    client = app.test_client()
    images, labels = load_data(None, 0, quick=False)[1].tensors
    strip = draw_strip(images[3:9], [0, 5, -5, 3, -3, 0])
    (first, *_) = read = client.post("/read?strip=1", data=png(strip)).get_json()["digits"]
    print("A strip of", *labels[3:9].tolist(), "is read as", *[answer["digit"] for answer in read])
    print("A page that is no picture:", client.post("/read", data=b"<html>").get_json())
    figure, axes = pyplot(4, width=2.6, height=2.6)
    axes[0].imshow(strip[:, :120], cmap="gray", vmin=0, vmax=1)
    for each, name in zip(axes[1:], ("seen", "gradient"), strict=False):
        _, _, data = first[name].partition(",")
        each.imshow(extra("PIL.Image").open(BytesIO(extra("base64").b64decode(data))))
    axes[3].barh(range(10), first["probabilities"])
    axes[3].set(yticks=range(10), title="probabilities")
    axes[3].invert_yaxis()
    for each, title in zip(axes, ("sent", "seen by the network", "d score / d pixel"), strict=False):
        each.set_title(title)
        each.set_axis_off()
    run.save(figure, "answer")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m examples.web", description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--weights", type=Path, default=None, help="folder of the trained network (digits-out)")
    add("--mnist", type=Path, metavar="FOLDER", help="train on MNIST, if there is no network yet")
    add("--host", default="127.0.0.1", help="address to listen at (127.0.0.1; 0.0.0.0 for other machines)")
    add("--port", type=int, default=8000, help="port to listen at (8000)")
    add("--out", type=Path, help="draw the answers to some pictures into this folder, and serve nobody")
    add("--quick", action="store_true", help="the same as without: it takes seconds")
    chosen = parser.parse_args(arguments)
    extra("flask")  # told before the training if missing
    inside = chosen.out / "network" if chosen.out else Path("digits-out")
    app = create_app(reader(chosen.weights or inside, chosen.mnist))
    if chosen.out:
        show_answers(app, Setting(chosen.quick, chosen.out))
        return
    print(f"Draw a digit at http://{chosen.host}:{chosen.port} (Ctrl+C ends)", flush=True)
    app.run(chosen.host, chosen.port, threaded=True)


if __name__ == "__main__":
    main()
