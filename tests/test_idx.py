"""IDX files: what is read, what is refused and how; the download of MNIST, from mirrors made up here."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn import data
from nn.data import idx
from nn.data.idx import download_mnist, load_mnist, read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = idx._SHA256


def idx_bytes(array: np.ndarray[Any, Any]) -> bytes:
    sizes = np.array(array.shape, ">u4").tobytes()
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim]) + sizes
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def digits(n: int, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 28, 28)).astype(np.uint8), rng.integers(0, 10, n).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small MNIST: 7 training images, 3 test images; one file plain, three compressed."""
    train, test = digits(7), digits(3, 1)
    for name, array in zip(idx._SHA256, (*train, *test), strict=True):
        if name == TRAIN_IMAGES:
            (tmp_path / name).write_bytes(idx_bytes(array))
        else:
            (tmp_path / (name + ".gz")).write_bytes(gzip.compress(idx_bytes(array)))
    return tmp_path


# ---- read_idx


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (0, 28, 28)])
@pytest.mark.parametrize("name", ["plain", "compressed.gz", "compressed-without-the-ending", "plain.gz"])
def test_reads_what_was_written(tmp_path: Path, dtype: str, shape: tuple[int, ...], name: str) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype) - np.ones((), dtype)
    data = idx_bytes(array)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.startswith("compressed") else data)
    read = read_idx(tmp_path / name)
    np.testing.assert_array_equal(read, array)
    assert read.dtype == np.dtype(dtype)
    assert read.dtype.isnative
    assert read.flags.writeable


