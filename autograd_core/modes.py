"""What operations do besides computing: record a graph (or not), keep more for people to look at (or not).

The mode is a small bit set in a context variable: per thread and per task, restored on exceptions.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

__all__ = [
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "record",
    "recording",
    "set_grad_enabled",
]

GRAD, RECORD, INFERENCE, MAPPING, ANOMALY, CHECK_NAN, PACK = 1, 2, 4, 8, 16, 32, 64
NOTE = RECORD | ANOMALY | PACK  # what makes an operation call `primitive.note`
_GENERATOR = 0x20  # inspect.CO_GENERATOR; importing inspect would cost more than all of this file
_mode: ContextVar[int] = ContextVar("mode", default=GRAD)
mode = _mode.get  # the one test of every operation; `mode() & GRAD` records
set_mode = _mode.set
saving: ContextVar[tuple[Any, ...]] = ContextVar("saving", default=())  # the (pack, unpack) hooks entered, if PACK
module_path: ContextVar[tuple[str, ...]] = ContextVar("module path", default=())  # of the running nn.Module


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return bool(mode() & GRAD)


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is on in this thread."""
    return bool(mode() & INFERENCE)


def recording() -> bool:
    """Whether `record()` is on in this thread."""
    return bool(mode() & RECORD)


class _Switch:
    """A context manager and decorator that sets the bits `sets` and clears the bits `clears`.

    `with` may be nested on one object; the bits that it changed go back to what they were.
    """

    sets: ClassVar[int] = 0
    clears: ClassVar[int] = 0

    def __new__(cls, function: Any = None) -> Any:
        switch = object.__new__(cls)
        switch._before = []
        return switch if function is None else switch(function)  # `@no_grad` works without parentheses

    _before: list[int]

    def __enter__(self) -> None:
        before = mode()
        self._before.append(before)
        _mode.set((before | self.sets) & ~self.clears)

    def __exit__(self, *_: object) -> None:
        touched = self.sets | self.clears
        _mode.set((mode() & ~touched) | (self._before.pop() & touched))

    def __call__(self, function: F) -> F:
        """The function, running in this mode (a generator: whenever it runs, not while its caller does)."""
        switch = type(self)
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:
            return _switched_generator(switch, function)

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with switch():
                return function(*args, **kwargs)

        return call  # type: ignore[return-value]  # wraps() keeps the signature


class no_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Record nothing inside; a context manager and a decorator.

    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """

    clears = GRAD


class enable_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Record inside, even within `no_grad`."""

    sets = GRAD


class _Inference(_Switch):
    sets = INFERENCE
    clears = GRAD


def inference_mode(mode: Any = True) -> Any:
    """As `no_grad`: with NumPy there is nothing more to gain from forgetting version counters."""
    if callable(mode):
        return _Inference(mode)
    return _Inference() if mode else _Switch()


class record(_Switch):  # noqa: N801 - a context manager in lower case, like no_grad
    """Keep what the drawings, the ledger and the profiler show; a context manager and a decorator.

    While it is on, every new node carries a `Record`, and a sweep over such nodes releases nothing.

    >>> with record():
    ...     recording()
    True
    """

    sets = RECORD


class mapping(_Switch):  # noqa: N801 - a context manager in lower case, like no_grad
    """A function is running for one slice of many: see `func.vmap`."""

    sets = MAPPING


class set_grad_enabled:  # noqa: N801 - PyTorch's name
    """Switch recording on or off: at once, as a context manager or as a decorator.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self._before = _mode.get()
        self._switch = enable_grad() if mode else no_grad()
        self._apply()

    def _apply(self) -> None:
        _mode.set((_mode.get() | self._switch.sets) & ~self._switch.clears)

    def __enter__(self) -> None:
        self._apply()

    def __exit__(self, *_: object) -> None:
        _mode.set((_mode.get() & ~GRAD) | (self._before & GRAD))

    def __call__(self, function: F) -> F:
        """As a decorator: the mode holds while the function runs."""
        self.__exit__()
        return self._switch(function)  # type: ignore[no-any-return]  # the switch is made by __new__


def _switched_generator(switch: type[_Switch], function: F) -> F:
    @wraps(function)
    def generator(*args: Any, **kwargs: Any) -> Any:
        with switch():
            running = function(*args, **kwargs)
        resume, value = running.send, None
        while True:
            try:
                with switch():
                    produced = resume(value)
            except StopIteration as stop:
                return stop.value
            try:
                resume, value = running.send, (yield produced)
            except GeneratorExit:
                with switch():
                    running.close()
                raise
            except BaseException as error:  # noqa: BLE001 - handed on to the generator
                resume, value = running.throw, error

    return generator  # type: ignore[return-value]  # wraps() keeps the signature
