"""`save` and `load`: PyTorch's `.pt` files, and `.safetensors` and `.npz`.

A `.pt` file is a zip of a pickle, `data.pkl`, and of the bytes of each storage: `data/0`, `data/1`, …; before PyTorch
1.6 it was a sequence of pickles, followed by those bytes. What a damaged or hostile file says is checked against the
bytes that it has before anything is allocated.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pickle import UnpicklingError
from typing import IO, TYPE_CHECKING, Any, Final
from zipfile import ZIP64_LIMIT, ZipFile, ZipInfo
from zlib import crc32

import numpy as np

from .. import devices
from ..arrays import dtypes
from ..primitive import wrap
from . import archives, flat, pickles
from .archives import intact
from .pickles import register_parameter_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..arrays.dtypes import DTypeLike
    from ..primitive import Array
    from ..tensor import Tensor
    from .pickles import StorageType

    Path = str | os.PathLike[str]

__all__ = ["load", "register_parameter_class", "save"]


def save(
    obj: Any,
    f: Path | IO[bytes],
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    *,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors, containers of them and plain values to a path or a binary file, as ``torch.save`` does.

    PyTorch opens the file with its defaults. A path is replaced at once, when all is on disk: whatever happens,
    it holds the old file or the new one. A path that ends in ``.safetensors`` or ``.npz`` is written in that
    format, and takes a flat dict of tensors, and texts about them as `metadata`; without it those that a loaded dict
    has as its attribute `metadata`. NumPy's numbers are written as Python's. There is one way to pickle.

    >>> from io import BytesIO
    >>> save({"step": 3, "weight": tensor([1., 2.])}, file := BytesIO())
    >>> file.seek(0), load(file)
    (0, {'step': 3, 'weight': tensor([1., 2.])})
    """
    if pickle_protocol != 2 or not _use_new_zipfile_serialization:
        raise NotImplementedError("save: only the zip format with pickle_protocol=2 is written, PyTorch's default")
    _check_pickle_module("save", pickle_module)
    write, _ = _format(f)
    if metadata is not None and write is _write_pt:
        raise TypeError("save: metadata is for .safetensors and .npz files; a .pt file holds any dict")
    if isinstance(f, str | os.PathLike):
        with _replacing(f) as file:
            write(obj, file, metadata)
    elif hasattr(f, "write"):
        write(obj, f, metadata)
    else:
        raise AttributeError(f"save: f must be a path or a binary file with a write method, not {type(f).__name__}")


def load(
    f: Path | IO[bytes],
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = True,
    mmap: bool | None = None,
    bfloat16: DTypeLike = None,
) -> Any:
    """Read what `save` or ``torch.save`` wrote to a path or a seekable binary file.

    Only tensors, containers and plain values are ever made, also with ``weights_only=False``, which is accepted
    for the programs that say so. Tensors that shared a storage share their memory. `map_location` works as on a
    machine without a GPU. `mmap` maps the file instead of reading it; writes to such tensors stay in memory.
    `bfloat16`: the dtype to convert tensors of that dtype to, which NumPy does not have; float32 holds them exactly.
    The texts in a ``.safetensors`` or ``.npz`` file are the attribute `metadata` of the dict that is returned.

    A truncated or damaged file raises RuntimeError; one that asks for anything else pickle.UnpicklingError,
    which names it; tensors of a dtype that NumPy does not have TypeError.
    """
    _check_pickle_module("load", pickle_module)
    _, read = _format(f)
    named = isinstance(f, str | os.PathLike)
    if mmap and not (named and read is _read_pt):
        raise ValueError("load: mmap=True needs f to be the path of a .pt file")
    if not named:
        if not all(hasattr(f, method) for method in ("read", "seek", "tell")):
            raise AttributeError("load: f must be a path or a seekable binary file; read it into an io.BytesIO first")
        return read(f, bfloat16, map_location, None)
    with open(f, "rb") as file:  # type: ignore[arg-type]  # a path
        return read(file, bfloat16, map_location, f if mmap else None)


def _check_pickle_module(name: str, module: Any) -> None:
    if module is not None and getattr(module, "__name__", None) != "pickle":
        raise NotImplementedError(
            f"{name}: pickle_module={module!r:.60} is not used: files are pickled and read in one restricted way"
        )


def _format(f: Any) -> tuple[Any, Any]:
    """The functions that write and read a file of this name."""
    suffix = os.path.splitext(f)[1] if isinstance(f, str | os.PathLike) else ""
    found: tuple[Any, Any] = _FORMATS.get(suffix, (_write_pt, _read_pt))
    return found


# ---------------------------------------------------------------- reading


def _read_pt(file: IO[bytes], bfloat16: DTypeLike, map_location: Any, path: Path | None) -> Any:
    start, magic = file.tell(), file.read(4)
    file.seek(start)
    if not magic:
        raise EOFError("load: the file is empty")
    if magic == b"PK\3\4":
        return _Zip(file, bfloat16, map_location, path).value()
    if path is not None:
        raise RuntimeError("load: mmap=True needs a file in the zip format, which torch.save writes since PyTorch 1.6")
    return _Sequence(file, bfloat16, map_location).value()


