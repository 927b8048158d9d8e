"""`Tensor`: an array, and where it came from. The operations are its methods through `Methods`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from . import complex_numbers, creation, derivatives, devices, dtypes, inplace, keys, numpy_api, primitive, printing
from .dims import Size, one_dim
from .graph import Leaf, Node, RemovableHandle
from .memory import Memory, settle, share
from .methods import Methods
from .ops import elementwise, index, joining
from .ops import shape as shaping
from .primitive import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from .dtypes import DType, DTypeLike


_known_size = tuple.__new__  # of a Size that needs no check


class Tensor(Methods):
    """A multi-dimensional array that remembers how it was computed.

    Make one with `tensor(data, requires_grad=True)`; ``Tensor(data)`` is PyTorch's older form (always in the
    default dtype; with ints a size). `array` is the ndarray that holds the values: without a copy and
    without the graph; whoever writes to it calls `increment_version`.

    >>> x = Tensor([1., 2.]).requires_grad_()
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ("__dict__", "__weakref__", "_edge", "_memory", "array")

    array: np.ndarray[Any, Any]
    _edge: Node | None  # what a gradient is sent to: a Leaf, a Node, or None if none is required
    _memory: Memory
    # Rarely set; class attributes are the defaults.
    _base: Any = None  # the tensor whose memory this one is a view of
    _leaf: Leaf | None = None  # holds .grad, also while requires_grad is off
    _one_of_several: bool = False  # a view that split, chunk or unbind returned
    _name: str | None = None

    def __new__(cls, *data: Any, dtype: DTypeLike = None, device: Any = None) -> Self:
        """Values in the default dtype, or a size: see the class."""
        devices.check(device)
        self = object.__new__(cls)
        if len(data) == 1 and not isinstance(data[0], int | np.integer):
            given = data[0]
            shared = isinstance(given, Tensor) and dtype is None
            self._memory = share(given) if shared else Memory()
            self.array = given.array if shared else creation.as_array(given, dtype or dtypes.get_default_dtype())
        else:
            self.array = np.empty(data, dtype or dtypes.get_default_dtype())
            self._memory = Memory()
            if not data:
                self.array = np.empty(0, dtype or dtypes.get_default_dtype())
        self._edge = None
        return self

    # ------------------------------------------------------------ properties

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return _known_size(Size, self.array.shape)

    @property
    def dtype(self) -> DType:
        """The element type, a NumPy dtype."""
        found: DType = self.array.dtype
        return found

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def device(self) -> devices.device:
        """Where the tensor lives: the CPU."""
        return devices.CPU

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.array.nbytes

    @property
    def name(self) -> str | None:
        """A name for drawings and messages; settable."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name
        if self._edge is not None and name is not None:
            self._edge.label = name  # for drawings: a node never refers to its tensor

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are sent to or through this tensor; settable on leaves."""
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        creation.requires_grad_(self, value)

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user, not computed from tensors that require grad."""
        return self._edge is None or isinstance(self._edge, Leaf)

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed this tensor; None for a leaf."""
        return None if isinstance(self._edge, Leaf) else self._edge

    @property
    def output_nr(self) -> int:
        """Which of its operation's results this is."""
        return getattr(self._edge, "index", 0)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` has accumulated: a Tensor of this shape and dtype, or None."""
        edge = self._edge
        if edge is None or edge.__class__ is Leaf:
            leaf = self._leaf
            return None if leaf is None else leaf.grad  # type: ignore[no-any-return]  # held untyped below floor 4
        if not edge.retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. It is None, unless "
                ".retain_grad() was called on the tensor before backward().",
                stacklevel=2,
            )
        return edge.grad  # type: ignore[no-any-return]  # held untyped below floor 4

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        edge = self._edge
        if value is None:
            if edge.__class__ is Leaf:
                edge.grad = None  # type: ignore[union-attr]  # a Leaf
                return
        else:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got {type(value).__name__}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.array.shape != self.array.shape:
                raise RuntimeError(
                    f"assigned grad has data of a different size: {tuple(value.shape)}, but the tensor has "
                    f"{tuple(self.shape)}"
                )
            if value.array.dtype != self.array.dtype:
                raise RuntimeError(
                    f"assigned grad has data of a different type: {value.dtype}, but the tensor has {self.dtype}"
                )
        if edge is None or isinstance(edge, Leaf):
            creation.leaf_of(self).grad = value
        else:
            edge.grad, edge.retains_grad, edge.watched = value, True, True

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    @property
    def data(self) -> Tensor:
        """The values as a tensor of their own that shares memory (and version counter) but not the graph."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data must be set to a Tensor, not {type(value).__name__}")
        memory = share(value)
        self.array, self._memory, self._base = value.array, memory, None
        if self._leaf is not None:
            self._leaf.take_shape(self.array)

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """All dimensions in reverse order."""
        return shaping.permute(self, tuple(range(self.array.ndim))[::-1]) if self.array.ndim != 2 else shaping.t(self)

    mT = property(shaping.matrix_transpose)  # noqa: N815 - PyTorch's name
    mH = property(shaping.adjoint)  # noqa: N815 - PyTorch's name

    @property
    def H(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The transpose of a matrix, complex numbers conjugated."""
        if self.array.ndim not in (0, 2):
            raise RuntimeError(f"H: expects a matrix, got shape {tuple(self.shape)}; use .mH for batches of matrices")
        return shaping.adjoint(self)

    real = property(complex_numbers.real)
    imag = property(complex_numbers.imag)

    @property
    def is_cuda(self) -> bool:
        """False."""
        return False

    @property
    def is_sparse(self) -> bool:
        """False."""
        return False

    @property
    def _version(self) -> int:
        """How often the memory was written in place."""
        return self._memory.version - 1

    # ------------------------------------------------------------ sizes

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self.array.shape[one_dim("size", dim, self.array.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    nelement = numel
    ndimension = dim

    def element_size(self) -> int:
        """Bytes per element."""
        return self.array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours, in elements."""
        settle(self)
        steps = tuple(step // self.array.itemsize for step in self.array.strides)
        return steps if dim is None else steps[dim]

    def is_contiguous(self) -> bool:
        """Whether the elements lie in row-major order without gaps."""
        return settle(self)

    def data_ptr(self) -> int:
        """The address of the first element."""
        settle(self)
        return int(self.array.__array_interface__["data"][0])

    def is_floating_point(self) -> bool:
        """Whether the dtype is floating."""
        kind: str = self.array.dtype.kind
        return kind == "f"

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        kind: str = self.array.dtype.kind
        return kind == "c"

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    # ------------------------------------------------------------ values

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar; use .tolist()")
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The ndarray, sharing memory. Raises on a tensor that requires grad, unless force."""
        if self._edge is not None and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return creation.exported(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a copy is needed to convert {array.dtype} to {dtype}")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {self.array.size} values is ambiguous; use .any() or .all()"
            )
        return bool(self.array.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.array.item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(joining.unbind(self))

    def __contains__(self, element: Any) -> bool:
        return bool((self.array == getattr(element, "array", element)).any())

    def __repr__(self) -> str:
        suffixes = []
        if isinstance(self._edge, Leaf):
            suffixes.append("requires_grad=True")
        elif self._edge is not None:
            suffixes.append(f"grad_fn={self._edge!r}")
        return printing.format_array(self.array, suffixes=suffixes, default_dtype=dtypes.get_default_dtype())

    def __format__(self, spec: str) -> str:
        return format(self.array.item(), spec) if not self.array.ndim and spec else str(self)

    def __copy__(self) -> Tensor:
        if not self.is_leaf:
            return shaping.view_as(self, self)
        memory = share(self)
        twin = _rebuilt(type(self), self.array, self.requires_grad)
        twin._memory, twin._name = memory, self._name
        return twin  # type: ignore[no-any-return]  # of this class

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment. Use .detach().clone()."
            )
        known = memo.get(id(self))
        if known is not None:
            return known  # type: ignore[no-any-return]  # put there below
        twin = memo[id(self)] = _rebuilt(type(self), self.array.copy(order="K"), self.requires_grad)
        if self._name is not None:
            twin._name = self._name
        if self._leaf is not None and self._leaf.grad is not None:
            twin.grad = self._leaf.grad.detach().clone()
        return twin  # type: ignore[no-any-return]  # of this class

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise RuntimeError("only leaf tensors can be pickled; use .detach() first")
        return _rebuilt, (type(self), self.array, self.requires_grad)

    # ------------------------------------------------------------ gradients

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradients of this tensor to the `.grad` of the leaves; see `autograd_core.backward`."""
        derivatives.backward(self, gradient, retain_graph, create_graph, inputs)

    requires_grad_ = creation.requires_grad_

    def detach(self) -> Tensor:
        """The same memory, cut off the graph."""
        memory = self._memory if self.array.flags.c_contiguous else share(self)
        return wrap(self.array, None, memory)  # type: ignore[no-any-return]

    def detach_(self) -> Tensor:
        """Cut this tensor off the graph."""
        if self._base is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        creation.fall_asleep(self)
        return self

    def retain_grad(self) -> None:
        """Keep this computed tensor's gradient in .grad at the next backward."""
        if self._edge is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if not isinstance(self._edge, Leaf):
            self._edge.retains_grad = self._edge.watched = True

    @property
    def retains_grad(self) -> bool:
        """Whether retain_grad was called."""
        return self._edge is not None and self._edge.retains_grad

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call hook(grad) once in each sweep, with the summed gradient; what it returns replaces it."""
        edge = self._edge
        if edge is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if edge.hooks is None:
            edge.hooks = {}
        edge.watched = True
        return RemovableHandle(edge.hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call hook(tensor) after its .grad was updated; leaves only."""
        edge = self._edge
        if not isinstance(edge, Leaf):
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if edge.post_accumulate_hooks is None:
            edge.post_accumulate_hooks = {}
        edge.watched = True
        return RemovableHandle(edge.post_accumulate_hooks, hook)

    # ------------------------------------------------------------ NumPy

    __array_priority__ = 1000

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return numpy_api.apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return numpy_api.apply_function(function, args, kwargs)

    # ------------------------------------------------------------ conversion

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """In another dtype, given as such or as another tensor's; devices other than the CPU raise.

        >>> zeros(1).to(int64)
        tensor([0])
        """
        kwargs.pop("non_blocking", None)
        kwargs.pop("memory_format", None)
        copy = kwargs.pop("copy", False)
        devices.check(kwargs.pop("device", None))
        dtype = kwargs.pop("dtype", None)
        if kwargs:
            raise TypeError(f"to() got an unexpected keyword argument {next(iter(kwargs))!r}")
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, devices.device) or (isinstance(arg, str) and arg.partition(":")[0] in _DEVICE_NAMES):
                devices.check(arg)
            elif isinstance(arg, bool):
                continue  # non_blocking
            elif arg is not None:
                dtype = arg
        converted = self if dtype is None else elementwise.cast(self, dtype)
        return converted.clone() if copy and converted is self else converted

    def type(self, dtype: Any = None) -> Any:
        """The tensor in another dtype; without one, PyTorch's name of this type."""
        if dtype is None:
            return f"torch.{_TYPE_NAMES[self.array.dtype]}Tensor"
        if isinstance(dtype, str):
            named = {f"torch.{name}Tensor": found for found, name in _TYPE_NAMES.items()}
            dtype = named.get(dtype, dtype)
        return elementwise.cast(self, dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """In other's dtype."""
        return elementwise.cast(self, other.dtype)

    def astype(self, dtype: DTypeLike, copy: bool = True) -> Tensor:
        """NumPy's name for `to(dtype)`."""
        return elementwise.cast(self, np.dtype(dtype))

    def float(self) -> Tensor:
        """In float32."""
        return elementwise.cast(self, np.float32)

    def double(self) -> Tensor:
        """In float64."""
        return elementwise.cast(self, np.float64)

    def half(self) -> Tensor:
        """In float16."""
        return elementwise.cast(self, np.float16)

    def long(self) -> Tensor:
        """In int64."""
        return elementwise.cast(self, np.int64)

    def int(self) -> Tensor:
        """In int32."""
        return elementwise.cast(self, np.int32)

    def short(self) -> Tensor:
        """In int16."""
        return elementwise.cast(self, np.int16)

    def byte(self) -> Tensor:
        """In uint8."""
        return elementwise.cast(self, np.uint8)

    def bool(self) -> Tensor:
        """In bool: whether each element is nonzero."""
        return elementwise.cast(self, np.bool_)

    def cpu(self) -> Tensor:
        """The tensor itself: it is there already."""
        return self

    def cuda(self, device: Any = None, non_blocking: Any = False) -> Tensor:
        """Raises: there is no GPU."""
        devices.check("cuda")
        return self

    new_tensor = creation.new_tensor
    new_zeros = creation.new_zeros
    new_ones = creation.new_ones
    new_empty = creation.new_empty
    new_full = creation.new_full

    # ------------------------------------------------------------ indexing

    def __getitem__(self, key: Any) -> Tensor:
        return index.getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        inplace.assign(self, keys.array_key(self, key), value)


def _rebuilt(cls: Any, array: np.ndarray[Any, Any], requires_grad: Any) -> Any:
    """A leaf tensor of a class around an array: what copying and pickling give."""
    tensor = object.__new__(cls)
    tensor.array, tensor._edge, tensor._memory = array, None, Memory()
    if requires_grad:
        creation.requires_grad_(tensor)
    return tensor


_DEVICE_NAMES = ("cpu", "cuda", "mps", "xpu", "meta")
_TYPE_NAMES = {
    dtypes.float16: "Half",
    dtypes.float32: "Float",
    dtypes.float64: "Double",
    dtypes.int8: "Char",
    dtypes.int16: "Short",
    dtypes.int32: "Int",
    dtypes.int64: "Long",
    dtypes.uint8: "Byte",
    dtypes.bool: "Bool",
    dtypes.complex64: "ComplexFloat",
    dtypes.complex128: "ComplexDouble",
}

primitive.bind(Tensor)


class _OfTensors(type):
    """Tensors count as Variables."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_OfTensors):
    """PyTorch's name for a tensor before its version 0.4: ``Variable(data)`` is data without its history.

    >>> Variable(ones(1), requires_grad=True)
    tensor([1.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = False, volatile: bool | None = None) -> Any:
        """A tensor that shares data's memory."""
        if volatile is not None:
            warnings.warn("volatile was removed and now has no effect. Use `with no_grad():` instead.", stacklevel=2)
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)


def increment_version(tensor: Any) -> None:
    """Say that a tensor's `array` was written to in place (PyTorch: torch.autograd.graph.increment_version)."""
    for each in tensor if isinstance(tensor, tuple | list) else (tensor,):
        each._memory.written()
