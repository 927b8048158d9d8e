"""The formats that hold a flat dict of tensors: `.npz`, which NumPy reads too, and `.safetensors`.

Both may carry metadata, texts by name. A file of safetensors is a length, a header in JSON of that length, and the
tensors' bytes one after the other: https://huggingface.co/docs/safetensors#format.
"""

from __future__ import annotations

import json
import math
import os
from collections import OrderedDict
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, Final
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy

from ..arrays import dtypes
from ..primitive import wrap
from ..tensor import Tensor
from .archives import intact, opened, read_into

if TYPE_CHECKING:
    from ..arrays.dtypes import DType, DTypeLike
    from ..primitive import Array

__all__ = ["as_bools", "from_bfloat16", "read_npz", "read_safetensors", "write_npz", "write_safetensors"]

_METADATA: Final = "__metadata__"
_NAMES: Final[dict[str, DType]] = {
    "BOOL": dtypes.bool, "U8": dtypes.uint8, "I8": dtypes.int8, "I16": dtypes.int16, "I32": dtypes.int32,
    "I64": dtypes.int64, "F16": dtypes.float16, "F32": dtypes.float32, "F64": dtypes.float64, "C64": dtypes.complex64,
}  # fmt: skip


def from_bfloat16(halves: Array, dtype: DTypeLike) -> Array:
    """Numbers of dtype bfloat16, given as uint16: the upper halves of float32."""
    return (halves.astype(np.uint32) << 16).view(np.float32).astype(dtypes.as_dtype(dtype), copy=False)


def as_bools(array: Array) -> Array:
    """The array; its bools, of which NumPy trusts that they are 0 or 1, made so."""
    if array.dtype == dtypes.bool:
        np.not_equal(array.view(np.uint8), 0, out=array)
    return array


def _arrays(obj: Any) -> dict[str, Array]:
    if not isinstance(obj, Mapping) or not all(type(k) is str and isinstance(v, Tensor) for k, v in obj.items()):
        raise TypeError("save: .safetensors and .npz files hold a flat dict of tensors; write the rest to .pt")
    return {name: np.asarray(tensor.array, order="C") for name, tensor in obj.items()}


def _texts(obj: Any, metadata: Mapping[str, str] | None) -> dict[str, str]:
    found = getattr(obj, "metadata", {}) if metadata is None else metadata
    if not isinstance(found, Mapping) or not all(type(k) is type(v) is str for k, v in found.items()):
        raise TypeError("save: metadata is a dict of texts by name: {'epoch': '3'}")
    return dict(found)


def _tensors(arrays: Mapping[str, Array], metadata: dict[str, str]) -> dict[str, Tensor]:
    found = OrderedDict((name, wrap(array)) for name, array in arrays.items())
    vars(found)["metadata"] = metadata
    return found


def _checked_texts(metadata: Any) -> dict[str, str]:
    if type(metadata) is not dict or not all(type(text) is str for text in metadata.values()):
        raise ValueError("its metadata are not texts")
    return metadata


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("its header nests too deep") from None


# ---------------------------------------------------------------- .npz


def write_npz(obj: Any, file: IO[bytes], metadata: Mapping[str, str] | None) -> None:
    """Write a flat dict of tensors as ``np.savez`` does; metadata, if there are any, as JSON beside them."""
    arrays, texts = _arrays(obj), _texts(obj, metadata)
    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                npy.write_array(stream, array, allow_pickle=False)
        if texts:
            archive.writestr(_METADATA, json.dumps(texts))


def read_npz(file: IO[bytes], bfloat16: DTypeLike) -> dict[str, Tensor]:
    """The tensors of a file of ``np.savez`` or ``np.savez_compressed``."""
    arrays, metadata = {}, {}
    with intact(), opened(file, compressed=True) as archive:
        for record in archive.infolist():
            if record.filename == _METADATA:
                metadata = _checked_texts(_parsed(archive.read(record)))
                continue
            name = record.filename.removesuffix(".npy")
            if name in arrays:
                raise ValueError(f"{name!r:.100} is there twice")
            with archive.open(record) as stream:
                arrays[name] = _read_npy(stream, record.file_size)
    natives = {name: dtypes.as_dtype(array.dtype) for name, array in arrays.items()}
    return _tensors({name: array.astype(natives[name], "C", copy=False) for name, array in arrays.items()}, metadata)