class _Storages:
    """The storages of a file, by their keys."""

    def __init__(self, bfloat16: DTypeLike, map_location: Any) -> None:
        self.bfloat16, self.map_location = bfloat16, map_location
        self.known: dict[str, tuple[StorageType, int, Tensor]] = {}

    def __call__(self, key: str, kind: StorageType, numel: int, location: str) -> Tensor:
        """A storage, as a 1-D tensor; the same one for the same key."""
        if kind.bfloat16 and self.bfloat16 is None:
            raise TypeError(
                "load: tensors here cannot have dtype bfloat16: load(..., bfloat16=float32) converts them; or in PyTorch, "
                "save tensor.float()"
            )
        if key not in self.known:
            array = self.array(key, kind, numel)
            array = flat.from_bfloat16(array, self.bfloat16) if kind.bfloat16 else flat.as_bools(array)
            self.known[key] = kind, numel, self.place(wrap(array), location)
        known_kind, known_numel, tensor = self.known[key]
        if (known_kind, known_numel) != (kind, numel):
            raise UnpicklingError(f"load: storage {key!r:.100} is not of {numel} elements of dtype {kind.dtype}")
        return tensor

    def array(self, key: str, kind: StorageType, numel: int) -> Array:
        """The content of a storage."""
        raise NotImplementedError

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


class _Zip(_Storages):
    """A file of today's format."""

    def __init__(self, file: IO[bytes], bfloat16: DTypeLike, map_location: Any, path: Path | None) -> None:
        super().__init__(bfloat16, map_location)
        self.path = path
        with intact():
            self.archive = archives.opened(file)
            names = self.archive.namelist()
            self.folder = names[0].partition("/")[0]
            if f"{self.folder}/constants.pkl" in names:
                raise ValueError("it is a TorchScript archive, which holds a program; save its state_dict() instead")
            known = f"{self.folder}/byteorder" in names
            order = archives.stored(self.archive, f"{self.folder}/byteorder").tobytes() if known else b"little"
            if order not in (b"little", b"big"):
                raise ValueError(f"byte order {order!r:.20}")
        self.swapped = order != sys.byteorder.encode()

    def value(self) -> Any:
        """What the file holds."""
        with intact():
            program = archives.stored(self.archive, f"{self.folder}/data.pkl").tobytes()
        value, _ = pickles.read(program, self)
        return value

    def array(self, key: str, kind: StorageType, numel: int) -> Array:
        with intact():
            record = self.archive.getinfo(f"{self.folder}/data/{key}")
            if record.file_size != numel * kind.raw.itemsize:
                raise ValueError(f"storage {key!r:.100} is not of {numel} elements of {kind.raw.itemsize} bytes")
            if self.path is not None and numel:
                start = archives.place(self.archive, record)
                array = np.asarray(np.memmap(self.path, kind.raw, "c", start, (numel,)))
            else:
                array = archives.stored(self.archive, record.filename).view(kind.raw)
        return array.byteswap(inplace=True) if self.swapped else array


class _Outline(_Storages):
    """Storages without their content, as long as they fit into so many bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(dtypes.float32, lambda storage, _: storage)
        self.left = size

    def array(self, key: str, kind: StorageType, numel: int) -> Array:
        self.left -= numel * kind.raw.itemsize
        if self.left < 0:
            raise RuntimeError("load: the file is truncated or corrupt: its storages are larger than the file")
        return np.empty(numel, kind.raw)


class _Sequence(_Storages):
    """A file of the format before PyTorch 1.6: pickles, the fourth of which is the value, and the storages' bytes.

    Where these are is known only after the value is made: so it is made twice, first over storages without content.
    """

    def __init__(self, file: IO[bytes], bfloat16: DTypeLike, map_location: Any) -> None:
        super().__init__(bfloat16, map_location)
        begin = file.tell()
        with intact():
            self.content = file.read()
        if self.content[:1] != b"\x80":
            raise UnpicklingError("load: the file is neither a zip nor a pickle, which are what torch.save writes")
        outline = _Outline(len(self.content))
        made, starts = [], [0]
        for _ in range(5):
            value, place = pickles.read(self.content, outline, starts[-1])
            made.append(value)
            starts.append(place)
            if made != [0x1950A86A20F9469CFC6C, 1001][: len(made)] and len(made) < 3:
                raise RuntimeError("load: invalid magic number; this is a pickle, but not of torch.save, or corrupt")
        self.start, self.places = starts[3], self.found(made[4], starts[5], outline)
        file.seek(begin + self.end)

    def found(self, keys: Any, place: int, outline: _Outline) -> dict[str, int]:
        """Where each storage's content begins: after its length, in the order of the keys."""
        places: dict[str, int] = {}
        for key in keys if type(keys) is list and all(type(key) is str for key in keys) else ():
            kind, numel, _ = outline.known.get(key, (None, 0, None))
            if kind is None or self.content[place : place + 8] != numel.to_bytes(8, "little"):
                break
            places[key] = place + 8
            place += 8 + numel * kind.raw.itemsize
        if list(places) != keys or places.keys() != outline.known.keys() or place > len(self.content):
            raise RuntimeError("load: the file is truncated or corrupt: its storages are not all there")
        self.end = place
        return places

    def value(self) -> Any:
        """What the file holds."""
        value, _ = pickles.read(self.content, self, self.start)
        return value

    def array(self, key: str, kind: StorageType, numel: int) -> Array:
        return np.frombuffer(self.content, kind.raw.newbyteorder("<"), numel, self.places[key]).astype(kind.raw)


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


def _write_pt(obj: Any, file: IO[bytes], _: Any) -> None:
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
    temporary = os.path.join(folder, f".{os.path.basename(target)[:50]}.{secrets.token_hex(8)}.tmp")
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


def _read_flat(read: Any, file: IO[bytes], bfloat16: DTypeLike, map_location: Any, _: Any) -> Any:
    if callable(map_location) or isinstance(map_location, Mapping):
        raise RuntimeError("load: in this format tensors have no location; map_location names a device, or is left out")
    devices.check(map_location)
    return read(file, bfloat16)


_FORMATS: Final[dict[str, Any]] = {
    ".safetensors": (flat.write_safetensors, partial(_read_flat, flat.read_safetensors)),
    ".npz": (flat.write_npz, partial(_read_flat, flat.read_npz)),
}