GOOD = idx_bytes(digits(2)[0])
BAD = {
    "another format": (b"\x89PNG\r\n\x1a\n" + bytes(40), r"not an IDX file. Its magic number is 0x89504e47"),
    "an unknown type": (bytes([0, 0, 7, 1]) + bytes(8), r"magic number is 0x00000701"),
    "no dimensions": (bytes([0, 0, 8, 0]), r"magic number is 0x00000800"),
    "empty": (b"", r"not an IDX file"),
    "the magic number alone": (GOOD[:4], r"cut short within its header: 4 of 16 bytes"),
    "half a header": (GOOD[:9], r"cut short within its header: 9 of 16 bytes"),
    "the header alone": (GOOD[:16], r"cut short. .*2 x 28 x 28 .*1568 bytes, and 0 bytes follow"),
    "a byte too few": (GOOD[:-1], r"cut short. .*1568 bytes, and 1567 bytes follow"),
    "a byte too many": (GOOD + b"\0", r"too long. .*1568 bytes, and 1569 bytes follow"),
    "a size that no machine holds": (bytes([0, 0, 8, 3]) + b"\xff" * 12, r"cut short. .*4294967295"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_refuses(tmp_path: Path, case: str, pack: Callable[[bytes], bytes]) -> None:
    data, message = BAD[case]
    (tmp_path / "file").write_bytes(pack(data))
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(tmp_path / "file")
    assert str(tmp_path / "file") in str(caught.value)


def test_refuses_damaged_gzip(tmp_path: Path) -> None:
    data = gzip.compress(GOOD, mtime=0)
    wrong_sum = data[:-8] + bytes(4) + data[-4:]
    for damaged in (data[:2], data[:30], data[: len(data) // 2], data[:-1], wrong_sum, data + b"more"):
        (tmp_path / "file.gz").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"gzip data is cut short or damaged \("):
            read_idx(tmp_path / "file.gz")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")


# ---- load_mnist


def test_loads_mnist(folder: Path) -> None:
    train, test = load_mnist(folder)
    images, labels = digits(7)
    np.testing.assert_array_equal(train.images, images)
    np.testing.assert_array_equal(train.labels, labels)
    assert (len(train), len(test)) == (7, 3)
    assert train.labels.dtype == np.dtype(np.int64)
    image, label = train[4]
    np.testing.assert_array_equal(image, images[4])
    assert label == labels[4]
    assert type(label) is int


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("below", ["", "MNIST/raw"])
def test_mnist_as_a_data_set(folder: Path, tmp_path: Path, train: bool, below: str) -> None:
    (tmp_path / "root" / below).mkdir(parents=True)
    for file in [file for file in folder.iterdir() if file.is_file()]:
        file.rename(tmp_path / "root" / below / file.name)
    images, labels = digits(7) if train else digits(3, 1)
    mnist = data.MNIST(tmp_path / "root", train)
    assert len(mnist) == len(labels)
    assert (mnist.data.dtype, mnist.targets.dtype) == (np.uint8, np.int64)
    image, label = mnist[2]
    np.testing.assert_array_equal(image.numpy(), images[2])
    assert (label, type(label)) == (labels[2], int)
    scaled = data.MNIST(tmp_path / "root", train, lambda image: image / 255, lambda label: 9 - label)
    x, y = next(iter(data.DataLoader(scaled, batch_size=3)))
    np.testing.assert_array_equal(x.numpy(), images[:3] / np.float32(255))
    assert y.tolist() == [9 - label for label in labels[:3]]


def test_mnist_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not complete"):
        data.MNIST(tmp_path)


def test_scikit_learns_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    small = data.Digits(lambda image: image.float() / 16)
    assert (tuple(small.data.shape), small.data.max().item(), len(small)) == ((1797, 8, 8), 16, 1797)
    assert np.bincount(small.targets.numpy()).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    image, label = small[0]
    assert (image.dtype, image[0].tolist(), label) == (np.float32, [0, 0, 5 / 16, 13 / 16, 9 / 16, 1 / 16, 0, 0], 0)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        data.Digits()


def test_other_spelling(folder: Path) -> None:
    (folder / TRAIN_IMAGES).rename(folder / "train-images.idx3-ubyte")
    assert len(load_mnist(folder)[0]) == 7


def test_lists_what_is_missing(folder: Path) -> None:
    (folder / (TRAIN_LABELS + ".gz")).unlink()
    (folder / TRAIN_IMAGES).unlink()
    with pytest.raises(FileNotFoundError, match=f"no {TRAIN_IMAGES}, {TRAIN_LABELS}; each") as caught:
        load_mnist(folder)
    assert TEST_IMAGES not in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (digits(6)[0], r"holds 6 images and .* 7 labels: they do not belong together"),
        (digits(7)[1], r"images are n x 28 x 28 bytes, but it holds 7 of uint8"),
        (digits(7)[0][:, :8, :8].copy(), r"it holds 7 x 8 x 8 of uint8"),
        (digits(7)[0].astype(np.float32), r"it holds 7 x 28 x 28 of float32"),
    ],
)
def test_images_that_do_not_fit(folder: Path, array: np.ndarray[Any, Any], message: str) -> None:
    (folder / TRAIN_IMAGES).write_bytes(idx_bytes(array))
    with pytest.raises(ValueError, match=message):
        load_mnist(folder)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full(7, 10, np.uint8), r"a label is 10"),
        (digits(7)[0], r"labels are one row of bytes, but it holds 7 x 28 x 28 of uint8"),
    ],
)
def test_labels_that_do_not_fit(folder: Path, array: np.ndarray[Any, Any], message: str) -> None:
    (folder / (TRAIN_LABELS + ".gz")).write_bytes(gzip.compress(idx_bytes(array)))
    with pytest.raises(ValueError, match=message):
        load_mnist(folder)


