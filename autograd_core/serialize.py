"""`save` and `load`: PyTorch's `.pt` files, and `.safetensors` and `.npz`.

A `.pt` file is a zip of a pickle, `data.pkl`, and of the bytes of each storage: `data/0`, `data/1`, …
What a damaged or hostile file says is checked against the bytes that it has before anything is allocated.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from pickle import UnpicklingError
from typing import IO, TYPE_CHECKING, Any, Final
from zipfile import ZIP64_LIMIT, BadZipFile, ZipFile, ZipInfo
from zlib import crc32

import numpy as np

from . import dtypes, pickles
from .pickles import register_parameter_class
from .primitive import wrap
from .tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .dtypes import DType
    from .primitive import Array

    Path = str | os.PathLike[str]

__all__ = ["load", "register_parameter_class", "save"]


def save(obj: Any, f: Path | IO[bytes]) -> None:
    """Write tensors, containers of them and plain values to a path or a binary file, as ``torch.save`` does.

    PyTorch opens the file with its defaults. A path is replaced at once, when all is on disk: whatever happens,
    it holds the old file or the new one. A path that ends in ``.safetensors`` or ``.npz`` is written in that
    format, and takes a flat dict of tensors. NumPy's numbers are written as Python's.

    >>> from io import BytesIO
    >>> save({"step": 3, "weight": tensor([1., 2.])}, file := BytesIO())
    >>> file.seek(0), load(file)
    (0, {'step': 3, 'weight': tensor([1., 2.])})
    """
    if isinstance(f, str | os.PathLike):
        write, _ = _FORMATS.get(os.path.splitext(f)[1], (_write_pt, _read_pt))
        with _replacing(f) as file:
            write(obj, file)
    elif hasattr(f, "write"):
        _write_pt(obj, f)
    else:
        raise AttributeError(f"save: f must be a path or a binary file with a write method, not {type(f).__name__}")


def load(
    f: Path | IO[bytes], map_location: Any = None, *, weights_only: bool | None = True, mmap: bool | None = None
) -> Any:
    """Read what `save` or ``torch.save`` wrote to a path or a seekable binary file.

    Only tensors, containers and plain values are ever made, also with ``weights_only=False``, which is accepted
    for the programs that say so. Tensors that shared a storage share their memory. `map_location` works as on a
    machine without a GPU. `mmap` maps the file instead of reading it; writes to such tensors stay in memory.

    A truncated or damaged file raises RuntimeError; one that asks for anything else pickle.UnpicklingError,
    which names it; tensors of a dtype that NumPy does not have TypeError.
    """
    if mmap and not (isinstance(f, str | os.PathLike) and os.path.splitext(f)[1] not in _FORMATS):
        raise ValueError("load: mmap=True needs f to be the path of a .pt file")
    if not isinstance(f, str | os.PathLike):
        if not all(hasattr(f, method) for method in ("read", "seek", "tell")):
            raise AttributeError("load: f must be a path or a seekable binary file; read it into an io.BytesIO first")
        return _read_pt(f, map_location)
    _, read = _FORMATS.get(os.path.splitext(f)[1], (_write_pt, _read_pt))
    with open(f, "rb") as file:
        return read(file, map_location, f if mmap else None)


# ---------------------------------------------------------------- reading


def _read_pt(file: IO[bytes], map_location: Any, path: Path | None = None) -> Any:
    reader = _Reader(file, map_location, path)
    return pickles.read(reader.record("data.pkl").tobytes(), reader.storage)


class _Reader:
    """One PyTorch file: the records of its zip, and the storages found so far."""

    def __init__(self, file: IO[bytes], map_location: Any, path: Path | None) -> None:
        self.file, self.map_location, self.path = file, map_location, path
        self.storages: dict[str, Tensor] = {}
        start, magic = file.tell(), file.read(4)
        if not magic:
            raise EOFError("load: the file is empty")
        if magic != b"PK\3\4":
            raise UnpicklingError(
                "load: not a zip file, which torch.save writes since PyTorch 1.6. Open it there, and save it again."
            )
        end = file.seek(0, os.SEEK_END)
        file.seek(start)
        with _intact():
            self.zip = ZipFile(file)
            records = self.zip.infolist()
            if sum(record.file_size for record in records) > end or any(record.compress_type for record in records):
                raise BadZipFile("the records are compressed, or larger than the file")
            self.folder = records[0].filename.partition("/")[0]
        known = f"{self.folder}/byteorder" in self.zip.NameToInfo
        self.byteorder = self.record("byteorder").tobytes() if known else b"little"
        if self.byteorder not in (b"little", b"big"):
            raise RuntimeError(f"load: the file is corrupt: byte order {self.byteorder!r:.20}")

    def record(self, name: str, dtype: DType = dtypes.uint8, path: Path | None = None) -> Array:
        """A record as an array, in memory of its own, or mapped from `path`."""
        with _intact():
            info = self.zip.getinfo(f"{self.folder}/{name}")
            numel = info.file_size // dtype.itemsize
            with self.zip.open(info) as stream:  # checks its header
                if path is not None and numel:
                    self.file.seek(info.header_offset + 26)  # the lengths of its name and its extra field
                    start = info.header_offset + 30 + int(np.frombuffer(self.file.read(4), "<u2").sum())
                    return np.asarray(np.memmap(path, dtype, "c", start, (numel,)))
                content, place = np.empty(info.file_size, np.uint8), 0
                while part := stream.read(1 << 20):  # checks the sum when all is read
                    content[place : place + len(part)] = np.frombuffer(part, np.uint8)
                    place += len(part)
                if place != info.file_size:
                    raise EOFError("the file ends within a record")
                return content[: numel * dtype.itemsize].view(dtype)

    def storage(self, key: str, dtype: DType, numel: int, location: str) -> Tensor:
        """A storage, as a 1-D tensor; the same one for the same key."""
        if key not in self.storages:
            array = self.record(f"data/{key}", dtype, self.path)
            if self.byteorder != sys.byteorder.encode():
                array.byteswap(inplace=True)
            if dtype == dtypes.bool:  # NumPy trusts that these bytes are 0 or 1
                np.not_equal(array.view(np.uint8), 0, out=array)
            self.storages[key] = self.place(wrap(array), location)
        known = self.storages[key]
        if known.dtype != dtype or known.array.size != numel:
            raise UnpicklingError(f"load: storage {key} is not of {numel} elements of dtype {dtype}")
        return known

    def place(self, storage: Tensor, location: str) -> Tensor:
        """The storage where `map_location` wants it: on a machine without a GPU, that can only be here."""
        wanted = self.map_location
        if callable(wanted):
            moved: Any = wanted(storage, location)
            if moved is not None:
                return moved  # type: ignore[no-any-return]  # what the user's function made of it
        elif wanted is not None:
            location = str(wanted.get(location, location) if isinstance(wanted, Mapping) else wanted)
        if location.partition(":")[0] != "cpu":
            raise RuntimeError(
                f"load: attempting to deserialize an object on device {location!r}, which is not available. "
                "To have it on the CPU: load(..., map_location='cpu')."
            )
        return storage


@contextmanager
def _intact() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, LookupError, ValueError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise RuntimeError(f"load: the file is truncated or corrupt: {error}") from error


# ---------------------------------------------------------------- writing


class _Sink:
    """A file that is only written to, so that zipfile never goes back; places count from here."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.place, self.flush = file, 0, lambda: None

    def write(self, content: Any) -> int:
        self.file.write(content)
        self.place += len(content)
        return len(content)

    def tell(self) -> int:
        return self.place


