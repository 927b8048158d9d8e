"""Sequences of different lengths: padded to one length, or packed step by step without padding.

>>> from nn.utils.rnn import pack_sequence, pad_packed_sequence
>>> packed = pack_sequence([tensor([1, 2, 3]), tensor([4, 5]), tensor([6])])
>>> packed
PackedSequence(data=tensor([1, 4, 6, 2, 5, 3]), batch_sizes=tensor([3, 2, 1]), sorted_indices=None,
               unsorted_indices=None)
>>> pad_packed_sequence(packed, batch_first=True)
(tensor([[1, 2, 3],
        [4, 5, 0],
        [6, 0, 0]]), tensor([3, 2, 1]))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import autograd_core as ag
from autograd_core import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """Sequences, the longest first, step by step: all their first rows, then the second rows of those that have one, ….

    data: the rows. batch_sizes: how many belong to each step. sorted_indices: for each sequence here, its place among
    those that were packed; unsorted_indices: the inverse; None where the order did not change. Made by `pack_sequence`
    and `pack_padded_sequence`.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, list | tuple) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            return super().__new__(cls, data[0], data[1], sorted_indices, unsorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """With the data converted, as by `Tensor.to`; itself, if there is nothing to convert."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._replace(data=data)

    def cpu(self, *args: Any, **kwargs: Any) -> Self:
        """In the processor's memory."""
        return self.to(*args, device="cpu", **kwargs)

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """In a GPU's memory."""
        return self.to(*args, device="cuda", **kwargs)

    def double(self) -> Self:
        """With data in float64."""
        return self.to(ag.float64)

    def float(self) -> Self:
        """With data in float32."""
        return self.to(ag.float32)

    def half(self) -> Self:
        """With data in float16."""
        return self.to(ag.float16)

    def long(self) -> Self:
        """With data in int64."""
        return self.to(ag.int64)

    def int(self) -> Self:
        """With data in int32."""
        return self.to(ag.int32)

    def short(self) -> Self:
        """With data in int16."""
        return self.to(ag.int16)

    def char(self) -> Self:
        """With data in int8."""
        return self.to(ag.int8)

    def byte(self) -> Self:
        """With data in uint8."""
        return self.to(ag.uint8)

    def pin_memory(self) -> Self:
        """Itself: there is no memory to pin."""
        return self

    def is_pinned(self) -> bool:
        """False: there is no memory to pin."""
        return False

    @property
    def is_cuda(self) -> bool:
        """Whether the data are in a GPU's memory."""
        return self.data.is_cuda


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another.

    >>> invert_permutation(tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else ag.argsort(permutation)


def _places(lengths: NDArray[Any], batch_first: bool, steps: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where the rows of a padded batch with so many steps stand when it is flattened, in packed order; batch sizes."""
    valid = np.arange(steps)[:, None] < lengths
    step, sequence = valid.nonzero()
    return sequence * steps + step if batch_first else step * len(lengths) + sequence, valid.sum(1)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """A padded batch (T, B, …), or (B, T, …) with batch_first, without its padding.

    lengths must decrease; with enforce_sorted=False the sequences are sorted first.

    >>> pack_padded_sequence(tensor([[1, 2, 0], [3, 0, 0]]), [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    if not isinstance(lengths, Tensor):
        lengths = ag.as_tensor(lengths, dtype=ag.int64)
    lengths, order = lengths.to(ag.int64), None
    if input.ndim < 2:
        raise IndexError(f"pack_padded_sequence: input must be (time, batch, ...), got shape {tuple(input.shape)}")
    if not enforce_sorted:
        lengths, order = ag.sort(lengths, descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    counts = lengths.numpy()
    batch, steps = input.shape[:2] if batch_first else (input.shape[1], input.shape[0])
    _check_lengths(counts, batch, steps)
    if not input.numel():
        raise RuntimeError("pack_padded_sequence: Cannot pack empty tensors.")
    places, batch_sizes = _places(counts, batch_first, steps)
    data = input.flatten(0, 1).index_select(0, ag.from_numpy(places))
    return PackedSequence(data, ag.from_numpy(batch_sizes[batch_sizes > 0]), order)


def _check_lengths(lengths: NDArray[Any], batch: int, steps: int) -> None:
    name = "pack_padded_sequence"
    if lengths.ndim != 1:
        raise RuntimeError(f"{name}: 'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.ndim}D")
    if len(lengths) != batch:
        raise RuntimeError(
            f"{name}: Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} (batch_size={batch})"
        )
    if (lengths <= 0).any():
        raise RuntimeError(f"{name}: Length of all samples has to be greater than 0, but found {lengths.min()}")
    if (lengths > steps).any():
        raise RuntimeError(f"{name}: a sequence of length {lengths.max()} in a batch padded to {steps} steps")
    if (lengths[1:] > lengths[:-1]).any():
        raise RuntimeError(
            f"{name}: `lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence."
        )


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The inverse of `pack_padded_sequence`: a padded batch in the original order, and the lengths.

    total_length: pad to so many steps, not only to those of the longest sequence.
    """
    longest = steps = len(sequence.batch_sizes)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {longest}"
            )
        steps = total_length
    batch_sizes = sequence.batch_sizes.numpy()
    batch = int(batch_sizes[0])
    lengths = (batch_sizes[:, None] > np.arange(batch)).sum(0)
    places, _ = _places(lengths, batch_first, steps)
    padded = _padded(sequence.data, places, (batch, steps) if batch_first else (steps, batch), padding_value)
    order = sequence.unsorted_indices
    if order is None:
        return padded, ag.from_numpy(lengths)
    return padded.index_select(0 if batch_first else 1, order), ag.from_numpy(lengths)[order]


def _padded(rows: Tensor, places: NDArray[Any], size: tuple[int, int], padding_value: float) -> Tensor:
    """The rows at their places among padding, as a batch of the given size."""
    padding = rows.new_full((size[0] * size[1], *rows.shape[1:]), padding_value)
    return padding.index_put((ag.from_numpy(places),), rows).unflatten(0, size)


def pad_sequence(
    sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences (L, …) as one batch (T, B, …), or (B, T, …) with batch_first, padded at the end (or the "left").

    >>> pad_sequence([tensor([1, 2, 3]), tensor([4])], batch_first=True, padding_value=-1)
    tensor([[ 1,  2,  3],
            [ 4, -1, -1]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    sequences = list(sequences)
    _check_sequences(sequences, padding_side)
    first = sequences[0]
    lengths = np.array([len(sequence) for sequence in sequences])
    batch, steps = len(sequences), int(lengths.max())
    sequence = np.repeat(np.arange(batch), lengths)
    step = np.arange(len(sequence)) - np.repeat(lengths.cumsum() - lengths, lengths)
    if padding_side == "left":
        step += np.repeat(steps - lengths, lengths)
    places = sequence * steps + step if batch_first else step * batch + sequence
    rows = ag.cat([each.to(first.dtype).expand(len(each), *first.shape[1:]) for each in sequences])
    return _padded(rows, places, (batch, steps) if batch_first else (steps, batch), padding_value)


def _check_sequences(sequences: Sequence[Any], padding_side: str) -> None:
    if not sequences:
        raise RuntimeError("pad_sequence: received an empty list of sequences")
    for i, sequence in enumerate(sequences):
        if not isinstance(sequence, Tensor):
            raise TypeError(f"pad_sequence: expected Tensor as element {i}, but got {type(sequence).__name__}")
        if not sequence.ndim:
            raise RuntimeError(f"pad_sequence: element {i} is no sequence: it has no dimension")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, without their padding. (PyTorch's leaves a batch (T, B, …) transposed.)

    >>> unpad_sequence(tensor([[1, 2], [3, 0]]), tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [each[: max(int(length), 0)] for each, length in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (L, …), the longest first, packed; in any order with enforce_sorted=False."""
    padded = pad_sequence(sequences)
    return pack_padded_sequence(padded, [len(each) for each in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that were packed."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)