def test_real_mnist() -> None:
    place = Path(os.environ.get("MNIST") or Path(__file__).parents[2] / "shared" / "data" / "mnist")
    if not place.is_dir():
        pytest.skip("no MNIST here: name its folder in the environment variable MNIST")
    train, test = load_mnist(place)
    assert (train.images.shape, test.images.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert train.images.mean() / 255 == pytest.approx(0.13066, abs=1e-5)
    arrays: list[np.ndarray[Any, Any]] = [train.images, train.labels, test.images, test.labels]
    for name, array in zip(idx._SHA256, arrays, strict=True):
        assert hashlib.sha256(idx_bytes(array.astype(np.uint8))).hexdigest() == idx._SHA256[name]


# ---- download_mnist


class Mirrors:
    """Stands for the network: what each address answers, and what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        arrays = (*digits(7), *digits(3, 1))
        self.content = dict(zip(idx._SHA256, map(idx_bytes, arrays), strict=True))
        self.answers: dict[str, bytes | Exception] = {}
        self.asked: list[str] = []
        for mirror, level in zip(idx._MIRRORS, (1, 9), strict=True):  # other bytes, as right
            for name, content in self.content.items():
                self.answers[f"{mirror}{name}.gz"] = gzip.compress(content, level, mtime=level)
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in self.content.items()}
        monkeypatch.setattr(idx, "_SHA256", sums)
        monkeypatch.setattr("urllib.request.urlopen", self.open)

    def open(self, url: str, timeout: float) -> io.BytesIO:
        assert timeout > 0
        self.asked.append(url)
        answer = self.answers[url]
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer)


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> Mirrors:
    return Mirrors(monkeypatch)


def test_download(mirrors: Mirrors, tmp_path: Path) -> None:
    download_mnist(tmp_path / "new" / "folder")
    assert [len(part) for part in load_mnist(tmp_path / "new" / "folder")] == [7, 3]
    assert len(mirrors.asked) == 4
    download_mnist(tmp_path / "new" / "folder")
    assert len(mirrors.asked) == 4, "what is there and right is not fetched again"


def test_mnist_fetches_what_is_not_there(mirrors: Mirrors, tmp_path: Path) -> None:
    assert [len(data.MNIST(tmp_path, train, download=True)) for train in (True, False)] == [7, 3]
    assert len(mirrors.asked) == 4


def test_download_mends_a_damaged_file_only(mirrors: Mirrors, tmp_path: Path) -> None:
    download_mnist(tmp_path)
    path = tmp_path / (TEST_IMAGES + ".gz")
    path.write_bytes(path.read_bytes()[:-20])
    download_mnist(tmp_path)
    assert len(mirrors.asked) == 5
    assert mirrors.asked[-1].endswith(TEST_IMAGES + ".gz")
    assert len(load_mnist(tmp_path)[1]) == 3


@pytest.mark.parametrize(
    "answer",
    [
        urllib.error.URLError("refused"),
        TimeoutError("timed out"),
        gzip.compress(b"another file", mtime=0),
        b"<html>log in to the network first</html>",
        gzip.compress(GOOD, mtime=0)[:-30],
        b"",
    ],
)
def test_second_mirror(mirrors: Mirrors, tmp_path: Path, answer: bytes | Exception) -> None:
    mirrors.answers[f"{idx._MIRRORS[0]}{TRAIN_LABELS}.gz"] = answer
    download_mnist(tmp_path)
    assert len(load_mnist(tmp_path)[0]) == 7
    assert len(mirrors.asked) == 5


def test_offline(mirrors: Mirrors, tmp_path: Path) -> None:
    mirrors.answers = dict.fromkeys(mirrors.answers, urllib.error.URLError("no route to host"))
    with pytest.raises(ConnectionError, match=r"no route to host.*--mnist FOLDER"):
        download_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_checksum_leaves_the_folder_as_it_was(mirrors: Mirrors, tmp_path: Path) -> None:
    old = tmp_path / (TEST_LABELS + ".gz")
    old.write_bytes(b"old")
    for mirror in idx._MIRRORS:
        mirrors.answers[f"{mirror}{TEST_LABELS}.gz"] = gzip.compress(GOOD, mtime=0)
    with pytest.raises(ConnectionError, match=r"checksum of what came is wrong"):
        download_mnist(tmp_path)
    assert old.read_bytes() == b"old"
    assert not list(tmp_path.glob("*.part"))
