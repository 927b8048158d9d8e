"""The pickle inside a PyTorch file: what it may say, running it, and writing one.

A pickle is a small program that names the functions to rebuild a value with, which makes the usual reader
execute whatever the file's author wants. This one knows no functions but those in `_GLOBALS`, calls them with
nothing but the types in `_CALLS`, and so makes tensors, containers and plain values, and nothing else.

Format: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py.
"""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict
from io import BytesIO
from types import FunctionType, NoneType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import numpy as np

from ..arrays import dtypes
from ..arrays.dims import Size
from ..devices import device
from ..primitive import wrap
from ..tensor import Tensor
from ..tensors.copying import attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..arrays.dtypes import DType
    from ..primitive import Array

__all__ = ["StorageType", "read", "register_parameter_class", "write"]

_parameter: Callable[[Tensor, bool], Tensor] | None = None


def register_parameter_class(cls: Callable[[Tensor, bool], Tensor]) -> None:
    """Say what parameters are made with: ``cls(data, requires_grad)``. Without it they are leaf tensors."""
    global _parameter
    _parameter = cls


# ---------------------------------------------------------------- what a pickle may name and call


class StorageType(NamedTuple):
    """What PyTorch calls FloatStorage, LongStorage, …; one of bfloat16 is to be converted."""

    dtype: DType
    bfloat16: bool = False

    @property
    def raw(self) -> DType:
        """The dtype of the bytes in the file."""
        return np.dtype(np.uint16) if self.bfloat16 else self.dtype


class _NumberType(NamedTuple):
    """The dtype of one of NumPy's numbers; a bare dtype in a file is PyTorch's."""

    dtype: DType


def _expect(condition: bool, what: str) -> None:
    if not condition:
        raise pickle.UnpicklingError(f"load: the file is corrupt or hostile: {what:.200} is not valid")


def _tensor(
    storage: Tensor, offset: int, size: Any, stride: Any, requires_grad: bool, hooks: Any, metadata: Any = None
) -> Tensor:
    """A view of a storage (a 1-D tensor), once it is certain to lie within."""
    memory, width = storage.array, storage.array.itemsize
    _expect(memory.ndim == 1 and len(size) == len(stride) <= 64 and not hooks, "a tensor")
    _expect(all(type(n) is int and 0 <= n < 2**63 for n in (offset, *size, *stride)), "an offset, size or stride")
    if 0 in size:
        array = np.empty(size, memory.dtype)
    else:
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        _expect(last < memory.size, f"offset {offset}, size {size}, stride {stride} in {memory.size} elements")
        array = np.ndarray(size, memory.dtype, memory, offset * width, [step * width for step in stride])
    if metadata:  # a conjugated or negated view, which NumPy does not have: a copy
        _expect(metadata.keys() <= {"conj", "neg"} and array.size <= memory.size, "a view")
        array = array.conj() if metadata.get("conj") is True else array
        array = -array if metadata.get("neg") is True else array
    return _leaf(wrap(array, None, storage._memory), requires_grad)


def _old_tensor(storage: Tensor, offset: int, size: Any, stride: Any) -> Tensor:
    return _tensor(storage, offset, size, stride, False, None)


def _parameter_of(data: Tensor, requires_grad: bool, hooks: Any) -> Tensor:
    leaf = _leaf(wrap(data.array, None, data._memory), requires_grad)
    _expect(not hooks, "a hook")
    return leaf if _parameter is None else _parameter(data, requires_grad)


def _tensor_with(rebuild: Any, kind: Any, arguments: Any, attributes: Any) -> Tensor:
    _expect(rebuild is _tensor and kind is Tensor, "a tensor's class")
    return _with(_call(rebuild, arguments), attributes)


def _parameter_with(data: Tensor, requires_grad: bool, hooks: Any, attributes: Any) -> Tensor:
    return _with(_parameter_of(data, requires_grad, hooks), attributes)


