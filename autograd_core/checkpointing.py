"""Checkpoints: memory for time. What a function's derivatives need is not kept but computed again in the backward pass.

The saved arrays go through `saved_tensors_hooks`: packing one only counts it; the first to be unpacked runs the function
once more, and the arrays saved then, in the same order, stand for those that were dropped. The graph itself is the
forward pass's, so `grad`, `create_graph`, nesting and hooks work as without a checkpoint.

https://docs.pytorch.org/docs/stable/checkpoint.html
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from weakref import ref

from .arrays.trees import flatten
from .graph import Leaf, node_number
from .modes import PACK, enable_grad, is_grad_enabled, mode, no_grad, saving
from .primitive import wrap
from .random import default_generator
from .saving import saved_tensors_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from .memory import Memory
    from .tensor import Tensor


class CheckpointError(RuntimeError):
    """A checkpointed function did not save the same when it was run again."""


def noop_context_fn() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """Two contexts that do nothing: for the forward pass, and for running the function again."""
    return nullcontext(), nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs), whose derivatives keep no arrays: the function runs again in the backward pass.

    preserve_rng_state: the second run draws the same random numbers. determinism_check: "default" compares the shapes
    and dtypes saved by both runs, "none" does not. debug: an error lists them all. early_stop: the second run ends with
    the last array that is needed. context_fn: gives a context for each of the two runs.
    use_reentrant: both of PyTorch's variants are one here. What remains of True: an input must require grad (else it
    warns, and nothing does), kwargs, context_fn and debug are refused, and leaving use_reentrant out warns and means True.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> checkpoint(lambda t: (t.exp() * t).sum(), x, use_reentrant=False).backward()
    >>> x.grad
    tensor([ 5.4366, 22.1672])
    """
    if use_reentrant is None:
        _warn_unsaid("checkpoint")
    reentrant = use_reentrant is None or use_reentrant
    if determinism_check not in ("default", "none"):
        raise ValueError(f'checkpoint: determinism_check must be "default" or "none", not {determinism_check!r}')
    if not reentrant:
        return _Region(
            function, args, kwargs, context_fn, determinism_check, debug, early_stop, preserve_rng_state
        ).run()
    if kwargs:
        raise ValueError(f"checkpoint: Unexpected keyword arguments with use_reentrant=True: {', '.join(kwargs)}")
    if context_fn is not noop_context_fn or debug:
        raise ValueError("checkpoint: Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    if not any(getattr(arg, "_edge", None) is not None for arg in args):
        if is_grad_enabled():
            warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
        with no_grad():
            return function(*args)
    return _Region(function, args, {}, context_fn, "none", False, early_stop, preserve_rng_state).run()


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, *, preserve_rng_state: bool = True
) -> Any:
    """The functions (a list, or a Sequential) one after another on input, in segments, each but the last a checkpoint."""
    if use_reentrant is None:
        _warn_unsaid("checkpoint_sequential")
        use_reentrant = True
    chain = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(chain) // segments
    last = 0
    for start in range(0, size * (segments - 1), size):
        last = start + size
        input = checkpoint(
            _chained(chain[start:last]), input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state
        )
    return _chained(chain[last:])(input)


