"""`save` and `load`: what goes out comes back, hostile and damaged files raise, a killed writer leaves the old file."""

from __future__ import annotations

import base64
import os
import pickle
import random
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.arrays import dtypes
from autograd_core.devices import device
from autograd_core.files import pickles, serialize
from autograd_core.files.serialize import load, save
from autograd_core.primitive import wrap

ERRORS = (pickle.UnpicklingError, RuntimeError, TypeError, EOFError)  # all that a bad file may raise
RUNS = int(os.environ.get("SAVE_KILLS", "10"))
FUZZ = int(os.environ.get("FUZZ", "1"))  # so many times as many damaged files; from 10 on, files cut at every length


class Parameter(Tensor):
    """As nn's."""

    def __new__(cls, data: Tensor, requires_grad: bool = True) -> Any:
        self = object.__new__(cls)
        self.array, self._edge, self._memory = data.array, None, data._memory
        self.requires_grad = requires_grad
        return self


@pytest.fixture
def _parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "_parameter", None)
    serialize.register_parameter_class(Parameter)


def saved(value: Any) -> BytesIO:
    file = BytesIO()
    save(value, file)
    file.seek(0)
    return file


def again(value: Any) -> Any:
    return load(saved(value))


def same(first: Any, second: Any) -> bool:
    """Equal in value, type, dtype, shape and requires_grad, in order, and NaN equal to NaN."""
    if type(first) is not type(second):
        return False
    if isinstance(first, Tensor):
        alike = first.dtype == second.dtype and first.requires_grad == second.requires_grad
        return alike and first.shape == second.shape and first.array.tobytes() == second.array.tobytes()
    if isinstance(first, dict):
        attributes = [getattr(value, "__dict__", None) or None for value in (first, second)]
        return same(list(first.items()), list(second.items())) and same(*attributes)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second) or first != first


def values(dtype: Any, shape: tuple[int, ...]) -> Tensor:
    numbers = np.random.default_rng(0).integers(0, 100, shape)
    return wrap((numbers + (1j if dtype.kind == "c" else 0)).astype(dtype))


# ---------------------------------------------------------------- round trips


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (5,), (2, 3), (2, 1, 3, 1)], ids=str)
@pytest.mark.parametrize("dtype", dtypes.ALL, ids=str)
def test_every_dtype_and_shape(dtype: Any, shape: tuple[int, ...]) -> None:
    tensor = values(dtype, shape)
    back = again(tensor)
    assert same(back, tensor)
    assert back.array.flags.writeable
    assert type(back.array) is np.ndarray


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.T, lambda x: x[1:, ::2], lambda x: x[::-1], lambda x: x[:, 1], lambda x: x[2, 3],
        lambda x: np.broadcast_to(x[:1], (3, 4)), lambda x: x[:, None], lambda x: x[:0], lambda x: x.copy("F"),
        lambda x: np.zeros((2, 3, 4)).transpose(1, 0, 2).copy("K") + 1, lambda x: x.astype(">f8").view("<f8"),
        lambda x: np.frombuffer(b"0123456789abcdef", np.float32), lambda x: np.array([(1, 2.5)], "i1,f4")["f1"],
        lambda x: x.view(np.complex128), lambda x: x.view(np.complex128).imag,
        lambda x: np.ndarray((3,), np.float32, bytes(range(64)), 4, (16,)), lambda x: np.ma.array(x, mask=x > 3).data,
    ],
)  # fmt: skip
def test_strided_views(view: Callable[[Any], Any]) -> None:
    array = view(np.arange(12.0).reshape(3, 4))
    back = again(wrap(array))
    assert np.array_equal(back.array, array)
    assert back.dtype == array.dtype
    assert again(back).array.strides == back.array.strides


def test_strides_are_kept() -> None:
    assert again(wrap(np.zeros((3, 4)).T)).array.strides == (8, 32)
    column_major = np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2).copy("K")
    whole, part = again([wrap(column_major), wrap(column_major[1:, :, ::2])])
    assert whole.array.strides == column_major.strides
    assert whole._memory is part._memory


def test_tensors_that_share_memory_still_do() -> None:
    base = np.arange(6.0)
    first, second, third = again([wrap(base), wrap(base.reshape(2, 3).T), wrap(base[::-1])])
    first.array[1] = 10
    assert second.array[1, 0] == 10
    assert first._memory is second._memory
    assert not np.shares_memory(first.array, third.array)  # PyTorch has no negative strides: a copy
    assert len(zipfile.ZipFile(saved([wrap(base), wrap(base[2:])])).namelist()) == 5  # one storage


def test_views_as_different_types_raise_as_in_pytorch() -> None:
    base = np.zeros(4)
    with pytest.raises(RuntimeError, match="different types"):
        saved([wrap(base), wrap(base.view(np.int64))])


def test_one_object_stays_one() -> None:
    tensor, items = ag.tensor([1.0]), [1]
    a, b, c, d = again((tensor, tensor, items, items))
    assert a is b
    assert c is d
    loop: list[Any] = []
    loop.append(loop)
    back = again(loop)
    assert back[0] is back


def test_requires_grad() -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    leaf, computed, detached = again([x, x * 2, x.detach()])
    assert leaf.requires_grad
    assert leaf.is_leaf
    assert computed.requires_grad
    assert computed.is_leaf
    assert not detached.requires_grad
    with ag.no_grad():
        assert again(x).requires_grad


@pytest.mark.usefixtures("_parameters")
def test_parameters_come_back_as_parameters() -> None:
    parameter, frozen = Parameter(ag.tensor([1.0])), Parameter(ag.tensor([2]), False)
    a, b, c = again([parameter, frozen, parameter])
    assert a is c
    assert same([a, b], [parameter, frozen])


def test_without_nn_parameters_are_leaf_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "_parameter", Parameter)
    file = saved(Parameter(ag.tensor([1.0])))
    monkeypatch.setattr(pickles, "_parameter", None)
    back = load(file)
    assert type(back) is Tensor
    assert back.is_leaf
    assert back.requires_grad