def _with(tensor: Tensor, attributes: dict[str, Any]) -> Tensor:
    """The tensor, with the attributes that somebody once set on it."""
    for name, value in attributes.items():
        free = type(name) is str and not hasattr(Tensor, name) and not name.startswith("__")
        _expect(free or (name == "_name" and type(value) is str), "an attribute of a tensor")
    vars(tensor).update(attributes)
    return tensor


def _leaf(tensor: Tensor, requires_grad: bool) -> Tensor:
    _expect(not requires_grad or tensor.dtype.kind == "f", f"requires_grad of dtype {tensor.dtype}")
    tensor.requires_grad = requires_grad
    return tensor


def _size(sizes: Any) -> Size:
    _expect(all(type(n) is int for n in sizes), "a Size")
    return Size(sizes)


def _set(items: Any) -> set[Any]:
    return set(map(_key, items))


def _bytes(text: str = "", encoding: str = "latin1") -> bytes:
    _expect(encoding == "latin1", "an encoding")
    return text.encode("latin1")


def _number_type(name: str, align: bool, copy: bool) -> _NumberType:
    _expect(name in _NUMBER_TYPES, "a NumPy dtype")
    return _NumberType(_NUMBER_TYPES[name])


def _number(kind: _NumberType, content: bytes) -> Any:
    (number,) = np.frombuffer(content, kind.dtype)
    return number


_NUMBER_TYPES: Final = {
    name: np.dtype(name)
    for name in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}
_STORAGES: Final[dict[str, DType]] = {
    "Float": dtypes.float32, "Double": dtypes.float64, "Half": dtypes.float16, "Long": dtypes.int64,
    "Int": dtypes.int32, "Short": dtypes.int16, "Char": dtypes.int8, "Byte": dtypes.uint8, "Bool": dtypes.bool,
    "ComplexFloat": dtypes.complex64, "ComplexDouble": dtypes.complex128,
}  # fmt: skip
_STORAGE_TYPES: Final = {dtype: StorageType(dtype) for dtype in _STORAGES.values()}

# Every name that a file may contain, as "module name". Where two mean the same, the first is written.
_GLOBALS: Final[dict[str, Any]] = {
    "torch._utils _rebuild_tensor_v2": _tensor,
    "torch._utils _rebuild_tensor": _old_tensor,
    "torch._utils _rebuild_parameter": _parameter_of,
    "torch._utils _rebuild_parameter_with_state": _parameter_with,
    "torch._tensor _rebuild_from_type_v2": _tensor_with,
    "torch Tensor": Tensor,
    "torch Size": _size,
    "torch device": device,
    "collections OrderedDict": OrderedDict,
    "collections Counter": Counter,
    "_codecs encode": _bytes,
    "__builtin__ bytes": _bytes,
    "__builtin__ bytearray": bytearray,
    "__builtin__ set": _set,
    "__builtin__ complex": complex,
    "numpy dtype": _number_type,
    "numpy._core.multiarray scalar": _number,
    "numpy.core.multiarray scalar": _number,
    **{f"torch {dtype.name}": dtype for dtype in dtypes.ALL},
    **{f"torch {name}Storage": _STORAGE_TYPES[dtype] for name, dtype in _STORAGES.items()},
    "torch BFloat16Storage": StorageType(dtypes.float32, bfloat16=True),
}
_NAMES: Final = {value: name for name, value in reversed(_GLOBALS.items())}

# What of these it may call, and the types of the arguments.
_CALLS: Final[dict[Any, tuple[Any, ...]]] = {
    _tensor: ((Tensor, int, tuple, tuple, bool, OrderedDict), (Tensor, int, tuple, tuple, bool, OrderedDict, dict)),
    _old_tensor: ((Tensor, int, tuple, tuple),),
    _parameter_of: ((Tensor, bool, OrderedDict),),
    _parameter_with: ((Tensor, bool, OrderedDict, dict),),
    _tensor_with: ((FunctionType, type, tuple, dict),),
    _size: ((tuple,),),
    device: ((str,), (str, int)),
    OrderedDict: ((),),
    Counter: ((dict,),),
    _bytes: ((), (str, str)),
    bytearray: ((), (bytes,)),
    _set: ((list,),),
    complex: ((float, float),),
    _number_type: ((str, bool, bool),),
    _number: ((_NumberType, bytes),),
}

