"""IDX files, the format of MNIST: read one, load the four of a folder, download them.

An IDX file is a header and an array: two zero bytes, a byte for the element type, a byte for the
number of dimensions, one big-endian 32-bit size per dimension, then the elements, last dimension
fastest and big-endian too. Plain and gzip-compressed files are read alike.
Needs NumPy and the standard library only.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LabelledImages", "download_mnist", "load_mnist", "read_idx"]

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# SHA-256 of the unpacked content: mirrors may compress the same file to different bytes.
_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
_LARGEST_DOWNLOAD = 16 * 2**20  # the largest of the four is under 10 MB; anything longer is another file


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """The array of an IDX file, plain or gzip-compressed (told by its content, not by its name).

    The array is writable and has the machine's byte order. A file that is not IDX, or that holds
    fewer or more bytes than its header announces, raises ValueError.
    """
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            data = (gzip.GzipFile(fileobj=file) if compressed else file).read()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: its gzip data is cut short or damaged ({error})") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _DTYPES or data[3] == 0:
        raise ValueError(
            f"{path}: not an IDX file. Its magic number is 0x{data[:4].hex() or '0'}; MNIST's are 0x00000801 "
            "for labels and 0x00000803 for images: two zero bytes, the element type, the number of dimensions."
        )
    dtype, header = np.dtype(_DTYPES[data[2]]), 4 + 4 * data[3]
    if len(data) < header:
        raise ValueError(f"{path}: cut short within its header: {len(data)} of {header} bytes")
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", data[3], offset=4))
    expected, found = math.prod(shape) * dtype.itemsize, len(data) - header
    if found != expected:
        what = "cut short" if found < expected else "too long"
        raise ValueError(
            f"{path}: {what}. Its header announces {' x '.join(map(str, shape))} elements of "
            f"{dtype.itemsize} byte(s), that is {expected} bytes, and {found} bytes follow."
        )
    return np.frombuffer(data, dtype, offset=header).reshape(shape).astype(dtype.newbyteorder("="))


@dataclass(frozen=True)
class LabelledImages:
    """Grey images and what they show, as a Dataset: item i is the pair (image, label)."""

    images: npt.NDArray[np.uint8]  #: (n, 28, 28), 0 background to 255 ink
    labels: npt.NDArray[np.int64]  #: (n,), the digits 0 to 9

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.uint8], int]:
        return self.images[index], int(self.labels[index])


def load_mnist(folder: str | os.PathLike[str]) -> tuple[LabelledImages, LabelledImages]:
    """MNIST's training images (60,000) and test images (10,000) from the four IDX files in a folder.

    The files may be plain or end in ``.gz``; ``train-images.idx3-ubyte`` is accepted as a name too.
    FileNotFoundError lists the files that are missing; damaged files or ones that do not belong
    together raise ValueError.
    """
    paths = {name: _find(Path(folder), name) for name in _SHA256}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise FileNotFoundError(
            f"MNIST is not complete in {folder}: no {', '.join(missing)}; each is looked for plain and as .gz."
        )
    train_images, train_labels, test_images, test_labels = (path for path in paths.values() if path)
    return _pair(train_images, train_labels), _pair(test_images, test_labels)


def _find(folder: Path, name: str) -> Path | None:
    stems = (name, name.replace("-idx", ".idx"))
    candidates = (folder / (stem + end) for stem in stems for end in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _pair(image_path: Path, label_path: Path) -> LabelledImages:
    images, labels = read_idx(image_path), read_idx(label_path)
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise ValueError(f"{image_path}: images are n x 28 x 28 bytes, but it holds {_describe(images)}")
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise ValueError(f"{label_path}: labels are one row of bytes, but it holds {_describe(labels)}")
    if len(images) != len(labels):
        raise ValueError(
            f"{image_path} holds {len(images)} images and {label_path} {len(labels)} labels: "
            "they do not belong together."
        )
    if labels.size and labels.max() > 9:
        raise ValueError(f"{label_path}: a label is {labels.max()}, MNIST's labels are the digits 0 to 9.")
    return LabelledImages(images, labels.astype(np.int64))


def _describe(array: npt.NDArray[Any]) -> str:
    return " x ".join(map(str, array.shape)) + f" of {array.dtype}"


def download_mnist(folder: str | os.PathLike[str], timeout: float = 30.0) -> None:
    """Fetch MNIST's four ``.gz`` files (11 MB) into a folder, trying one mirror after the other.

    Each file's unpacked content is checked against its SHA-256 before it appears under its name; a
    file that is there and right is kept. ConnectionError, if no mirror gave the right file, tells
    what each answered.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, checksum in _SHA256.items():
        path = folder / (name + ".gz")
        if not (path.is_file() and _sha256_unpacked(path.read_bytes()) == checksum):
            _write_atomically(path, _fetch(name + ".gz", checksum, timeout))


def _fetch(name: str, checksum: str, timeout: float) -> bytes:
    import urllib.request  # which takes longer to import than all of nn.data
    from http.client import HTTPException

    failures = []
    for mirror in _MIRRORS:
        try:
            with urllib.request.urlopen(mirror + name, timeout=timeout) as response:
                data: bytes = response.read(_LARGEST_DOWNLOAD)
        except (OSError, HTTPException) as error:  # no route, refused, timed out, 404, cut off, ...
            failures.append(f"{mirror}: {error}")
            continue
        if _sha256_unpacked(data) == checksum:
            return data
        failures.append(f"{mirror}: the checksum of what came is wrong")
    raise ConnectionError(
        f"MNIST could not be downloaded ({name}). {'; '.join(failures)}. Without a connection, copy the four "
        "files from elsewhere into a folder and name it: --mnist FOLDER, load_mnist(folder)."
    )


def _sha256_unpacked(data: bytes) -> str | None:
    digest = hashlib.sha256()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while block := file.read(2**16):
                digest.update(block)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return None
    return digest.hexdigest()


def _write_atomically(path: Path, data: bytes) -> None:
    """A reader sees the old file or the whole new one, also when two downloads run at once."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