def test_state_dicts() -> None:
    state = OrderedDict(weight=values(dtypes.float32, (2, 3)), bias=values(dtypes.float32, (2,)))
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]  # as PyTorch does
    assert same(again(state), state)


PLAIN = [
    None, True, False, 0, -1, 255, 256, 65536, -(2**31), 2**31, -(2**63), 2**64, 10**300, -(10**300), 0.0, -0.0, 1e-320,
    float("inf"), float("nan"), "", "grün \N{SNOWMAN} \ud800 \n\0", "x" * 1000, b"", b"\0\xff", bytearray(),
    bytearray(b"a"),
    1 - 2j, complex("nan+infj"), ag.Size([2, 3]), ag.Size([]), *dtypes.ALL, device("cpu"), device("cuda", 1), (), (1,),
    (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [[]], {}, {"a": {1: (2.5, None)}}, set(), {1, "a", (1, (2, "b"))},
    Counter("aab"),
    OrderedDict(b=1, a=2), list(range(2500)), {i: str(i) for i in range(2500)},
    {True: 1, None: 2, 1.5: 3, b"x": 4, 1j: 5},
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)  # the repr of a set varies
def test_plain_values(value: Any) -> None:
    assert same(again(value), value)
    assert same(again([value, {"key": value}]), [value, {"key": value}])


def test_numbers_of_numpy_become_pythons() -> None:
    numbers = [np.float64(0.5), np.float32(0.5), np.int64(3), np.uint8(7), np.True_, np.complex64(1j)]
    assert same(again(numbers), [0.5, 0.5, 3, 7, True, 1j])


class Module:
    """Has a `state_dict`."""

    state_dict = None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (object(), "builtins.object"), (Module(), r"its state_dict\(\)"), (print, "print"), (lambda: 0, "lambda"),
        (int, "int"), (set, "set"), (defaultdict(int), "defaultdict"), (frozenset(), "frozenset"), (range(3), "range"),
        (namedtuple("Point", "x")(1), "Point"), (np.zeros(2), "ndarray"), (np.dtype("uint16"), "UInt16"),
        (os, "module"),
        (np.datetime64("2020"), "datetime64"), (dtypes.float32.newbyteorder(), "Float32"), (Path("a"), "Path"),
    ],
    ids=lambda value: f"{value!r:.20}",
)  # fmt: skip
def test_what_cannot_be_saved(value: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=f"save: cannot write .*{says}"):
        save({"a": [ag.zeros(2), value]}, tmp_path / "file.pt")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- PyTorch's files

# torch.save of PyTorch 2.13: the state_dicts of a Linear and of its SGD with momentum, and one of everything.
GOLDEN = (
    "c-o~`+jA3D7~dq2rb}%LqFhwG;3cI{(xy#XsH6r=!Nt-pqHD3P+vFr!*zD%pJ!xq*TE!IV6%=*g!5N=?@m-y9l#xgE0Y-W9!5JSM"
    "XPgnof53CjZo=-CQlV!i*<|<pe&6r=&UZ;hh0rRFi$u6ZtDRfNDQ32)PNAJS1uI?U<60)&%8h&0T(AmUR9Z~{B_oG42xPN{rlBlW"
    "4c+1onK@*l+&(pnc?foh5Q<7+vUeJ(g(8MkS!@s!U2+Ahn#Ic|nyjc=PR2;L3{#%!;bC<&Dm4*=MRqC$1YsM(XEZ~>hwYm@G)V!n"
    "Ck7EIM6TI#1)7B*27XN7gn$s7hc!Y_2+TvvLXoPt14F9_Z4z;vn^YAG+Ka?aF<i8Hx?ydxSqNZQ$M7|{lfJFDv3Fs(TZ9djDr}UR"
    "$!58PutEa_o7nTs5{(|*Q-yn(@F`?kBo=U=5U?z3l3~h<sSp@4VapN`XzbwO{<^keq{zH_pyAbnwpS0?%C=&7ScFGTvoDXHg2zON"
    "+Ab;<f)1O;3Ew`WGO3|P{I)T_d!Un82xHhzEre^ZgZkZNv+u+Z6QP?CPN`@bdK_KbiViA1MpaQ=z2rk^9{Ox#0z*=SeugY5)^Ql{"
    "NJ$%p))2Cb35mmQ+tooTBv^yTsgON3T?)gH2v4v)va*V%n2`1m9yIhqgK#e+?1g>yi9SgPJ34Hl42EG5_Os+gr81s@10J6Jik5Hi"
    "JjHnWKp;FEhJ#cXN1c3H2+=bbu{jT67!_g6<}4f8B8WnWd9E3j1&4=IzuD!*?&$_b@C@5rFfV<h!x45HD+LRl&B`*(1+40_%v*>Q"
    "&~p<YF&PRxuhd{%grh9qO=TKh$jVt#fLV)2I{m=I1bfC^`VL-XvC<Sm)eZ7Iyd;9cjOOr68NsCEud3rXskkiDV5zeRa?X>(<O>go"
    "94>J<UxR`OMJ8kxRFBN8Q7UWb1P{lCQ`c-qhc7w}Wgd=;pgDf)2udSNLtdla>Zcdx!C*HmjLH_2J$+=aQPEj3Ko!iWu!SfY6atkR"
    "SR!CnQbrl8B_h)VQkhdxhe;vvovy-(sK8ZWMrvbis)Tf0DG}BAJlQ_$Dg6YzY-ippjUubsMfR$Fz^`GL6XA7B2vp&Xq8FTmlXjN9"
    ">GX{neVey|r!brrVZo|ME%go{7fho<e0^&I-mbzsQ7K4|$%J=@Q(vE_>w*+<DTeokQ-A$P*H6sloKh+yUDXTlzQ8e7yRFJ34U`!;"
    "LvB*Ijz~mJV+zhL*mTMX7Ag2(fi<YSVIqYj>W3pzD`iz_ScpMYAsqtFE!d}2u}}^^8ey5l#9Q$31bh;uj-rZEsdSABO_A}>55(7y"
    "E%Y_I<Y?Kz#Tuifi<mDdSa#ZECcWJ^VQ#*<snsw4{`Dk{KYcB2bu*W|Zq*qlvZAR4orX7)j^C1DXC->6fYdbnNzX2LQvqwaR71ez"
    "3`PbWj+ylC+p$|;nu@W8sD|3(zi*<46TYd2R&I}Hs_%?t(z{k5AfL~t;_-h|RDmo@oz!Gx83lu01>Ko+|7|O{aDHHj+Fm%jb%u79"
    "Rm<2O^4jjnqz6|L{&6q=wUqN=$i76JYrAt@&$Mm|bp8{gKUbE~y56fbo=LYa(i-3><F{MCmzK}JRxa&j?9HV2tjPQE@g|3xswiLm"
    "!|<Lz_kYg6Zzbn{3-L?bD1IC_m!dDK|IAqUm)pqS<Vy6{Z67=K*%!;_Z=0)wG#ciL`bV6n)-QirII?{HY~gyYH&Eufg-n%n&{>5}"
    "X<5x>(p|SGCf47R=uh+}lkvVpthX<jOvYldL_C>H#1gUYK60x+F)%RDPgM?H`Qc2I=!i0vfgr0eN2h!6v@cTb{~zN=y9dYy5AtZ3"
    "TWVDKN!&wVvxnren`F`C@$<MF`C1Q;*u*U!Abz;J3%7dUSDQFr@AqTfUDS)EzZ|?>+mCg3H81vOKeoq@b@wkXcCOinjr+0guH(gC"
    "@nd`I*c<mHkH5SR+vm6I?iOC`ML#y-$GWTCi`}@!hfVsi?pkg0V9&X*OXR4#gtmCV>sq*FihEQDhqu>TL1@RKz}2r-$i9BnQXdUr"
    "HYGZpy0m|#tq$9mR<_^X`ycI$?12"
)