_SIZED: Final = (str, bytes, list, tuple, dict)
_STORAGE_ID: Final = (str, StorageType, str, str, int)
_OLD_STORAGE_ID: Final = (*_STORAGE_ID, NoneType)  # the last: no view of another storage

_ABSENT: Final = {
    "torch._utils _rebuild_tensor_v3": "a dtype such as uint16 or float8; in PyTorch, save tensor.float() or .long()",
    "torch._utils _rebuild_qtensor": "a quantised dtype; in PyTorch, save tensor.dequantize()",
    "torch._utils _rebuild_sparse_tensor": "a sparse layout; in PyTorch, save tensor.to_dense()",
}


def _global(module: str, attribute: str) -> Any:
    name = f"{'__builtin__' if module == 'builtins' else module} {attribute}"  # protocol 2 has Python 2's names
    if name in _GLOBALS:
        return _GLOBALS[name]
    if name in _ABSENT:
        raise TypeError(f"load: tensors here cannot have {_ABSENT[name]}")
    raise pickle.UnpicklingError(
        f"load: the file asks for {f'{module}.{attribute}'!r:.200}, and only tensors, containers and plain values "
        "are ever loaded. If it holds a whole module or optimiser, save its state_dict() instead."
    )


# ---------------------------------------------------------------- running a pickle


def read(program: bytes, storage: Callable[[str, StorageType, int, str], Tensor], place: int = 0) -> tuple[Any, int]:
    """The value that the pickle at a place makes, and where it ends.

    ``storage(key, kind, numel, location)`` finds the 1-D tensors that its tensors are views of.
    """
    try:
        return _run(program, storage, place)
    except (LookupError, ValueError, ArithmeticError, struct.error) as error:  # the stack is empty, a text not UTF-8, …
        raise pickle.UnpicklingError(f"load: the file is corrupt or hostile: {error}") from error


# What follows an instruction: a number, and for the second kind as many bytes.
_NUMBER_FOLLOWS: Final = {
    pickle.PROTO: "<B", pickle.FRAME: "<Q", pickle.BININT: "<i", pickle.BININT1: "<B", pickle.BININT2: "<H",
    pickle.BINFLOAT: ">d", pickle.BINGET: "<B", pickle.LONG_BINGET: "<I", pickle.BINPUT: "<B", pickle.LONG_BINPUT: "<I",
}  # fmt: skip
_BYTES_FOLLOW: Final = {
    pickle.BINUNICODE: "<I", pickle.SHORT_BINUNICODE: "<B", pickle.BINUNICODE8: "<Q", pickle.BINBYTES: "<I",
    pickle.SHORT_BINBYTES: "<B", pickle.BINBYTES8: "<Q", pickle.LONG1: "<B", pickle.LONG4: "<I",
    pickle.SHORT_BINSTRING: "<B", pickle.BINSTRING: "<I",
}  # fmt: skip


def _instructions(program: bytes, place: int) -> Iterator[tuple[bytes, Any]]:
    while True:
        instruction, argument = program[place : place + 1], None
        place += 1
        if instruction in _NUMBER_FOLLOWS:
            argument, place = _number_at(place, program, _NUMBER_FOLLOWS[instruction])
        elif instruction in _BYTES_FOLLOW:
            length, place = _number_at(place, program, _BYTES_FOLLOW[instruction])
            argument, place = program[place : place + length], place + length
        elif instruction == pickle.GLOBAL:
            middle = program.index(b"\n", place)
            end = program.index(b"\n", middle + 1)
            argument, place = (program[place:middle].decode(), program[middle + 1 : end].decode()), end + 1
        elif instruction == pickle.STOP:
            argument = place
        yield instruction, argument


