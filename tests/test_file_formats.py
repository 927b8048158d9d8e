"""The other formats: `.npz`, `.safetensors`, and PyTorch's files from before 1.6; whole, damaged and hostile."""

from __future__ import annotations

import base64
import json
import os
import pickle
import random
import struct
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.arrays import dtypes
from autograd_core.files.serialize import load, save
from autograd_core.primitive import wrap

ERRORS = (pickle.UnpicklingError, RuntimeError, TypeError, EOFError)  # all that a bad file may raise
FUZZ = int(os.environ.get("FUZZ", "1"))  # so many times as many damaged files; from 10 on, files cut at every length
FLAT = ["npz", "safetensors"]


def values(state: dict[str, Tensor]) -> dict[str, Any]:
    return {name: (tensor.dtype, tensor.tolist()) for name, tensor in state.items()}


def check(path: Path, content: bytes) -> bool:
    """Whether a file of this content loads, or raises what it should."""
    path.write_bytes(content)
    try:
        state = load(path, bfloat16=ag.float32)
    except ERRORS as error:
        assert str(error).startswith("load: ")
        return False
    for tensor in state.values() if isinstance(state, dict) else ():
        if isinstance(tensor, Tensor):
            tensor.array.copy()
    return True


def damaged(content: bytes, chance: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5])):
        found[chance.randrange(len(found))] ^= chance.randrange(1, 256)
    return bytes(found)


def refused(path: Path, content: bytes, says: str) -> None:
    """The file raises, quickly, and without much memory."""
    path.write_bytes(content)
    started = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises((RuntimeError, TypeError), match=says) as caught:
            load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 600
    assert peak < 2**20 + 60 * len(content)
    assert time.perf_counter() - started < 10


# ---------------------------------------------------------------- both flat formats


@pytest.mark.parametrize("suffix", FLAT)
def test_every_dtype_and_shape(tmp_path: Path, suffix: str) -> None:
    kinds = [dtype for dtype in dtypes.ALL if suffix == "npz" or dtype != np.complex128]
    state = {
        f"{dtype}{shape}": wrap(np.random.default_rng(0).integers(0, 100, shape).astype(dtype))
        for dtype in kinds for shape in [(), (0,), (3, 0, 2), (1,), (5,), (2, 3)]
    }  # fmt: skip
    save(state, tmp_path / f"x.{suffix}")
    back = load(tmp_path / f"x.{suffix}")
    assert back.keys() == state.keys()
    for name in state:
        assert values({name: back[name]}) == values({name: state[name]})
        assert back[name].shape == state[name].shape
        assert back[name].array.flags.writeable
        assert back[name].array.flags.aligned