def golden() -> BytesIO:
    return BytesIO(zlib.decompress(base64.b85decode(GOLDEN)))


@pytest.mark.usefixtures("_parameters")
def test_a_file_of_pytorch() -> None:
    state = load(golden())
    plain = {
        key: value for key, value in state.items() if key not in ("model", "optimizer") and type(value) is not Tensor
    }
    parameter = plain.pop("parameter")
    assert type(parameter) is Parameter
    assert parameter.requires_grad
    assert plain == {
        "epoch": 3, "loss": 0.5, "note": "grün", "tags": {"a"}, "raw": b"\0\xff", "dtype": ag.int32, "size": (2, 3),
        "z": 1 - 2j, "none": None, "flags": (True, False), "steps": Counter({30: 2, 60: 1}),
    }  # fmt: skip
    assert {key: value.tolist() for key, value in state.items() if type(value) is Tensor} == {
        "base": [0, 1, 2, 3, 4, 5], "view": [[1, 4], [2, 5]], "mask": [True, False], "scalar": 7, "empty": [],
    }  # fmt: skip
    assert state["view"]._memory is state["base"]._memory
    assert state["empty"].shape == (0, 3)
    assert np.shares_memory(parameter.array, state["model"]["weight"].array)
    assert state["model"]["weight"].array.tolist() == [[np.float32(0.9), np.float32(1.9)]]
    assert list(state["model"]._metadata) == [""]
    assert state["optimizer"]["state"][0]["momentum_buffer"].tolist() == [[1, 1]]
    assert state["optimizer"]["param_groups"][0]["params"] == [0, 1]
    assert same(again(state), state)


