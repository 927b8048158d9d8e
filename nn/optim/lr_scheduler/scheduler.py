"""What all schedules share: setting the rates of an optimiser, saving and loading."""

from __future__ import annotations

import warnings
from types import FunctionType
from typing import TYPE_CHECKING, Any

from autograd_core import Tensor

from ..optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EPOCH_DEPRECATED", "LRScheduler", "checked", "copied", "for_each_group", "function_state", "set_rate"]


class LRScheduler:
    """Base class. A subclass sets its options, calls `super().__init__` and defines `get_lr`.

    last_epoch: the number of epochs done before, when a training is resumed; -1 starts a new one.
    """

    _get_lr_called_within_step = False
    _is_initial = False  # while the constructor makes the first step, which leaves most rates as they are

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                    "last_epoch >= 0. Load the optimizer's state first, or start with last_epoch=-1."
                )
        self.base_lrs = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[Any]:
        """The rate of each group for the epoch `last_epoch`, from the rates of the epoch before."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.", stacklevel=2
            )
        return self._rates()

    def _rates(self) -> list[Any]:
        """What `get_lr` returns."""
        raise NotImplementedError(f"{type(self).__name__}: define get_lr()")

    def get_last_lr(self) -> list[Any]:
        """The rate of each group since the last step."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
                "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to "
                "do this will result in PyTorch skipping the first value of the learning rate schedule. See more "
                "details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATED, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Go to the next epoch, or to a given one by the closed form."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._take(self.get_lr if epoch is None else self._get_closed_form_lr)

    def _take(self, compute: Callable[[], list[Any]]) -> None:
        """Compute the rates and set them."""
        self._get_lr_called_within_step = True
        try:
            rates = compute()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_rate(group, rate)
        self._last_lr = self._current()

    def _get_closed_form_lr(self) -> list[Any]:
        """The rates of any epoch, where there is a formula for them."""
        return self.get_lr()

    def _current(self) -> list[Any]:
        return [copied(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled(self, factor: float) -> list[Any]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimiser."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the attributes of `state_dict`."""
        self.__dict__.update(state_dict)


EPOCH_DEPRECATED = "The epoch parameter in `scheduler.step()` is deprecated: call `scheduler.step()`."


def checked(optimizer: Any) -> Optimizer:
    """The optimiser, or a TypeError."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def copied(rate: Any) -> Any:
    """A rate that nobody else changes."""
    return rate.clone() if isinstance(rate, Tensor) else rate


def set_rate(group: dict[str, Any], rate: Any) -> None:
    """Set the rate of a group; one that is a tensor stays that tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


def for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """An option that is one for all groups, or a list with one for each."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        value = [value] * groups
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
            f"param_groups has {groups}."
        )
    return list(map(copied, value))


def function_state(function: Any) -> dict[str, Any] | None:
    """What is saved of a function: nothing, unless it is an object with attributes."""
    return None if isinstance(function, FunctionType) else dict(vars(function))