def _chained(functions: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def run(input: Any) -> Any:
        for function in functions:
            input = function(input)
        return input

    return run


def _warn_unsaid(name: str) -> None:
    warnings.warn(
        f"{name}: the use_reentrant parameter should be passed explicitly. use_reentrant=False is recommended; without it "
        "use_reentrant=True is meant.",
        stacklevel=3,
    )


class _Enough(BaseException):
    """All arrays that are needed have been computed again."""


class _Place:
    """Stands on a node for the array that was dropped."""

    __slots__ = ("__weakref__", "number")

    def __init__(self, number: int) -> None:
        self.number = number


class _Region:
    """One checkpointed call."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        context_fn: Callable[[], tuple[Any, Any]],
        determinism_check: str,
        debug: bool,
        early_stop: bool,
        preserve_rng_state: bool,
    ) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.compares, self.debug, self.early_stop = determinism_check == "default", debug, early_stop
        self.forward_context, self.again_context = context_fn()
        self.random_state = default_generator.get_state() if preserve_rng_state else None
        self.places: list[ref[_Place]] = []  # in the order of saving
        self.kinds: list[tuple[Any, ...]] = []  # shape and dtype of each
        self.complete = False
        self.found: dict[int, Tensor] = {}  # computed again, not yet asked for
        self.versions: list[tuple[Memory, int]] = []

    def run(self) -> Any:
        """The forward pass."""
        start, args = node_number(), self.args
        self._hand_inputs_outwards()
        with saved_tensors_hooks(self._drop, self._restore), self.forward_context:
            result = self.function(*args, **self.kwargs)
        self.complete = True
        if self.places:
            self._remember_versions(result, start)
        return result

    def _hand_inputs_outwards(self) -> None:
        """Within another checkpoint (or other hooks) the inputs, too, are saved by its hooks, not kept here."""
        self.inputs: Callable[[], Sequence[Any]] | None = None
        if not (mode() & PACK and is_grad_enabled()):
            return
        pack, unpack = saving.get()[-1]
        with no_grad():
            held = [(pack(x.detach()), x._edge is not None) if hasattr(x, "_edge") else x for x in self.args]
        tensors = [hasattr(x, "_edge") for x in self.args]
        self.args = ()
        self.inputs = lambda: [
            unpack(x[0]).detach().requires_grad_(x[1]) if is_tensor else x
            for x, is_tensor in zip(held, tensors, strict=True)
        ]

    def _remember_versions(self, result: Any, start: int) -> None:
        """What the function reads from outside must be the same when it runs again: its arguments, and leaves."""
        given = flatten((self.args, self.kwargs))[0]
        seen = set()
        nodes = [x._edge for x in flatten(result)[0] if getattr(x, "_edge", None) is not None]
        while nodes:
            node = nodes.pop()
            if isinstance(node, Leaf):
                given.append(node.variable)
            elif node.number < start and node not in seen:
                seen.add(node)
                nodes.extend(parent for parent in node.parents if parent is not None)
        memories = {id(x._memory): x._memory for x in given if hasattr(x, "_edge")}
        self.versions = [(memory, memory.version) for memory in memories.values()]

    def _drop(self, tensor: Tensor) -> _Place:
        place = _Place(len(self.places))
        self.places.append(ref(place))
        self.kinds.append((tensor.array.shape, tensor.array.dtype))
        return place

    def _restore(self, place: _Place) -> Tensor:
        if place.number not in self.found:
            self._run_again()
        try:
            return self.found.pop(place.number)
        except KeyError:
            raise self._differs(f"array {place.number} was not saved again", place.number) from None

    def _run_again(self) -> None:
        if any(memory.version != version for memory, version in self.versions):
            raise RuntimeError(
                "checkpoint: an input of the checkpointed function, or a parameter that it reads, has been modified by an "
                "inplace operation since the forward pass, so running the function again would give other derivatives"
            )
        kinds: list[tuple[Any, ...]] = []

        def keep(tensor: Tensor) -> Tensor:
            number = len(kinds)
            kinds.append((tensor.array.shape, tensor.array.dtype))
            if number < len(self.places) and self.places[number]() is not None:
                if self.compares and kinds[number] != self.kinds[number]:
                    raise self._differs(f"array {number} has other metadata", number, kinds)
                self.found[number] = wrap(tensor.array)
            if self.complete and self.early_stop and len(kinds) == len(self.places):
                raise _Enough
            return tensor

        now = default_generator.get_state() if self.random_state is not None else None
        try:
            if self.random_state is not None:
                default_generator.set_state(self.random_state)
            with enable_grad(), saved_tensors_hooks(keep, lambda tensor: tensor), self.again_context:
                self.function(*(self.args if self.inputs is None else self.inputs()), **self.kwargs)
        except _Enough:
            return
        finally:
            if now is not None:
                default_generator.set_state(now)
        if self.compares and self.complete and len(kinds) != len(self.places):
            raise self._differs(f"{len(kinds)} arrays were saved again in place of {len(self.places)}", None, kinds)

    def _differs(self, what: str, number: int | None, kinds: Sequence[Any] = ()) -> CheckpointError:
        message = (
            f"checkpoint: running the function again did not save the same as the forward pass: {what}. It must compute the "
            "same each time it is called with the same inputs."
        )
        if number is not None and number < len(kinds):
            message += f" Saved: {self.kinds[number]}; recomputed: {kinds[number]}."
        if self.debug:
            message += f"\nSaved in the forward pass: {self.kinds}\nSaved again: {list(kinds)}"
        return CheckpointError(message)