def test_torch_is_never_imported(tmp_path: Path) -> None:
    program = (
        "import sys, autograd_core as ag; from autograd_core.files.serialize import save, load\n"
        f"save(ag.tensor([1.]), {str(tmp_path / 'x.pt')!r}); load({str(tmp_path / 'x.pt')!r})\n"
        "assert not {'torch', 'nn', 'safetensors'} & {name.partition('.')[0] for name in sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(ag.__file__).parent.parent)


def test_the_zip_is_as_pytorch_wants_it(tmp_path: Path) -> None:
    save([values(dtype, (5,)) for dtype in dtypes.ALL], tmp_path / "x.pt")
    content = (tmp_path / "x.pt").read_bytes()
    with zipfile.ZipFile(tmp_path / "x.pt") as archive:
        assert archive.testzip() is None
        assert archive.read("archive/version") == b"3\n"
        assert archive.read("archive/byteorder") == sys.byteorder.encode()
        assert len(archive.read("archive/.data/serialization_id")) == 40
        for record in archive.infolist():
            assert record.compress_type == zipfile.ZIP_STORED
            name, extra = struct.unpack_from("<HH", content, record.header_offset + 26)
            assert (record.header_offset + 30 + name + extra) % 64 == 0
    assert saved([1, 2]).getvalue() == saved([1, 2]).getvalue()


def test_zip64(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(serialize, "ZIP64_LIMIT", 1000)
    value = [values(dtypes.float64, (n,)) for n in (1, 300, 2, 500)]
    save(value, tmp_path / "x.pt")
    assert same(load(tmp_path / "x.pt"), value)
    assert same(load(tmp_path / "x.pt", mmap=True), value)
    content = (tmp_path / "x.pt").read_bytes()
    for record in zipfile.ZipFile(BytesIO(content)).infolist():
        name, extra = struct.unpack_from("<HH", content, record.header_offset + 26)
        assert (record.header_offset + 30 + name + extra) % 64 == 0


def test_mmap(tmp_path: Path) -> None:
    value = {
        "a": values(dtypes.float32, (2, 3)),
        "flags": values(dtypes.bool, (4,)),
        "empty": values(dtypes.int8, (0,)),
    }
    save(value, tmp_path / "x.pt")
    before = (tmp_path / "x.pt").read_bytes()
    back = load(tmp_path / "x.pt", mmap=True)
    assert same(back, value)
    back["a"].array[:] = 5  # stays in memory
    assert (tmp_path / "x.pt").read_bytes() == before
    for source in (BytesIO(before), tmp_path / "x.npz", tmp_path / "x.safetensors"):
        with pytest.raises(ValueError, match="path"):
            load(source, mmap=True)


def test_the_other_byte_order() -> None:
    program = numbers = None
    with zipfile.ZipFile(saved(values(dtypes.float32, (4,)))) as archive:
        program, numbers = archive.read("archive/data.pkl"), archive.read("archive/data/0")
    other = {"little": b"big", "big": b"little"}[sys.byteorder]
    swapped = np.frombuffer(numbers, np.float32).byteswap().tobytes()
    assert same(load(archived(program, swapped, byteorder=other)), values(dtypes.float32, (4,)))
    with pytest.raises(RuntimeError, match="byte order"):
        load(archived(program, numbers, byteorder=b"middle"))


def test_bools_are_0_or_1() -> None:
    with zipfile.ZipFile(saved(values(dtypes.bool, (4,)))) as archive:
        program = archive.read("archive/data.pkl")
    assert load(archived(program, b"\0\1\2\xff")).array.view(np.uint8).tolist() == [0, 1, 1, 1]


# ---------------------------------------------------------------- where to and where from


@pytest.mark.parametrize("suffix", ["pt", "pth", "ckpt", "", "npz", "safetensors"])
def test_paths(tmp_path: Path, suffix: str) -> None:
    state = {"weight": values(dtypes.float32, (2, 3)), "file": values(dtypes.int64, ())}
    for path in (tmp_path / f"a.{suffix}", str(tmp_path / f"b.{suffix}")):
        save(state, path)
        back = load(path)
        assert {name: back[name].tolist() for name in back} == {name: state[name].tolist() for name in state}
        assert all(back[name].dtype == state[name].dtype and back[name].array.flags.writeable for name in state)
    assert sorted(found.name for found in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]


def test_files() -> None:
    class Pipe:
        content = b""

        def write(self, content: Any) -> int:
            self.content += bytes(content)
            return len(content)

    pipe: Any = Pipe()
    save([1, ag.tensor([2.0])], pipe)
    assert same(load(BytesIO(pipe.content)), [1, ag.tensor([2.0])])
    later = BytesIO(b"before" + pipe.content)
    later.seek(6)
    assert load(later)[0] == 1
    with pytest.raises(AttributeError, match="write"):
        save(1, 5)  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="seekable"):
        load(pipe)
    with pytest.raises(FileNotFoundError):
        load("no such file.pt")
    with pytest.raises(EOFError):
        load(BytesIO())
    assert load(saved(1), weights_only=False) == 1
    assert load(saved(1), weights_only=None) == 1
    assert load(saved(1), None, pickle) == 1


def test_arguments_that_name_other_ways(tmp_path: Path) -> None:
    for options in ({"pickle_module": zipfile}, {"pickle_protocol": 4}, {"_use_new_zipfile_serialization": False}):
        with pytest.raises(NotImplementedError, match="save: "):
            save(1, BytesIO(), **options)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="pickle_module"):
        load(saved(1), pickle_module=zipfile)
    with pytest.raises(TypeError, match="metadata is for"):
        save({}, tmp_path / "x.pt", metadata={"a": "b"})
    with pytest.raises(TypeError, match="encoding"):
        load(saved(1), encoding="latin1")  # type: ignore[call-arg]


def test_map_location() -> None:
    with zipfile.ZipFile(saved(values(dtypes.float32, (2,)))) as archive:
        program = archive.read("archive/data.pkl").replace(b"X\3\0\0\0cpu", b"X\6\0\0\0cuda:0")
    for wanted in (None, "cuda", device("cuda:1"), {"cuda:1": "cpu"}, lambda storage, place: None, "meta"):
        with pytest.raises(RuntimeError, match="map_location='cpu'"):
            load(archived(program, bytes(8)), wanted)
    for wanted in ("cpu", device("cpu"), {"cuda:0": "cpu"}, lambda storage, place: storage):
        assert load(archived(program, bytes(8)), map_location=wanted).tolist() == [0, 0]
    seen: list[str] = []
    load(archived(program, bytes(8)), lambda storage, place: seen.append(place) or storage)  # type: ignore[func-returns-value]
    assert seen == ["cuda:0"]


# ---------------------------------------------------------------- the old file or the new one


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.pt"
    save(1, path)
    with pytest.raises(TypeError):
        save(object(), path)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save(2, path)
    assert load(path) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["x.pt"]


def test_a_failed_save_writes_nothing_to_an_open_file() -> None:
    file = BytesIO()
    with pytest.raises(TypeError):
        save([1, object()], file)
    assert not file.getvalue()