@pytest.mark.parametrize("suffix", FLAT)
def test_flat_formats_take_flat_dicts(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    for value in ([ag.zeros(1)], ag.zeros(1), {"a": 1}, {1: ag.zeros(1)}, {"a": {"b": ag.zeros(1)}}):
        with pytest.raises(TypeError, match="flat dict"):
            save(value, path)
    strided = {"t": wrap(np.arange(6.0).reshape(2, 3).T), "r": wrap(np.arange(3)[::-1])}
    save(strided, path)
    assert {name: tensor.tolist() for name, tensor in load(path).items()} == {
        "t": [[0, 3], [1, 4], [2, 5]], "r": [2, 1, 0],
    }  # fmt: skip
    content = path.read_bytes()
    lengths = range(len(content)) if FUZZ >= 10 else range(0, len(content), 7)
    assert not any(check(path, content[:length]) for length in lengths)
    chance = random.Random(0)
    for _ in range(300 * FUZZ):
        check(path, damaged(content, chance))


@pytest.mark.parametrize("suffix", FLAT)
def test_metadata(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    save({"a": ag.ones(2)}, path, metadata={"epoch": "3", "grün": "☃"})
    state = load(path)
    expected = {"epoch": "3", "grün": "☃"} | ({"format": "pt"} if suffix == "safetensors" else {})
    assert state.metadata == expected
    save(state, path)  # they stay with it
    assert load(path).metadata == expected
    assert list(load(path)) == ["a"]
    save({"a": ag.ones(2)}, path)
    assert "epoch" not in load(path).metadata
    for metadata in ({"epoch": 3}, {3: "epoch"}, "epoch"):
        with pytest.raises(TypeError, match="metadata is a dict of texts"):
            save({}, path, metadata=metadata)  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", FLAT)
def test_places(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    save({"a": ag.ones(2)}, path)
    for place in (None, "cpu", ag.device("cpu")):
        assert load(path, place)["a"].tolist() == [1, 1]
    for place in ("cuda", {"cuda": "cpu"}, lambda storage, where: storage):
        with pytest.raises(RuntimeError):
            load(path, place)
    with pytest.raises(ValueError, match="mmap"):
        load(path, mmap=True)


# ---------------------------------------------------------------- .npz


def npz(**members: bytes) -> bytes:
    with zipfile.ZipFile(file := BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(descr: str, shape: str, content: bytes = b"", order: str = "False") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + content


def test_npz_of_numpy(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", a=np.asfortranarray([[1, 2]]), b=np.array([1.5], ">f4"), c=np.zeros(10**6))
    back = load(tmp_path / "x.npz")
    assert back["a"].tolist() == [[1, 2]]
    assert back["b"].dtype == ag.float32
    assert back["b"].tolist() == [1.5]
    assert back["c"].shape == (10**6,)
    (tmp_path / "x.npz").write_bytes(npz(a=npy("'|b1'", "(4,)", b"\0\1\2\xff")))
    assert load(tmp_path / "x.npz")["a"].array.view(np.uint8).tolist() == [0, 1, 1, 1]


def twice(second: str) -> bytes:
    with zipfile.ZipFile(file := BytesIO(), "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("a.npy", second):
            archive.writestr(name, npy("'<f8'", "()", bytes(8)))
    return file.getvalue()


def bomb() -> bytes:
    """A small file that says that it holds a large one."""
    content = npz(a=npy("'<f8'", "(2,)", bytes(16)))
    size = struct.pack("<I", len(npy("'<f8'", "(2,)", bytes(16))))
    return content.replace(size, struct.pack("<I", 2**32 - 2))


HOSTILE_NPZ: dict[str, tuple[Callable[[], bytes], str]] = {
    "objects": (lambda: npz(a=npy("'|O'", "(1,)", pickle.dumps([print]))), "Object arrays"),
    "objects within": (lambda: npz(a=npy("[('a', '|O')]", "(1,)", bytes(8))), "Object arrays"),
    "too large": (lambda: npz(a=npy("'<f8'", "(1152921504606846975,)")), "0 bytes for an array"),
    "larger than 2^64": (lambda: npz(a=npy("'<f8'", "(1152921504606846975, 1152921504606846975)")), "0 bytes for"),
    "negative": (lambda: npz(a=npy("'<f8'", "(-1, -2)", bytes(16))), "16 bytes for an array"),
    "too short": (lambda: npz(a=npy("'<f8'", "(2,)", bytes(8))), "8 bytes for an array"),
    "too long": (lambda: npz(a=npy("'<f8'", "(2,)", bytes(17))), "17 bytes for an array"),
    "no header": (lambda: npz(a=b"text"), "corrupt"),
    "code": (lambda: npz(a=npy("__import__('os').getcwd()", "(2,)", bytes(16))), "corrupt"),
    "another version": (lambda: npz(a=b"\x93NUMPY\3\0" + bytes(100)), "version"),
    "texts": (lambda: npz(a=npy("'<U4'", "(1,)", bytes(16))), "unsupported dtype"),
    "nothing long": (lambda: npz(a=npy("'<U0'", "(1,)")), "corrupt"),
    "a name twice": (lambda: twice("a.npy"), "twice"),
    "a name twice, with and without its ending": (lambda: twice("a"), "twice"),
    "a bomb": (bomb, "larger than the file"),
    "a pickle": (lambda: pickle.dumps([1]), "corrupt"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE_NPZ)
def test_hostile_npz(tmp_path: Path, kind: str) -> None:
    make, says = HOSTILE_NPZ[kind]
    refused(tmp_path / "x.npz", make(), says)


# ---------------------------------------------------------------- .safetensors


def safetensors(header: Any, content: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + content


def entry(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def test_a_file_of_safetensors(tmp_path: Path) -> None:
    header = {"b": entry("BOOL", [4], [8, 12]), "__metadata__": {"by": "hand"}, "a": entry()}
    (tmp_path / "x.safetensors").write_bytes(safetensors(header, struct.pack("<2f", 1.5, -2) + b"\0\1\2\xff"))
    state = load(tmp_path / "x.safetensors")
    assert values(state) == {"a": (ag.float32, [1.5, -2]), "b": (ag.bool, [False, True, True, True])}
    assert state.metadata == {"by": "hand"}
    assert state["b"].array.view(np.uint8).tolist() == [0, 1, 1, 1]


def test_bfloat16(tmp_path: Path) -> None:
    numbers = np.array([1.5, -2, np.inf, 2**-133], np.float32)
    halves = (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()
    (tmp_path / "x.safetensors").write_bytes(safetensors({"a": entry("BF16", [4])}, halves))
    with pytest.raises(TypeError, match=r"BF16, but load\(\.\.\., bfloat16=float32\) converts"):
        load(tmp_path / "x.safetensors")
    for dtype in (ag.float32, ag.float64):
        back = load(tmp_path / "x.safetensors", bfloat16=dtype)["a"]
        assert back.dtype == dtype
        assert back.tolist() == numbers.tolist()


def test_what_safetensors_do_not_hold(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="complex128"):
        save({"a": ag.zeros(1, dtype=ag.complex128)}, tmp_path / "x.safetensors")
    with pytest.raises(TypeError, match="__metadata__"):
        save({"__metadata__": ag.zeros(1)}, tmp_path / "x.safetensors")
    assert not list(tmp_path.iterdir())


HOSTILE_SAFETENSORS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "ends before"),
    "a header longer than the file": (safetensors({}, length=2**63), "ends before"),
    "a header longer by one": (safetensors({}, length=3), "ends before"),
    "no JSON": (safetensors(b"{'a': 1}"), "corrupt"),
    "no text": (safetensors(b"\xff\xfe"), "corrupt"),
    "no object": (safetensors([1]), "no object"),
    "nested": (safetensors(b"[" * 100_000), "corrupt"),
    "nested objects": (safetensors(b'{"a":' * 100_000), "corrupt"),
    "a number of many digits": (safetensors(b'{"a":' + b"9" * 100_000 + b"}"), "corrupt"),
    "a name twice": (safetensors(b'{"a": 1, "a": 2}'), "twice"),
    "metadata of numbers": (safetensors({"__metadata__": {"a": 1}}), "not texts"),
    "no entry": (safetensors({"a": 1}), "data_offsets"),
    "too little": (safetensors({"a": {"dtype": "F32"}}), "data_offsets"),
    "too much": (safetensors({"a": {**entry(), "x": 1}}, bytes(8)), "data_offsets"),
    "a dtype that is none": (safetensors({"a": entry(dtype=3)}, bytes(8)), "data_offsets"),
    "a dtype of another": (safetensors({"a": entry("F8_E4M3", [8])}, bytes(8)), "F8_E4M3"),
    "negative sizes": (safetensors({"a": entry(shape=[-1, -2])}, bytes(8)), "data_offsets"),
    "a size of 2^63": (safetensors({"a": entry(shape=[2**63])}, bytes(8)), "data_offsets"),
    "a fraction": (safetensors({"a": entry(shape=[2.0])}, bytes(8)), "data_offsets"),
    "a truth": (safetensors({"a": entry(shape=[True, 2])}, bytes(8)), "data_offsets"),
    "many dimensions": (safetensors({"a": entry(shape=[1] * 100_000 + [2])}, bytes(8)), "data_offsets"),
    "large and empty": (safetensors({"a": entry(shape=[0, 2**62, 2**62], offsets=[0, 0])}), "corrupt"),
    "too large": (safetensors({"a": entry(shape=[2**40], offsets=[0, 2**42])}, bytes(8)), "bytes 0 to"),
    "too small": (safetensors({"a": entry(shape=[1])}, bytes(8)), "bytes 0 to 8 for"),
    "outside": (safetensors({"a": entry(offsets=[8, 16])}, bytes(8)), "bytes 8 to 16"),
    "backwards": (safetensors({"a": entry(offsets=[8, 0])}, bytes(8)), "bytes 8 to 0"),
    "overlapping": (safetensors({"a": entry(), "b": entry(offsets=[4, 12])}, bytes(12)), "bytes 4 to 12"),
    "twice the same": (safetensors({"a": entry(), "b": entry()}, bytes(8)), "bytes 0 to 8"),
    "a gap": (safetensors({"a": entry(), "b": entry(offsets=[12, 20])}, bytes(20)), "bytes 12 to 20"),
    "a rest": (safetensors({"a": entry()}, bytes(9)), "belong to no tensor"),
    "cut": (safetensors({"a": entry()}, bytes(7)), "bytes 0 to 8"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE_SAFETENSORS)
def test_hostile_safetensors(tmp_path: Path, kind: str) -> None:
    content, says = HOSTILE_SAFETENSORS[kind]
    refused(tmp_path / "x.safetensors", content, says)


# ---------------------------------------------------------------- files that can do little


class Small:
    """The least that a file to load must be able to do; it reads little at a time."""

    def __init__(self, content: bytes) -> None:
        self.file = BytesIO(content)
        self.seek, self.tell = self.file.seek, self.file.tell

    def read(self, count: int = -1) -> bytes:
        return self.file.read(count if count < 0 else min(count, 1000))


def test_a_file_that_reads_little_at_a_time() -> None:
    save({"a": ag.arange(10_000)}, file := BytesIO())
    assert load(Small(file.getvalue()))["a"].tolist() == list(range(10_000))  # type: ignore[arg-type]
    assert load(Small(old()), bfloat16=ag.float32)["long"].item() == 7  # type: ignore[arg-type]


# ---------------------------------------------------------------- PyTorch's files from before 1.6

# torch.save(…, _use_new_zipfile_serialization=False) of PyTorch 2.13.
GOLDEN = (
    "c-noF%Wl&^6o!4tg&JDQopLSrgiA={)OENulu{Ok0%qe)Wx38!8(cfTJt-<urEF4Ko`D5R9)cZD!y_QEV8#xCKw#vtG-"
    "t;D_n$MzUFp3NeE+cYZTi)xXH%7~^yI6|-dhk#)}$Z^?Kq;58wK_Ti4#8xA+iJ3INJ$)N&{k(u;n`;q#a9PLAu!{cH+M!3FIy0N>-"
    "i)6EBJ>@`hx|Y~_a(1tVwWxJDGNp=jhfou5n|U3C%y(WO!BdKJ4v{UA~7n5=gEpk-"
    "4MCQ)o})D%dil2zpT?4+|sAZMQ_OF`t&7g<n2&YECn8g;!^Yv?l#U9IXm@~IWK-"
    "C<S=%M``uhF}zW*kg!2jP1HC<AAu7C7dWv;}(fYYteV90;OzXFU39+<EhsTpS;0@$E<j=Hxjkq%Mg<sAsf;*4j7^#Z{y&u$JGu|95!(zRa<wG*Ep"
    "J~^^;kMqF|8Av0;E(t7~-}X8?%-"
    "rZ_<A;RMg&WF~%!;<Sk~skr9^FL8EQJT29XHULZy0BTj!XH{KQHJs}M&i4TqIN)LixI}T;#1(6d_lgrc>x7aRrGH%B;Dmzm|7v!%U$bj{;&o2Ekr"
    "68tH%(M`(#6a>)J&*po3#VS4^dyiY{?KGHF?Txq+4t8m(L-z<((ep$gj@Rhl=r-g$9La{80!^Z)mv1Y>CX)ZDy-"
    "n&g|TwxNG8GiXrQ5x{3L}GRq|9>h&s`OhRB1_jzUlZ-"
    "WKa6yi1>WO9oX4^1rb|6zsy4<qhd991!ClwWz2gWRYq&XbCi)k_eCg7Ew3&a+pOJ#2Q_{MZ!xJ4Io5{8VVN@dI@x7Ha"
)
MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)


def old() -> bytes:
    return zlib.decompress(base64.b85decode(GOLDEN))


def test_an_old_file() -> None:
    file = BytesIO(b"before" + old() + b"after")
    file.seek(6)
    state = load(file, bfloat16=ag.float32)
    assert file.read() == b"after"
    assert {name: value.tolist() for name, value in state.items() if isinstance(value, Tensor)} == {
        "base": [0, 1, 2, 3, 4, 5], "view": [[0, 3], [1, 4], [2, 5]], "mask": [True, False], "half": [3, 3],
        "parameter": [0, 1], "long": 7, "empty": [],
    }  # fmt: skip
    assert state["plain"] == [1, 2.5, "grün", None, (True,)]
    assert state["parameter"].requires_grad
    state["base"].array[1] = 10
    assert state["view"].tolist()[1] == [10, 4]
    with pytest.raises(TypeError, match=r"bfloat16=float32"):
        load(BytesIO(old()))


def test_an_old_file_cannot_be_mapped(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(old())
    with pytest.raises(RuntimeError, match="mmap=True needs a file in the zip format"):
        load(tmp_path / "x.pt", mmap=True)
    seen = []
    load(tmp_path / "x.pt", lambda storage, place: seen.append(place) or storage, bfloat16=ag.float32)  # type: ignore[func-returns-value]
    assert seen == ["cpu"] * 5  # once for each storage


def test_damaged_old_files(tmp_path: Path) -> None:
    whole, chance = old(), random.Random(0)
    assert check(tmp_path / "x.pt", whole)
    lengths = range(len(whole)) if FUZZ >= 10 else np.linspace(0, len(whole) - 1, 100).astype(int)
    assert not any(check(tmp_path / "x.pt", whole[:length]) for length in lengths)
    for _ in range(500 * FUZZ):
        check(tmp_path / "x.pt", damaged(whole, chance))


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def storage(numel: int, kind: str = "FloatStorage", key: str = "k", last: bytes = b"N") -> bytes:
    count = b"\x8a\x08" + struct.pack("<q", numel)
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + count + last + b"tQ"


def sequence(value: bytes, keys: Any, content: bytes, start: bytes = MAGIC) -> bytes:
    return start + b"\x80\2" + value + b"." + pickle.dumps(keys, 2) + content


TWO = struct.pack("<q2f", 2, 1, 2)
HOSTILE_OLD: dict[str, tuple[bytes, str]] = {
    "another magic number": (sequence(b"N", [], b"", pickle.dumps(5, 2)), "magic number"),
    "another version": (sequence(b"N", [], b"", MAGIC.replace(b"\xe9\3", b"\xea\3")), "magic number"),
    "a function": (sequence(b"cos\nsystem\n" + text("true") + b"\x85R", [], b""), "os.system"),
    "a function in the head": (b"\x80\2cos\nsystem\n" + text("true") + b"\x85R.", "os.system"),
    "a function for keys": (MAGIC + b"\x80\2N.\x80\2cos\nsystem\n" + text("true") + b"\x85R.", "os.system"),
    "no keys": (sequence(storage(2), [], TWO), "not all there"),
    "keys that are none": (sequence(storage(2), {"k": 1}, TWO), "not all there"),
    "a key that is none": (sequence(storage(2), [5], TWO), "not all there"),
    "a key twice": (sequence(storage(2), ["k", "k"], TWO + TWO), "not all there"),
    "a key of no storage": (sequence(storage(2), ["k", "l"], TWO + TWO), "not all there"),
    "a storage that is longer": (sequence(storage(3), ["k"], TWO), "not all there"),
    "a storage that is shorter": (sequence(storage(1), ["k"], TWO), "not all there"),
    "a storage that is cut": (sequence(storage(2), ["k"], TWO[:-1]), "not all there"),
    "a storage that is huge": (sequence(storage(2**60), ["k"], TWO), "larger than the file"),
    "a storage that grows": (sequence(storage(2) + storage(2**60), ["k"], TWO), "not of"),
    "many storages": (sequence(b"(" + b"".join(storage(30, key=str(i)) for i in range(100)) + b"t", [], b""), "larger"),
    "negative": (sequence(storage(-1), ["k"], TWO), "not valid"),
    "a view": (sequence(storage(2, last=b"K\1"), ["k"], TWO), "not valid"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE_OLD)
def test_hostile_old_files(tmp_path: Path, kind: str) -> None:
    content, says = HOSTILE_OLD[kind]
    (tmp_path / "x.pt").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises((pickle.UnpicklingError, RuntimeError), match=says) as caught:
            load(tmp_path / "x.pt")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("load: ")
    assert peak < 2**20 + 60 * len(content)


def test_the_builders_of_these_tests_build(tmp_path: Path) -> None:
    assert load(BytesIO(sequence(storage(2), ["k"], TWO))).tolist() == [1, 2]
    for suffix, content in (
        ("npz", npz(a=npy("'<f4'", "(2,)", TWO[8:]))),
        ("safetensors", safetensors({"a": entry()}, TWO[8:])),
    ):
        (tmp_path / f"x.{suffix}").write_bytes(content)
        assert load(tmp_path / f"x.{suffix}")["a"].tolist() == [1, 2]
