"""The main job, examples.digits: it trains, saves, loads, recognises; and how a picture becomes an input."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from examples import digits, extra
from examples.digit_images import Grey, centre_of_mass, network_input, normalise

for library in ("sklearn", "matplotlib", "tqdm", "PIL"):
    pytest.importorskip(library)

Image: Any = extra("PIL.Image")
ImageDraw: Any = extra("PIL.ImageDraw")


def a_seven(size: int = 200, ink: float = 0.15, paper: float = 0.9) -> Grey:
    """A seven drawn with a pen, off the middle."""
    picture = Image.new("L", (size, size), 0)
    corners = [(size * 0.3, size * 0.2), (size * 0.6, size * 0.2), (size * 0.42, size * 0.7)]
    ImageDraw.Draw(picture).line(corners, fill=255, width=size // 16, joint="curve")
    return paper + (ink - paper) * np.asarray(picture, dtype=np.float64) / 255


def likeness(one: Grey, other: Grey) -> float:
    """Their correlation, one pixel aside allowed: the centre of mass falls on this or on the next."""
    return max(
        float(np.corrcoef(np.roll(one, (y, x), (0, 1)).ravel(), other.ravel())[0, 1])
        for y in (-1, 0, 1)
        for x in (-1, 0, 1)
    )


def save(grey: Grey, path: Path) -> Path:
    Image.fromarray((grey * 255).round().astype(np.uint8)).save(path)
    return path


def held_back_digits() -> tuple[Grey, list[int]]:
    _, held_back = digits.load_data(None, 0, quick=False)
    images, labels = held_back.tensors
    return np.asarray(images.numpy(), dtype=np.float64), labels.tolist()


@pytest.fixture(scope="module")
def mnist() -> Path:
    place = Path(os.environ.get("MNIST") or Path(__file__).parents[2] / "shared" / "data" / "mnist")
    if not place.is_dir():
        pytest.skip("no MNIST here: name its folder in the environment variable MNIST")
    return place


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the program leaves after training on scikit-learn's digits, all by default."""
    out = tmp_path_factory.mktemp("digits-out")
    digits.main(["--out", str(out)])
    return out


# ---- Training


def test_default_accuracy(trained: Path) -> None:
    images, labels = held_back_digits()
    _, side, model = digits.load_model(trained / "digits.pt")
    answers = digits.outputs(model, ag.tensor(images, dtype=ag.float32)).argmax(1).tolist()
    assert (side, len(labels)) == (8, 360)
    assert np.mean(np.equal(answers, labels)) >= 0.965


def test_leaves_weights_and_pictures(trained: Path) -> None:
    assert sorted(path.name for path in trained.iterdir()) == [
        "digits.pt",
        "graph.svg",
        "learning-curve.png",
        "misread.png",
    ]
    for picture in trained.glob("*.png"):
        with Image.open(picture) as image:
            assert min(image.size) > 100