def test_permissions_links_and_missing_folders(tmp_path: Path) -> None:
    path, link = tmp_path / "x.pt", tmp_path / "link.pt"
    save(1, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()
    path.chmod(0o640)
    link.symlink_to(path)
    save(2, link)
    assert link.is_symlink()
    assert load(path) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with pytest.raises(RuntimeError, match="does not exist"):
        save(1, tmp_path / "no" / "x.pt")
    with pytest.raises(IsADirectoryError):
        save(1, tmp_path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe.pt").read_bytes()), daemon=True)
    reader.start()
    save([1, 2], tmp_path / "pipe.pt")
    reader.join(10)
    assert load(BytesIO(read[0])) == [1, 2]
    assert stat.S_ISFIFO((tmp_path / "pipe.pt").stat().st_mode)


def test_killed_while_saving(tmp_path: Path) -> None:
    """A process that saves again and again is killed at a random moment, RUNS times: a whole file is there."""
    program = (
        "import sys, numpy as np; from autograd_core.primitive import wrap; from autograd_core.files.serialize import save\n"
        "step = 0\nprint('ready', flush=True)\n"
        "while True:\n"
        "    save({'step': wrap(np.array(step)), 'weight': wrap(np.full(300_000, float(step)))}, sys.argv[1]); step += 1\n"
    )
    moments = random.Random(0)
    for run in range(RUNS):
        path = tmp_path / f"x.{('pt', 'pt', 'npz', 'safetensors')[run % 4]}"
        if run < 4:
            save({"step": wrap(np.array(-1)), "weight": wrap(np.full(300_000, -1.0))}, path)
        process = subprocess.Popen(
            [sys.executable, "-c", program, path], stdout=subprocess.PIPE, cwd=Path(ag.__file__).parent.parent
        )
        assert process.stdout is not None
        with process:
            process.stdout.readline()
            time.sleep(moments.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
        state = load(path)
        assert (state["weight"].array == state["step"].array).all()


# ---------------------------------------------------------------- hostile files


def archived(program: bytes, *storages: bytes, byteorder: bytes | None = None, folder: str = "archive") -> BytesIO:
    """A zip as PyTorch writes it, round any pickle."""
    with zipfile.ZipFile(file := BytesIO(), "w") as archive:
        archive.writestr(f"{folder}/data.pkl", program)
        if byteorder is not None:
            archive.writestr(f"{folder}/byteorder", byteorder)
        for key, storage in enumerate(storages):
            archive.writestr(f"{folder}/data/{key}", storage)
    file.seek(0)
    return file


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return b"\x8a" + bytes([len(coded := pickle.encode_long(value))]) + coded  # type: ignore[attr-defined]


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def call(module: str, attribute: str, arguments: bytes) -> bytes:
    return name(module, attribute) + b"(" + arguments + b"tR"


def storage(kind: str = "FloatStorage", key: str = "0", numel: int = 4) -> bytes:
    return b"(" + text("storage") + name("torch", kind) + text(key) + text("cpu") + number(numel) + b"tQ"


def tensor(offset: int, size: tuple[int, ...], stride: tuple[int, ...], held: bytes | None = None) -> bytes:
    sizes = [b"(" + b"".join(map(number, numbers)) + b"t" for numbers in (size, stride)]
    flag_and_hooks = b"\x89" + call("collections", "OrderedDict", b"")
    arguments = (storage() if held is None else held) + number(offset) + sizes[0] + sizes[1] + flag_and_hooks
    return call("torch._utils", "_rebuild_tensor_v2", arguments)


def test_the_builders_of_these_tests_build() -> None:
    assert load(archived(b"\x80\2" + tensor(1, (3,), (1,)) + b".", bytes(16))).tolist() == [0, 0, 0]
    assert load(archived(b"\x80\2" + attributed(text("tag")) + b".", bytes(16))).tag == 1
    old = call("torch._utils", "_rebuild_tensor", storage() + number(2) + b"K\2\x85K\1\x85")
    assert load(archived(b"\x80\2" + old + b".", bytes(16))).tolist() == [0, 0]


def attributed(key: bytes, value: bytes = b"K\1", kind: bytes | None = None, rebuild: bytes | None = None) -> bytes:
    """A tensor with an attribute."""
    plain = tensor(0, (1,), (1,))
    function = name("torch._utils", "_rebuild_tensor_v2")
    given = plain[len(function) : -1]
    parts = (rebuild or function) + (kind or name("torch", "Tensor")) + given + b"}" + key + value + b"s"
    return call("torch._tensor", "_rebuild_from_type_v2", parts)


CANARY = Path(tempfile.gettempdir()) / f"canary-{os.getpid()}"
TOUCH = f"touch {CANARY}"
WRITE = f"open({str(CANARY)!r}, 'w')"
DEEP = b")" + 100_000 * b"\x85"  # a tuple in a tuple in …
ORDERED = call("collections", "OrderedDict", b"")
FLOATS = name("torch", "FloatStorage")
ENCODE = name("_codecs", "encode") + b"(h\0" + text("latin1") + b"tR"

HOSTILE: dict[str, bytes] = {
    # Functions that must not be called.
    "os.system": call("os", "system", text(TOUCH)),
    "posix.system": call("posix", "system", text(TOUCH)),
    "nt.system": call("nt", "system", text(TOUCH)),
    "subprocess": call("subprocess", "getoutput", text(TOUCH)),
    "eval": call("builtins", "eval", text(WRITE)),
    "exec": call("__builtin__", "exec", text(WRITE)),
    "open": call("builtins", "open", text(str(CANARY)) + text("w")),
    "__import__": call("builtins", "__import__", text("os")),
    "getattr": call("builtins", "getattr", name("collections", "OrderedDict") + text("fromkeys")),
    "getattr of a tensor": call("builtins", "getattr", tensor(0, (1,), (1,)) + text("array")),
    "dotted name": call("collections", "OrderedDict.fromkeys", b"]"),
    "dotted dunder": call("torch._utils", "_rebuild_tensor_v2.__globals__", b""),
    "operator": call("operator", "attrgetter", text("__class__")),
    "functools.partial": call("functools", "partial", name("collections", "OrderedDict")),
    "runpy": call("runpy", "_run_code", text(WRITE) + b"}"),
    "numpy": call("numpy.testing._private.utils", "runstring", text(WRITE) + b"}"),
    "numpy.load": call("numpy", "load", text("/etc/passwd")),
    "torch.load": call("torch", "load", text("/etc/passwd")),
    "torch.hub": call("torch.hub", "load", text("a/b") + text("c")),
    "this library": call("autograd_core.files.serialize", "load", text("/etc/passwd")),
    "pickle.loads": call("_pickle", "loads", call("_codecs", "encode", text("cos\nsystem\n.") + text("latin1"))),
    "INST": b"(" + text(TOUCH) + b"ios\nsystem\n",
    "OBJ": b"(" + name("os", "system") + text(TOUCH) + b"o",
    "NEWOBJ": name("collections", "OrderedDict") + b")\x81",
    "NEWOBJ of Popen": name("subprocess", "Popen") + text(TOUCH) + b"\x85\x81",
    "NEWOBJ_EX": name("subprocess", "Popen") + text(TOUCH) + b"\x85}\x92",
    "EXT1": b"\x82\1",
    "EXT2": b"\x83\1\0",
    "EXT4": b"\x84\1\0\0\0",
    "STACK_GLOBAL": text("os") + text("system") + b"\x93" + text(TOUCH) + b"\x85R",
    "STACK_GLOBAL in one": text("") + text("os system") + b"\x93",
    "STACK_GLOBAL dotted": text("collections") + text("OrderedDict.__init__.__globals__") + b"\x93",
    "STACK_GLOBAL of a number": b"K\1K\2\x93",
    "STACK_GLOBAL of nested lists": b"]" + b"q\0]h\0ah\0a" * 60 + text("x") + b"\x93",
    "STACK_GLOBAL with a null": text("os\0") + text("system") + b"\x93",
    "GLOBAL with spaces": name("collections OrderedDict", "x"),
    "GLOBAL empty": name("", ""),
    "GLOBAL not ASCII": b"c\xff\xfe\nx\n",
    "PERSID": b"Pstorage\n",
    "BYTEARRAY8": b"\x96" + struct.pack("<Q", 2**62),
    # Calls of what may be called, with what may not be given.
    "REDUCE of text": text("os.system") + b")R",
    "REDUCE of a tensor": tensor(0, (1,), (1,)) + b")R",
    "REDUCE of a dtype": name("torch", "float32") + b")R",
    "REDUCE with a list": name("collections", "OrderedDict") + b"]R",
    "REDUCE of nested lists": b"]" + b"q\0]h\0ah\0a" * 60 + b")R",
    "arguments missing": call("torch._utils", "_rebuild_tensor_v2", b""),
    "too many arguments": call("collections", "OrderedDict", b"]"),
    "bytes by another codec": call("_codecs", "encode", text("aaa") + text("idna")),
    "bytes by a codec of ours": call("_codecs", "encode", text("aaa") + text("os")),
    "bytes not latin1": call("_codecs", "encode", text("\u2603") + text("latin1")),
    "bytearray of a length": call("__builtin__", "bytearray", number(2**40)),
    "bytes of a length": call("__builtin__", "bytes", number(2**40)),
    "set of text": call("__builtin__", "set", text("abc")),
    "complex of text": call("__builtin__", "complex", text("1")),
    "Size of text": call("torch", "Size", text("a") + b"\x85"),
    "Counter of a list": call("collections", "Counter", b"]"),
    "device of a tensor": call("torch", "device", tensor(0, (1,), (1,))),
    "NumPy object dtype": call("numpy", "dtype", text("O8") + b"\x89\x88"),
    "NumPy long dtype": call("numpy", "dtype", text("V999999999") + b"\x89\x88"),
    "NumPy structured dtype": call("numpy", "dtype", text("i4,O") + b"\x89\x88"),
    "NumPy array": call("numpy._core.multiarray", "_reconstruct", name("numpy", "ndarray") + b"K\0\x85"),
    "NumPy number, short": call(
        "numpy.core.multiarray", "scalar",
        call("numpy", "dtype", text("f8") + b"\x89\x88") + call("_codecs", "encode", text("abc") + text("latin1")),
    ),
    # State.
    "BUILD of a dict": b"}}b",
    "BUILD of a tensor": tensor(0, (1,), (1,)) + b"}b",
    "BUILD of a function": name("torch._utils", "_rebuild_tensor_v2") + b"}" + text("__code__") + b"Nsb",
    "BUILD of a class": name("collections", "OrderedDict") + b"}" + text("x") + b"Nsb",
    "BUILD over a method": ORDERED + b"}" + text("items") + name("collections", "OrderedDict") + b"sb",
    "BUILD over __class__": ORDERED + b"}" + text("__class__") + name("collections", "Counter") + b"sb",
    "BUILD with slots": ORDERED + b"N}" + text("x") + b"Ns\x86b",
    "BUILD with a number": ORDERED + b"}K\1Nsb",
    "BUILD with a tensor": ORDERED + tensor(0, (2**60,), (0,)) + b"b",
    # Containers and keys.
    "APPEND to a tuple": b")K\1a",
    "APPEND to a tensor": tensor(0, (1,), (1,)) + b"K\1a",
    "SETITEM of a list": b"]K\0K\1s",
    "SETITEM of a tensor": tensor(0, (1,), (1,)) + b"K\0K\1s",
    "SETITEMS, odd": b"}(K\1K\2K\3u",
    "ADDITEMS to a function": name("_codecs", "encode") + b"(K\1\x90",
    "unhashable key": b"}]K\1s",
    "recursive key": b"}]q\0h\0a\x85K\1s",
    "deep key": b"}" + DEEP + b"K\1s",
    "deep item": call("__builtin__", "set", b"]" + DEEP + b"a"),
    "wide key": b"}q\1)" + b"q\0(h\0h\0h\0h\0h\0h\0h\0h\0t" * 30 + b"h\1h\0K\1s",
    "slow key": b"}\x8b" + struct.pack("<I", 100_000) + b"\1" * 100_000 + b"K\1s",
    # The machine.
    "empty": b"",
    "STOP": b".",
    "two results": b"NN",
    "memo never written": b"h\5",
    "huge memo": b"Nr\xff\xff\xff\xffj\xfe\xff\xff\xff",
    "no mark": b"NNt",
    "TUPLE3 of two": b"NN\x87",
    "POP": b"N0",
    "DUP": b"N2",
    "long text": b"X\xff\xff\xff\x7fabc",
    "longer text": b"\x8d" + struct.pack("<Q", 2**62) + b"abc",
    "negative length": b"\x8b\xff\xff\xff\xffabc",
    "unknown opcode": b"\xff",
    "float as text": b"F1e400\n",
    "many digits": b"L" + b"9" * 100_000 + b"L\n",
    # Storages and tensors.
    "storage by number": b"K\1Q",
    "storage by a long tuple": b"(" + b"N" * 100_000 + b"tQ",
    "storage of no kind": b"(" + text("storage") + b"N" + text("0") + text("cpu") + number(4) + b"tQ",
    "storage of another name": b"(" + text("module") + FLOATS + text("0") + text("cpu") + b"K\4tQ",
    "storage named by a tensor": b"(" + tensor(0, (2**60,), (0,)) + FLOATS + text("0") * 2 + b"K\4tQ",
    "storage not there": storage(key="1"),
    "storage outside": storage(key="../data.pkl"),
    "storage too long": storage(numel=5),
    "storage too short": storage(numel=3),
    "storage huge": storage(numel=2**62),
    "storage negative": storage(numel=-4),
    "storage of two kinds": storage() + storage("IntStorage"),
    "bfloat16": storage("BFloat16Storage"),
    "uint16": call("torch._utils", "_rebuild_tensor_v3", b""),
    "sparse": call("torch._utils", "_rebuild_sparse_tensor", b""),
    "quantised": call("torch._utils", "_rebuild_qtensor", b""),
    "size out of bounds": tensor(0, (5,), (1,)),
    "offset out of bounds": tensor(4, (1,), (1,)),
    "offset and size": tensor(2, (3,), (1,)),
    "stride out of bounds": tensor(0, (2,), (4,)),
    "2-D out of bounds": tensor(0, (2, 3), (2, 1)),
    "negative size": tensor(0, (-1,), (1,)),
    "negative stride": tensor(3, (4,), (-1,)),
    "negative offset": tensor(-1, (1,), (1,)),
    "huge size": tensor(0, (2**62, 4), (1, 1)),
    "size of 2^64": tensor(0, (2**64,), (0,)),
    "product of sizes": tensor(0, (2**31, 2**31, 2**31), (0, 0, 0)),
    "huge offset": tensor(2**62, (1,), (1,)),
    "huge stride": tensor(0, (2,), (2**62,)),
    "overflowing stride": tensor(0, (1,), (2**62 + 1,)),
    "huge and empty": tensor(0, (0, 2**62, 2**62), (1, 1, 1)),
    "65 dimensions": tensor(0, (1,) * 65, (1,) * 65),
    "fewer strides": tensor(0, (2, 2), (1,)),
    "a tensor as storage": tensor(0, (1,), (1,), held=tensor(0, (2, 2), (2, 1))),
    "a list as storage": tensor(0, (1,), (1,), held=b"]"),
    "requires_grad of ints": tensor(0, (1,), (1,), held=storage("IntStorage")).replace(b"\x89", b"\x88"),
    "a hook": tensor(0, (1,), (1,)).replace(b"(tRtR", b"(tRN\x85)stR").replace(b")stR", b"NstR"),
    "conjugated and expanded": tensor(0, (2**60,), (0,))[:-2] + b"}" + text("conj") + b"\x88stR",
    "metadata": tensor(0, (1,), (1,))[:-2] + b"}" + text("x") + b"\x88stR",
    "parameter of a list": call("torch._utils", "_rebuild_parameter", b"]\x88" + ORDERED),
    "parameter with a list": call(
        "torch._utils", "_rebuild_parameter_with_state", tensor(0, (1,), (1,)) + b"\x88" + ORDERED + b"]"
    ),
    **{f"attribute {key!r}": attributed(key) for key in (
        text("array"), text("__class__"), text("_memory"), text("_leaf"), text("sum"), text("grad"), text("__dict__"), b"K\1",
    )},
    "name as number": attributed(text("_name")),
    "another class": attributed(text("x"), kind=name("collections", "OrderedDict")),
    "another function": attributed(text("x"), rebuild=name("_codecs", "encode")),
    "another function's arguments": call(
        "torch._tensor", "_rebuild_from_type_v2",
        name("torch._utils", "_rebuild_tensor_v2") + name("torch", "Tensor") + text("a") + b"\x85" + b"}",
    ),
    "call of a class": name("torch", "Tensor") + text("a") + b"\x85R",
    "old tensor outside": call("torch._utils", "_rebuild_tensor", storage() + number(3) + b"K\2\x85K\1\x85"),
    "old storage with a view": storage()[:-2] + text("1") + b"tQ",
    # Little that makes much.
    "bytes again and again": text("x" * 100_000) + b"q\0(" + ENCODE * 1000 + b"t",
    "sets again and again": (
        b"](" + b"K\1" * 20_000 + b"eq\0(" + (name("__builtin__", "set") + b"h\0\x85R") * 1000 + b"t"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pickles(kind: str) -> None:
    program = b"\x80\2" + HOSTILE[kind] + (b"." if kind != "empty" else b"")
    file = archived(program, bytes(16))
    started = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises((pickle.UnpicklingError, RuntimeError, TypeError)) as raised:
            load(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert raised.value.args[0].startswith("load: ")
    assert len(raised.value.args[0]) < 600
    assert not CANARY.exists()
    assert peak < 2**20 + 60 * len(program)
    assert time.perf_counter() - started < 60


def test_hostile_pickles_damaged() -> None:
    chance = random.Random(0)
    held = wrap(np.zeros(4, np.float32))
    for program in HOSTILE.values():
        whole = b"\x80\2" + program + b"."
        if len(whole) > 10_000:
            continue
        damaged = [whole[:length] for length in np.linspace(0, len(whole) - 1, 50).astype(int)]
        for _ in range(200 * FUZZ):
            place = chance.randrange(len(whole))
            damaged.append(whole[:place] + bytes([whole[place] ^ chance.randrange(1, 256)]) + whole[place + 1 :])
        for content in damaged:
            with suppress(*ERRORS):
                read_all(pickles.read(content, lambda *_: held))
    assert not CANARY.exists()


def test_the_message_names_the_global() -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"'os\.system'.*state_dict\(\)"):
        load(archived(HOSTILE["os.system"] + b".", bytes(16)))
    with pytest.raises(TypeError, match=r"bfloat16=float32.*tensor\.float\(\)"):
        load(archived(HOSTILE["bfloat16"] + b".", bytes(16)))


def test_the_usual_unpickler_would_have_been_caught() -> None:
    """The programs above are pickles indeed: what the library refuses, `pickle` does."""
    assert pickle.loads(call("builtins", "eval", text("6 * 7")) + b".") == 42


def test_hostile_zips() -> None:
    program = b"\x80\2" + tensor(0, (4,), (1,)) + b"."
    for twice in ("archive/data.pkl", "archive/data/0"):
        with warnings.catch_warnings(), zipfile.ZipFile(double := archived(program, bytes(16)), "a") as archive:
            warnings.simplefilter("ignore")
            archive.writestr(twice, bytes(16))
        double.seek(0)
        with pytest.raises(RuntimeError, match="twice"):
            load(double)
    good = archived(program, bytes(16)).getvalue()
    for damaged, says in (
        (good.replace(b"archive/data/0", b"archive/data/1", 1), "another name"),
        (good.replace(b"PK\3\4\x14\0\0", b"PK\3\4\x14\0\1", 1), "no header"),
        (good.replace(b"PK\1\2\x14\3\x14\0\0\0\0", b"PK\1\2\x14\3\x14\0\0\0\x08", 1), "compressed"),
    ):
        assert damaged != good
        with pytest.raises(RuntimeError, match=says):
            load(BytesIO(damaged))
    assert load(archived(program, bytes(16), folder="..")).tolist() == [0] * 4  # a name, not a place on the disk
    with zipfile.ZipFile(bomb := BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/data/0", bytes(10**7))
    with zipfile.ZipFile(small := BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\2N.")
    for compressed in (bomb, small):
        compressed.seek(0)
        with pytest.raises(RuntimeError, match=r"compressed|larger than the file"):
            load(compressed)
    with zipfile.ZipFile(none := BytesIO(), "w") as archive:
        archive.writestr("archive/other", b"")
    none.seek(0)
    with pytest.raises(RuntimeError, match="corrupt"):
        load(none)
    with zipfile.ZipFile(nothing := BytesIO(), "w"):
        pass
    for content in (nothing.getvalue(), b"PK\3\4", b"PK\3\4" + bytes(100), b"text", pickle.dumps([1]), b"\x80\2N."):
        with pytest.raises(ERRORS):
            load(BytesIO(content))
    whole = archived(program, bytes(16)).getvalue()
    lying = whole.replace(struct.pack("<II", 16, 16), struct.pack("<II", 2**31 - 1, 2**31 - 1))
    with pytest.raises(RuntimeError, match="larger than the file"):
        load(BytesIO(lying))


# ---------------------------------------------------------------- damaged files


def samples() -> list[bytes]:
    mixed = [values(dtypes.int64, (5,)), 1, "two", {3.0}]
    ours = saved({"w": values(dtypes.float32, (3, 4)), "b": mixed, "t": (None, b"x", 1j)})
    return [ours.getvalue(), golden().getvalue()]


def check(content: bytes) -> bool:
    """Whether it loads, with tensors that can be read, or raises what it should."""
    try:
        value = load(BytesIO(content))
    except ERRORS:
        return False
    read_all(value)
    return True


def read_all(value: Any, depth: int = 0) -> None:
    if isinstance(value, Tensor):
        assert type(value.array) is np.ndarray
        assert value.dtype in dtypes.ALL
        if value.array.size < 10**6:
            value.array.copy()
    elif isinstance(value, dict):
        read_all(list(value.items()), depth)
    elif isinstance(value, list | tuple | set):
        for item in value if depth < 20 else ():
            read_all(item, depth + 1)
    else:
        plain = int | float | complex | str | bytes | bytearray | np.dtype | np.generic | device | None
        assert isinstance(value, plain) or value in pickles._NAMES


@pytest.mark.parametrize("content", samples(), ids=["ours", "PyTorch's"])
def test_truncated_files_raise(content: bytes) -> None:
    assert check(content)
    for length in np.linspace(0, len(content) - 1, len(content) if FUZZ >= 10 else 50).astype(int):
        assert not check(content[:length])


@pytest.mark.parametrize("content", samples(), ids=["ours", "PyTorch's"])
def test_flipped_bytes(content: bytes) -> None:
    chance = random.Random(0)
    for _ in range(200 * FUZZ):
        damaged = bytearray(content)
        for _ in range(chance.choice([1, 1, 2, 5])):
            damaged[chance.randrange(len(damaged))] ^= chance.randrange(1, 256)
        check(bytes(damaged))


@pytest.mark.parametrize("content", samples(), ids=["ours", "PyTorch's"])
def test_flipped_bytes_of_a_pickle_that_the_zip_vouches_for(content: bytes) -> None:
    chance = random.Random(0)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        folder = archive.namelist()[0].partition("/")[0]
        program = archive.read(f"{folder}/data.pkl")
        keys = sorted(int(name.rpartition("/")[2]) for name in archive.namelist() if f"{folder}/data/" in name)
        storages = [archive.read(f"{folder}/data/{key}") for key in keys]
    assert check(archived(program, *storages).getvalue())
    opcodes = b"().0125FGIJKLMNPQRSTUVXabcdeghijloprqstu}]\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x90\x93\x94"
    for _ in range(400 * FUZZ):
        damaged = bytearray(program)
        for _ in range(chance.choice([1, 1, 2, 5])):
            place = chance.randrange(len(damaged))
            if chance.random() < 0.5:
                damaged[place] = chance.choice(opcodes)
            elif chance.random() < 0.5:
                damaged[place : place + chance.randrange(4)] = bytes(chance.choices(opcodes, k=chance.randrange(4)))
            else:
                damaged[place] = chance.randrange(256)
        check(archived(bytes(damaged), *storages).getvalue())
    for length in np.linspace(0, len(program) - 1, 50).astype(int):
        assert not check(archived(program[:length], *storages).getvalue())