def _write_pt(obj: Any, file: IO[bytes]) -> None:
    program, storages = pickles.write(obj)  # all that can fail does so before anything is written
    records: dict[str, Any] = {"data.pkl": program, "byteorder": sys.byteorder.encode()}
    records |= {f"data/{key}": storage for key, storage in enumerate(storages)}
    records |= {"version": b"3\n", ".data/serialization_id": b"%040d" % crc32(program)}
    sink: Any = _Sink(file)
    with ZipFile(sink, "w") as archive:
        for name, content in records.items():
            info = ZipInfo(f"archive/{name}")
            info.file_size = len(content)
            zip64 = 20 if info.file_size * 1.05 > ZIP64_LIMIT else 0  # zipfile's own rule for its extra field
            padding = -(sink.tell() + 30 + len(info.filename) + 4 + zip64) % 64  # so that storages can be mapped
            info.extra = b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
            with archive.open(info, "w") as stream:
                stream.write(content)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file beside `path`, which takes its place when all is well."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"save: parent directory {folder} does not exist")
    if os.path.exists(target) and not os.path.isfile(target):  # a device or a pipe is not to be replaced
        with open(target, "wb") as file:
            yield file
        return
    temporary = os.path.join(folder, f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


# ---------------------------------------------------------------- the other formats


def _arrays(obj: Any) -> dict[str, Array]:
    if not isinstance(obj, Mapping) or not all(type(k) is str and isinstance(v, Tensor) for k, v in obj.items()):
        raise TypeError("save: .safetensors and .npz files hold a flat dict of tensors; write the rest to .pt")
    return {name: np.asarray(tensor.array, order="C") for name, tensor in obj.items()}


def _tensors(arrays: Mapping[str, Array]) -> dict[str, Tensor]:
    found = {name: np.asarray(array) for name, array in arrays.items()}
    return {name: wrap(np.asarray(array, dtypes.as_dtype(array.dtype))) for name, array in found.items()}


def _write_npz(obj: Any, file: IO[bytes]) -> None:
    arrays = _arrays(obj)
    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _read_npz(file: IO[bytes], *_: Any) -> dict[str, Tensor]:
    with _intact(), np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
        return _tensors(archive)


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError('.safetensors files need a package: pip install "autograd-core[io]"') from None
    return safetensors


def _write_safetensors(obj: Any, file: IO[bytes]) -> None:
    arrays, package = _arrays(obj), _safetensors()
    try:
        file.write(package.numpy.save(arrays, {"format": "pt"}))
    except package.SafetensorError as error:
        raise TypeError(f"save: {error}") from error


def _read_safetensors(file: IO[bytes], *_: Any) -> dict[str, Tensor]:
    package = _safetensors()
    try:
        return _tensors(package.numpy.load(file.read()))
    except KeyError as dtype:
        raise TypeError(f"load: tensors here cannot have dtype {dtype}; in PyTorch, save tensor.float()") from None
    except package.SafetensorError as error:
        raise RuntimeError(f"load: the file is truncated or corrupt: {error}") from error


_FORMATS: Final[dict[str, Any]] = {
    ".safetensors": (_write_safetensors, _read_safetensors),
    ".npz": (_write_npz, _read_npz),
}