def _number_at(place: int, program: bytes, code: str) -> tuple[Any, int]:
    (number,) = struct.unpack_from(code, program, place)
    return number, place + struct.calcsize(code)


def _run(program: bytes, storage: Callable[[str, StorageType, int, str], Tensor], place: int) -> tuple[Any, int]:
    stack: list[Any] = []
    below: list[list[Any]] = []  # the stacks below each mark
    memo: dict[int, Any] = {}
    copied = 0
    for instruction, argument in _instructions(program, place):
        match instruction:
            case pickle.PROTO | pickle.FRAME:
                pass
            case pickle.NONE | pickle.NEWTRUE | pickle.NEWFALSE:
                stack.append({pickle.NONE: None, pickle.NEWTRUE: True, pickle.NEWFALSE: False}[instruction])
            case pickle.BININT | pickle.BININT1 | pickle.BININT2 | pickle.BINFLOAT:
                stack.append(argument)
            case pickle.BINBYTES | pickle.SHORT_BINBYTES | pickle.BINBYTES8:
                stack.append(argument)
            case (
                pickle.BINUNICODE | pickle.SHORT_BINUNICODE | pickle.BINUNICODE8
                | pickle.BINSTRING | pickle.SHORT_BINSTRING
            ):  # fmt: skip
                stack.append(str(argument, "utf-8", "surrogatepass"))
            case pickle.LONG1 | pickle.LONG4:
                stack.append(pickle.decode_long(argument))
            case pickle.EMPTY_TUPLE:
                stack.append(())
            case pickle.EMPTY_LIST:
                stack.append([])
            case pickle.EMPTY_DICT:
                stack.append({})
            case pickle.EMPTY_SET:
                stack.append(set())
            case pickle.BINGET | pickle.LONG_BINGET:
                stack.append(memo[argument])
            case pickle.BINPUT | pickle.LONG_BINPUT:
                memo[argument] = stack[-1]
            case pickle.MEMOIZE:
                memo[len(memo)] = stack[-1]
            case pickle.MARK:
                below.append(stack)
                stack = []
            case pickle.TUPLE1 | pickle.TUPLE2 | pickle.TUPLE3:
                items = [stack.pop() for _ in range(1 + instruction[0] - pickle.TUPLE1[0])]
                stack.append(tuple(items[::-1]))
            case pickle.TUPLE:
                items, stack = stack, below.pop()
                stack.append(tuple(items))
            case pickle.APPEND:
                item = stack.pop()
                _typed(stack[-1], list).append(item)
            case pickle.APPENDS:
                items, stack = stack, below.pop()
                _typed(stack[-1], list).extend(items)
            case pickle.ADDITEMS:
                items, stack = stack, below.pop()
                _typed(stack[-1], set).update(map(_key, items))
            case pickle.SETITEM:
                value, key = stack.pop(), stack.pop()
                _typed(stack[-1], dict, OrderedDict)[_key(key)] = value
            case pickle.SETITEMS:
                items, stack = stack, below.pop()
                _typed(stack[-1], dict, OrderedDict).update(zip(map(_key, items[::2]), items[1::2], strict=True))
            case pickle.GLOBAL:
                stack.append(_global(*argument))
            case pickle.STACK_GLOBAL:
                name, module = stack.pop(), stack.pop()
                stack.append(_global(_typed(module, str), _typed(name, str)))
            case pickle.BINPERSID:
                stack.append(storage(*_persistent(stack.pop())))
            case pickle.REDUCE | pickle.BUILD:
                given = _typed(stack.pop(), tuple, dict)
                copied += sum(len(part) for part in (given, *given) if isinstance(part, _SIZED))
                _expect(copied <= 4 * len(program), "copying one value many times")  # it could fill the memory
                if instruction == pickle.REDUCE:
                    stack.append(_call(stack.pop(), given))
                else:
                    _build(stack[-1], given)
            case pickle.STOP:
                (result,) = stack
                return result, argument
            case _:
                raise pickle.UnpicklingError(f"load: the file is corrupt or hostile: the instruction {instruction!r}")
    raise AssertionError("the loop ends by return or by an error")