def _read_npy(stream: Any, size: int) -> Array:
    version = npy.read_magic(stream)
    read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read_header is None:
        raise ValueError(f"version {version} of the .npy format")
    shape, column_major, dtype = read_header(stream)
    if dtype.hasobject:
        raise ValueError("Object arrays are pickles, which are not read")
    content = np.empty(size - stream.tell(), np.uint8)
    if math.prod(shape) * dtype.itemsize != content.size or min(shape, default=0) < 0:
        raise ValueError(f"{content.size} bytes for an array of shape {shape} and dtype {dtype}")
    read_into(stream, content)
    if stream.read(1):  # at the end the sum is checked
        raise ValueError("more bytes than announced")
    return as_bools(content.view(dtype)).reshape(shape, order="F" if column_major else "C")


# ---------------------------------------------------------------- .safetensors


def write_safetensors(obj: Any, file: IO[bytes], metadata: Mapping[str, str] | None) -> None:
    """Write a flat dict of tensors; those of large elements first, so that each lies where its dtype wants it."""
    arrays, texts = _arrays(obj), _texts(obj, metadata)
    codes = {dtype: name for name, dtype in _NAMES.items()}
    header: dict[str, Any] = {_METADATA: {"format": "pt", **texts}}
    arrays = dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))
    end = 0
    for name, array in arrays.items():
        if array.dtype not in codes or name == _METADATA:
            raise TypeError(f"save: .safetensors files hold no tensor of dtype {array.dtype} under the name {name!r}")
        start, end = end, end + array.nbytes
        header[name] = {"dtype": codes[array.dtype], "shape": array.shape, "data_offsets": (start, end)}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for array in arrays.values():
        file.write(array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data)


def read_safetensors(file: IO[bytes], bfloat16: DTypeLike) -> dict[str, Tensor]:
    """The tensors of a file of safetensors, in the order of their places."""
    start = file.tell()
    size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    with intact():
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise EOFError("it ends before its header does")
        header = _parsed(file.read(length))
        if type(header) is not dict:
            raise ValueError("its header is no object")
        metadata = _checked_texts(header.pop(_METADATA, {}))
        entries = sorted((_entry(name, entry) for name, entry in header.items()), key=lambda entry: entry[1:3])
    arrays, place = {}, 0
    for name, begin, end, code, shape in entries:
        if code not in _NAMES and (code != "BF16" or bfloat16 is None):
            raise TypeError(
                f"load: tensors here cannot have dtype {code}"
                + (", but load(..., bfloat16=float32) converts them" if code == "BF16" else "")
            )
        with intact():
            dtype = _NAMES.get(code, np.dtype(np.uint16))
            if begin != place or end - begin != math.prod(shape) * dtype.itemsize or end > size - 8 - length:
                raise ValueError(f"{name!r:.100}: bytes {begin} to {end} for shape {shape} of {code}")
            content = np.empty(end - begin, np.uint8)
            read_into(file, content)
            array = as_bools(content.view(dtype.newbyteorder("<")).astype(dtype, copy=False)).reshape(shape)
            arrays[name], place = from_bfloat16(array, bfloat16) if code == "BF16" else array, end
    with intact():
        if place != size - 8 - length:
            raise ValueError("it has bytes that belong to no tensor")
    return _tensors(arrays, metadata)


def _entry(name: str, entry: Any) -> tuple[str, int, int, str, tuple[int, ...]]:
    if type(entry) is dict and entry.keys() == {"dtype", "shape", "data_offsets"}:
        code, shape, places = entry["dtype"], entry["shape"], entry["data_offsets"]
        if type(code) is str and type(shape) is type(places) is list and len(shape) <= 64 and len(places) == 2:
            if all(type(n) is int and 0 <= n < 2**63 for n in (*places, *shape)):
                return name, places[0], places[1], code, tuple(shape)
    raise ValueError(f"{name!r:.100} has no dtype, shape and data_offsets: {entry!r:.100}")
