"""Reading zip files that may be damaged or hostile: what they announce is checked against the bytes that they have."""

from __future__ import annotations

import os
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipInfo

    from ..primitive import Array

__all__ = ["intact", "opened", "place", "read_into", "stored"]

_DEFLATES = 1032  # the most bytes that deflate makes of one


@contextmanager
def intact() -> Iterator[None]:
    """What a file that is read does wrong is one error."""
    try:
        yield
    except (
        BadZipFile, LookupError, ValueError, ArithmeticError, EOFError, OSError, NotImplementedError, RuntimeError,
        zlib.error,
    ) as error:  # fmt: skip
        raise RuntimeError(f"load: the file is truncated or corrupt: {error}") from error


def opened(file: IO[bytes], compressed: bool = False) -> ZipFile:
    """The zip in a file, if its records are stored (or compressed, where that is allowed) and fit into it."""
    start = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(start)
    archive = ZipFile(file)
    records = archive.infolist()
    if len(archive.NameToInfo) != len(records):
        raise BadZipFile("a record is there twice")
    if sum(record.compress_size for record in records) > end:
        raise BadZipFile("its records are larger than the file")
    for record in records:
        most = record.compress_size
        if compressed and record.compress_type == ZIP_DEFLATED:
            most *= _DEFLATES
        elif record.compress_type != ZIP_STORED:
            raise BadZipFile("a record is compressed")
        if record.file_size > most:
            raise BadZipFile("a record is larger than the file")
    return archive


def place(archive: ZipFile, record: ZipInfo) -> int:
    """Where the content of a stored record begins, once the header before it has been checked."""
    file: Any = archive.fp
    file.seek(record.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\3\4" or header[6] & 1:
        raise BadZipFile(f"no header where {record.filename!r:.100} should be")
    name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    if file.read(name).decode("utf-8" if header[7] & 8 else "cp437") != record.orig_filename:
        raise BadZipFile(f"another name where {record.filename!r:.100} should be")
    return int(record.header_offset + 30 + name + extra)


def stored(archive: ZipFile, name: str) -> Array:
    """A stored record's bytes, in memory of their own; its sum is checked."""
    record = archive.getinfo(name)
    file: Any = archive.fp
    file.seek(place(archive, record))
    content = np.empty(record.file_size, np.uint8)
    read_into(file, content)
    if zlib.crc32(content.data) != record.CRC:
        raise BadZipFile(f"bad sum of {name!r:.100}")
    return content


def read_into(file: Any, content: Array) -> None:
    """Fill an array of bytes from a file."""
    view, done = content.data, 0
    while done < len(view):
        if hasattr(file, "readinto"):
            count: int = file.readinto(view[done:])
        else:
            part = file.read(len(view) - done)
            count = len(part)
            view[done : done + count] = part
        if not count:
            raise EOFError("the file ends within its content")
        done += count
