"""Anomaly mode: a failed or NaN derivative is traced to the line of the forward pass that asked for it.

https://docs.pytorch.org/docs/stable/autograd.html#anomaly-detection
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from .modes import ANOMALY, CHECK_NAN, mode, set_mode

if TYPE_CHECKING:
    from .graph import Node

_BITS = ANOMALY | CHECK_NAN


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on in this thread."""
    return bool(mode() & ANOMALY)


def is_anomaly_check_nan_enabled() -> bool:
    """Whether `backward` looks for NaN, in anomaly mode."""
    return bool(mode() & CHECK_NAN) or not mode() & ANOMALY


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Switch anomaly mode on or off: at once, or as a context manager.

    While it is on, operations remember the calls that led to them; a formula that raises says so, and (check_nan)
    one that gives NaN raises a RuntimeError that names the operation and its line. Slow: for debugging.

    >>> with set_detect_anomaly(True):
    ...     is_anomaly_enabled()
    True
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = _switched((ANOMALY | CHECK_NAN if check_nan else ANOMALY) if mode else 0)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        _switched(self._before)


class detect_anomaly:  # noqa: N801 - PyTorch's name
    """Anomaly mode as a context manager: see `set_detect_anomaly`. Warns that it is slow.

    Run the forward pass inside, so that its lines are known, and the backward pass, so that it is checked.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._bits = ANOMALY | CHECK_NAN if check_nan else ANOMALY
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._before = _switched(self._bits)

    def __exit__(self, *_: object) -> None:
        _switched(self._before)


def _switched(bits: int) -> int:
    """Set the two bits; returns them as they were."""
    before = mode()
    set_mode(before & ~_BITS | bits)
    return before & _BITS


def origin(node: Node) -> str:
    """Where a node was made, for anomaly mode."""
    if node.trace is None:
        return (
            f"{node.name()} was not recorded in anomaly mode, so its line is not known: put the forward pass, too, inside "
            "`with ag.autograd.detect_anomaly():`"
        )
    calls = "".join(reversed(node.trace.format()))
    return f"Traceback of the forward call ({node.op.shown_name}) that caused the error:\n{calls}"
