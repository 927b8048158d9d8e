"""`Tensor`: an array, and where it came from. The operations are its methods through `Methods`."""

from __future__ import annotations

import warnings
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from . import derivatives, devices, inplace, primitive
from .arrays import dtypes, keys, printing
from .arrays.dims import Size
from .graph import Leaf, Node, RemovableHandle
from .memory import Memory, share
from .methods import Methods
from .numpy_api import functions as numpy_api
from .numpy_api import ufuncs
from .ops import index, joining
from .ops import shape as shaping
from .primitive import wrap
from .tensors import complex_numbers, conversion, copying, creation, dlpack, facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from .arrays.dtypes import DType


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

    def __new__(cls, *data: Any, size: Any = None, device: Any = None) -> Self:
        """Values in the default dtype, or a size: see the class."""
        self = object.__new__(cls)
        self.array, self._memory = creation.legacy("Tensor", data, size, device, None)
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

    is_cpu: bool = True
    is_cuda: bool = False
    is_sparse: bool = False
    is_sparse_csr: bool = False
    is_quantized: bool = False
    is_meta: bool = False
    is_mkldnn: bool = False
    is_nested: bool = False
    layout: devices.layout = devices.strided

    @property
    def _version(self) -> int:
        """How often the memory was written in place."""
        return self._memory.version - 1

    # ------------------------------------------------------------ what it knows of itself

    size, dim, numel, stride = facts.size, facts.dim, facts.numel, facts.stride
    ndimension, nelement, element_size = facts.dim, facts.numel, facts.element_size
    dim_order, is_contiguous, is_same_size, is_set_to = (
        facts.dim_order,
        facts.is_contiguous,
        facts.is_same_size,
        facts.is_set_to,
    )
    data_ptr, storage_offset, storage, untyped_storage = (
        facts.data_ptr,
        facts.storage_offset,
        facts.storage,
        facts.untyped_storage,
    )
    is_floating_point, is_complex, is_signed = facts.is_floating_point, facts.is_complex, facts.is_signed
    is_conj, is_neg, resolve_conj, resolve_neg = facts.is_conj, facts.is_neg, facts.resolve_conj, facts.resolve_neg
    is_inference, is_nonzero, get_device = facts.is_inference, facts.is_nonzero, facts.get_device
    is_shared, share_memory_, is_pinned, pin_memory = (
        facts.is_shared,
        facts.share_memory_,
        facts.is_pinned,
        facts.pin_memory,
    )

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

    __dlpack__ = dlpack.export
    __dlpack_device__ = dlpack.device_of

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
        if not hasattr(element, "array") and not isinstance(element, Number):
            raise RuntimeError(
                f"a Tensor contains numbers; whether it contains a {type(element).__name__} cannot be asked"
            )
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

    __copy__, __deepcopy__, __reduce_ex__ = copying.shallow, copying.deep, copying.reduced

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
        return ufuncs.apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return numpy_api.apply_function(function, args, kwargs)

    # ------------------------------------------------------------ conversion

    to, type, type_as, astype = conversion.to, conversion.type, conversion.type_as, conversion.astype
    float, double, half, bfloat16 = conversion.float, conversion.double, conversion.half, conversion.bfloat16
    long, int, short, char = conversion.long, conversion.int, conversion.short, conversion.char
    byte, bool = conversion.byte, conversion.bool_
    cfloat, cdouble, chalf = conversion.cfloat, conversion.cdouble, conversion.chalf
    cpu, cuda = conversion.cpu, conversion.cuda
    apply_, map_, map2_ = conversion.apply_, conversion.map_, conversion.map2_

    new_tensor, new_zeros, new_ones, new_full = (
        creation.new_tensor,
        creation.new_zeros,
        creation.new_ones,
        creation.new_full,
    )
    new_empty, new_empty_strided, new = creation.new_empty, creation.new_empty_strided, creation.new

    # ------------------------------------------------------------ indexing

    def __getitem__(self, key: Any) -> Tensor:
        return index.getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        inplace.assign(self, keys.array_key(self, key), value)


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