def _typed(value: Any, *kinds: type) -> Any:
    _expect(type(value) in kinds, f"{type(value).__name__}, not {' or '.join(kind.__name__ for kind in kinds)},")
    return value


def _key(value: Any) -> Any:
    """A dict's key or a set's item. Its hash must be quick, and not nest so deep that Python crashes."""
    parts = [value]
    for part in parts:
        if isinstance(part, tuple):
            parts.extend(part)
        plain = (int, str, bytes, float, complex, tuple, np.generic, np.dtype, Tensor, device, NoneType)
        _expect(isinstance(part, plain) and len(parts) <= 100, f"a key of type {type(part).__name__}")
        _expect(not isinstance(part, int) or part.bit_length() < 4096, "a number as key")
    return value


def _kinds(value: Any) -> Any:
    return tuple(map(type, value)) if type(value) is tuple else None


def _call(function: Any, arguments: Any) -> Any:
    _expect(type(function) in (FunctionType, type), f"calling a {type(function).__name__}")
    _expect(_kinds(arguments) in _CALLS.get(function, ()), f"a call of {function.__name__}")
    return function(*arguments)


def _build(value: Any, state: Any) -> None:
    """Give a value its state: an OrderedDict its attributes (`_metadata`); a number's type has its own already."""
    if type(value) is OrderedDict:
        new = type(state) is dict and all(type(name) is str and not hasattr(OrderedDict, name) for name in state)
        _expect(new, "the state of an OrderedDict")
        vars(value).update(state)
    else:
        _expect(type(value) is _NumberType and type(state[1]) is str, f"the state of a {type(value).__name__}")
        _expect(state[1] in ("<", "|"), "a byte order")


def _persistent(identity: Any) -> tuple[str, StorageType, int, str]:
    _expect(_kinds(identity) in (_STORAGE_ID, _OLD_STORAGE_ID), "a persistent id")
    storage, kind, key, location, numel = identity[:5]
    _expect(storage == "storage" and 0 <= numel < 2**63, "a persistent id")
    return key, kind, numel, location


# ---------------------------------------------------------------- writing


def write(value: Any) -> tuple[bytes, list[Array]]:
    """The pickle of a value, and the bytes of its storages, in the order of their keys."""
    writer = _Writer(program := BytesIO())
    writer.dump(value)
    return program.getvalue(), writer.arrays


class _Stored(NamedTuple):
    """A storage that is to be written."""

    kind: StorageType
    key: str
    numel: int