@pytest.mark.parametrize("preset", digits.PRESETS)
@pytest.mark.parametrize("optimizer", digits.OPTIMIZERS)
def test_quick(preset: str, optimizer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits.main(["--quick", "--preset", preset, "--optimizer", optimizer, "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "800 images of 8 x 8 to train on, 360 held back" in printed
    epochs = re.findall(r"epoch +\d+: loss (\d+\.\d+), \d+ / 360 right \(0\.\d+\), \d+\.\d+ s", printed)
    first, second = map(float, epochs)
    assert second < first
    assert "Saved and loaded again, with identical outputs" in printed


def test_same_seed_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(seed: int) -> list[str]:
        digits.main(["--quick", "--epochs", "1", "--preset", "tf", "--seed", str(seed), "--out", str(tmp_path)])
        return re.findall(r"loss \S+ \d+ / 360", capsys.readouterr().out)

    assert run(3) == run(3) != run(4)


def test_the_documents_settings() -> None:
    nielsen, tf = digits.PRESETS["nielsen"], digits.PRESETS["tf"]
    assert (next(iter(nielsen.rates.items())), nielsen.batch, nielsen.epochs) == (("sgd", 3.0), 10, 30)
    assert nielsen.images == 50_000
    assert next(iter(tf.rates.items())) == ("adagrad", 0.3)
    assert tf.epochs * tf.images == 3000 * 100, "3000 batches of 100"
    assert [tuple(p.shape) for p in nielsen.network(784).parameters()] == [(30, 784), (30,), (10, 30), (10,)]
    assert [tuple(p.shape) for p in tf.network(784).parameters()] == [(300, 784), (300,), (10, 300), (10,)]
    w1, b1, w2, b2 = (p.detach().numpy() for p in tf.network(784).parameters())
    assert 0.08 < w1.std() < 0.1
    assert 0.19 < abs(w1).max() < 0.2001, "cut at two standard deviations"
    assert not any(array.any() for array in (b1, w2, b2))


def test_half_squared_error() -> None:
    a = ag.tensor([[0.5] + [0.0] * 9, [0.0] * 9 + [1.0]])
    assert digits.half_squared_error(a, ag.tensor([0, 9])).item() == pytest.approx(0.25 / 2 / 2)


def test_small_mnist_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten kinds of bars, in IDX files: learnt within a few epochs, and read again from a picture."""
    rng = np.random.default_rng(0)
    for name, n in (("train", 300), ("t10k", 50)):
        labels = rng.integers(0, 10, n).astype(np.uint8)
        images = np.zeros((n, 28, 28), np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[4:24, 4 + 2 * label : 6 + 2 * label] = 255
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (tmp_path / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    out = tmp_path / "out"
    digits.main(["--mnist", str(tmp_path), "--epochs", "3", "--out", str(out)])
    printed = capsys.readouterr().out
    assert re.search(r"epoch  3: .* 50 / 50 right", printed)
    assert "300 images of 28 x 28 to train on, 50 held back" in printed
    digits.main(["--out", str(out), "--recognise", str(save(a_seven(), tmp_path / "seven.png"))])
    assert (out / "recognised.png").is_file()


# ---- Recognising


def test_recognises_pictures(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, labels = held_back_digits()
    paths = []
    for i, image in enumerate(images[:40]):
        large = Image.fromarray(np.pad(image, 2).astype(np.float32)).resize((96, 96), Image.Resampling.BICUBIC)
        paths.append(save(0.9 - 0.7 * np.clip(large, 0, 1), tmp_path / f"{i}.png"))
    digits.main(["--out", str(trained), "--recognise", *map(str, paths)])
    printed = capsys.readouterr().out
    answers = [int(digit) for digit in re.findall(r"\.png: (\d)", printed)]
    assert np.mean(np.equal(answers, labels[:40])) >= 0.8
    assert len(re.findall(r"^  \d  [01]\.\d{3}", printed, re.MULTILINE)) == 400
    (trained / "recognised.png").unlink()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recognise", "seven.png"], r"no trained network at .*Train one first, python -m examples.digits"),
        (["--mnist", "nowhere"], r"MNIST is not complete in nowhere: no train-images-idx3-ubyte"),
        (["--epochs", "0"], r"--epochs must be at least 1"),
    ],
)
def test_errors(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        digits.main([*arguments, "--out", str(tmp_path / "new")])
    assert stop.value.code
    assert re.search(message, capsys.readouterr().err)


def test_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(SystemExit):
        digits.main(["--download", "--out", str(tmp_path)])
    assert re.search(r"could not be downloaded.*no route to host.*--mnist FOLDER", capsys.readouterr().err)


def test_not_a_picture(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    save(np.full((30, 30), 0.7), tmp_path / "blank.png")
    messages = {
        "text.png": "not a picture that can be read",
        "blank.png": "no digit to be seen",
        "nothing.png": "there is no such picture",
    }
    for name, message in messages.items():
        with pytest.raises(SystemExit):
            digits.main(["--out", str(trained), "--recognise", str(tmp_path / name)])
        assert re.search(f"{name}: {message}", capsys.readouterr().err)


def test_missing_library_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r'no_such_library: pip install "autograd-core\[examples\]"'):
        extra("no_such_library")


# ---- From a picture to the input


def test_form_of_mnist() -> None:
    digit = normalise(a_seven())
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    assert digit.shape == (28, 28)
    assert digit.min() == 0
    assert 0.9 < digit.max() <= 1
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert np.abs(np.subtract(centre_of_mass(digit), 14)).max() <= 0.5


def test_form_of_scikit_learns_digits() -> None:
    digit, (images, _) = normalise(a_seven(), 8), held_back_digits()
    assert digit.shape == (8, 8)
    assert digit.max() == 1
    assert digit.any(1).all(), "as high as the image"
    assert digit.mean() == pytest.approx(images.mean(), abs=0.1)


@pytest.mark.parametrize("side", [28, 8])
def test_colour_of_paper_and_place_do_not_matter(side: int) -> None:
    white_on_black, black_on_white = a_seven(ink=1, paper=0), a_seven(ink=0, paper=1)
    expected = normalise(white_on_black, side)
    np.testing.assert_allclose(normalise(black_on_white, side), expected, atol=1e-6)
    np.testing.assert_allclose(normalise(a_seven(ink=0.3, paper=0.8), side), expected, atol=1e-6)
    moved = np.roll(black_on_white, (25, 50), (0, 1))  # whole pixels of the smaller picture too
    np.testing.assert_allclose(normalise(moved, side), expected, atol=1e-6)


@pytest.mark.parametrize("side", [28, 8])
def test_shade_and_grain_hardly_matter(side: int) -> None:
    clean = a_seven()
    shaded = clean - np.linspace(0, 0.3, clean.shape[1])
    grain = np.random.default_rng(0).normal(size=clean.shape)
    for picture in (shaded, clean + 0.05 * grain, shaded + 0.03 * grain):
        assert likeness(normalise(picture, side), normalise(clean, side)) > 0.9


@pytest.mark.parametrize("side", [28, 8])
def test_pen_hardly_matters(side: int) -> None:
    ink = np.zeros((400, 400))
    ink[100:300, 200:203] = ink[100:103, 120:203] = 1
    thin = normalise(ink, side)
    assert thin.max() > 0.95, "not pale"
    assert thin.mean() > {28: 0.04, 8: 0.2}[side]


def test_kinds_of_files(tmp_path: Path) -> None:
    grey = a_seven(ink=0, paper=1)
    expected = normalise(grey)
    ink = ((1 - grey) * 255).astype(np.uint8)
    black, levels = np.zeros_like(ink), np.round(grey * 255).astype(np.uint8)
    Image.fromarray(np.stack([black, black, black, ink], axis=2), "RGBA").save(tmp_path / "transparent.png")
    Image.fromarray(np.stack([levels] * 3, axis=2)).save(tmp_path / "photo.jpg", quality=90)
    Image.fromarray(levels).convert("P").save(tmp_path / "palette.gif")
    Image.fromarray(levels).convert("1").save(tmp_path / "fax.png")
    Image.fromarray((grey * 65535).astype(np.uint16)).save(tmp_path / "deep.png")
    for path in tmp_path.iterdir():
        assert likeness(network_input(path), expected) > 0.9, path.name


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 3), (3, 400), (400, 3), (28, 28)])
def test_any_picture_gives_a_digit_or_an_error(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for picture in (*rng.random((20, *shape)), *rng.integers(0, 2, (20, *shape)).astype(float)):
        for side in (28, 8):
            try:
                digit = normalise(picture, side)
            except ValueError:  # nothing to be seen
                continue
            assert digit.shape == (side, side)
            assert digit.min() >= 0
            assert 0 < digit.max() <= 1


# ---- MNIST itself


def test_inversion_and_centring(mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """001-20: inverted or shifted by (3, 3), MNIST's digits are misread; brought to their form they are read."""
    digits.main(["--mnist", str(mnist), "--preset", "tf", "--epochs", "1", "--out", str(tmp_path)])
    assert "60000 images of 28 x 28 to train on, 10000 held back" in capsys.readouterr().out
    _, _, model = digits.load_model(tmp_path / "digits.pt")
    _, held_back = digits.load_data(mnist, 1, quick=True)
    images = held_back.tensors[0].numpy().astype(np.float64)
    labels = held_back.tensors[1].numpy()
    shifted = np.zeros_like(images)
    shifted[:, 3:, 3:] = images[:, :-3, :-3]

    def accuracy(pictures: Grey) -> float:
        answers = digits.outputs(model, ag.tensor(pictures, dtype=ag.float32)).argmax(1).numpy()
        return float(np.mean(answers == labels))

    assert accuracy(images) > 0.93
    assert accuracy(1 - images) < 0.2
    assert accuracy(shifted) < 0.35
    assert accuracy(np.stack([normalise(1 - image) for image in shifted])) > 0.92
    unchanged = [np.allclose(normalise(image), image, atol=0.02) for image in images]
    assert np.mean(unchanged) > 0.95, "MNIST's own images have the form of MNIST"