class _Writer(pickle._Pickler):
    """Pickles as PyTorch does, byte for byte; what is not a plain value becomes a call of one of `_GLOBALS`."""

    write: Callable[[bytes], Any]  # these are missing from the standard library's type stubs
    memoize: Callable[[Any], None]
    get: Callable[[int], bytes]
    memo: dict[int, tuple[int, Any]]
    save_reduce: Callable[..., None]

    def save_number(self, number: np.generic) -> None:
        self.save(number.item())

    def save_stored(self, storage: _Stored) -> None:
        self.save(("storage", storage.kind, storage.key, "cpu", storage.numel))
        self.write(pickle.BINPERSID)

    dispatch: ClassVar[dict[type, Any]] = {
        **{kind: pickle._Pickler.dispatch[kind] for kind in (NoneType, bool, int, float, str, list, tuple, dict)},
        **dict.fromkeys([np.dtype(code).type for code in "?bBhHiIlLqQefdFD"], save_number),
        _Stored: save_stored,
    }
    calls: ClassVar[dict[type, Callable[[Any], tuple[Any, ...]]]] = {
        OrderedDict: lambda value: (OrderedDict, (), vars(value) or None, None, iter(value.items())),
        Counter: lambda value: (Counter, (dict(value),)),
        set: lambda value: (_set, (list(value),)),
        bytes: lambda value: (_bytes, (value.decode("latin1"), "latin1")),
        bytearray: lambda value: (bytearray, (bytes(value),) if value else ()),
        complex: lambda value: (complex, (value.real, value.imag)),
        Size: lambda value: (_size, (tuple(value),)),
        device: lambda value: (device, (value.type,) if value.index is None else (value.type, value.index)),
    }

    def __init__(self, file: BytesIO) -> None:
        super().__init__(file, protocol=2)
        self.arrays: list[Array] = []  # the storages, in the order of their keys
        self.known: dict[int, tuple[Array, _Stored]] = {}  # by identity of the array that owns the memory

    def save(self, obj: Any) -> None:
        """The standard library's, without what is not needed here: it takes most of the time."""
        known = self.memo.get(id(obj))
        if known is not None:
            self.write(self.get(known[0]))
            return
        write = self.dispatch.get(type(obj))
        if write is not None:
            write(self, obj)
            return
        reduced = self.reduced(obj)
        if isinstance(reduced, str):
            self.save_global(obj, reduced)
        else:
            self.save_reduce(*reduced, obj=obj)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        self.write(b"c" + _NAMES[obj].replace(" ", "\n").encode() + b"\n")
        self.memoize(obj)

    def reduced(self, obj: Any) -> Any:
        """The function that makes it again, and its arguments; or its name."""
        kind = type(obj)
        if kind in self.calls:
            return self.calls[kind](obj)
        if kind is Tensor:
            given: Any = (*self.view(obj.array), obj.requires_grad, OrderedDict())
            return (_tensor_with, (_tensor, Tensor, given, own)) if (own := attributes(obj)) else (_tensor, given)
        if kind is _parameter:
            given = (wrap(obj.array), obj.requires_grad, OrderedDict())
            return (_parameter_with, (*given, own)) if (own := attributes(obj)) else (_parameter_of, given)
        if (isinstance(obj, np.dtype) or kind in (FunctionType, type, StorageType)) and obj in _NAMES:
            return _NAMES[obj]
        remedy = "its state_dict()" if hasattr(obj, "state_dict") else "what it is made of"
        raise TypeError(
            f"save: cannot write {obj!r:.60} of type {kind.__module__}.{kind.__qualname__}: files hold tensors, "
            f"dicts, lists, tuples, sets and plain values. Save {remedy} instead."
        )

    def view(self, array: Array) -> tuple[_Stored, int, tuple[int, ...], tuple[int, ...]]:
        """Where an array lies: its storage, and the offset, size and stride in it."""
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        memory = owner.transpose(sorted(range(owner.ndim), key=lambda axis: -owner.strides[axis]))  # as it lies
        start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        width = array.itemsize
        if not (
            array.size and all(step >= 0 and step % width == 0 for step in (start, *array.strides))
            and memory.flags.c_contiguous and memory.dtype.kind in "biufc" and memory.nbytes % width == 0
        ):  # fmt: skip
            start, array = 0, np.array(array, order="C")  # PyTorch has nothing like it: a copy
            owner = memory = array
        _, stored = self.known.get(id(owner), (None, None))
        if stored is None:
            flat = memory.reshape(-1).view(array.dtype)
            stored = _Stored(_STORAGE_TYPES[array.dtype], str(len(self.arrays)), flat.size)
            self.known[id(owner)] = owner, stored
            self.arrays.append(flat.view(np.uint8))
        elif stored.kind.dtype != array.dtype:
            raise RuntimeError("save: cannot save tensors that view the same data as different types; clone() one")
        return stored, start // width, array.shape, tuple(step // width for step in array.strides)
