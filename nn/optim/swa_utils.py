"""Averages of a model's parameters while it trains: equally weighted (SWA) or fading (EMA)."""

from __future__ import annotations

import math
from copy import deepcopy
from itertools import chain
from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import Tensor

from ..module import Module
from .lr_scheduler.scheduler import LRScheduler, for_each_group
from .optimizer import approach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .optimizer import Optimizer

    Average = Callable[[Tensor, Tensor, Any], Tensor]
    AverageAll = Callable[[list[Tensor], list[Tensor], Any], None]

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """a <- decay a + (1 - decay) p, for one tensor, as a new one."""
    _check_decay(decay)

    def ema_update(averaged: Tensor, current: Tensor, num_averaged: Any) -> Tensor:
        with ag.no_grad():
            return averaged * decay + current * (1 - decay)

    return ema_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> AverageAll:
    """a <- decay a + (1 - decay) p, for lists of tensors, in place."""
    _check_decay(decay)

    def ema_update(averaged: list[Tensor], current: list[Tensor], num_averaged: Any) -> None:
        with ag.no_grad():
            for a, p in zip(averaged, current, strict=True):
                if a.is_floating_point():
                    _approach(a, p, 1 - decay)
                else:
                    a.copy_(a * decay + p * (1 - decay))

    return ema_update


def get_swa_avg_fn() -> Average:
    """a <- a + (p - a) / (n + 1), for one tensor, as a new one."""

    def swa_update(averaged: Tensor, current: Tensor, num_averaged: Any) -> Tensor:
        with ag.no_grad():
            return averaged + (current - averaged) / (num_averaged + 1)  # type: ignore[no-any-return]  # a Tensor

    return swa_update


def get_swa_multi_avg_fn() -> AverageAll:
    """a <- a + (p - a) / (n + 1), for lists of tensors, in place."""

    def swa_update(averaged: list[Tensor], current: list[Tensor], num_averaged: Any) -> None:
        with ag.no_grad():
            for a, p in zip(averaged, current, strict=True):
                if a.is_floating_point():
                    _approach(a, p, float(1 / (num_averaged + 1)))
                else:
                    a += (p - a).div(num_averaged + 1, rounding_mode="trunc")

    return swa_update


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _approach(averaged: Tensor, current: Tensor, weight: float) -> None:
    approach(averaged.array, current.array, weight)
    ag.increment_version(averaged)


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's (Izmailov et al. 2018); call `update_parameters`.

    avg_fn(averaged, current, number of models so far) returns the next average of a tensor; multi_avg_fn averages lists
    of tensors in place; equal weights unless one is given. Buffers are copied, or averaged with `use_buffers`.

    >>> model = nn.Linear(1, 1, bias=False)
    >>> average = nn.optim.swa_utils.AveragedModel(model)
    >>> for value in 1., 2., 6.:
    ...     _ = nn.init.constant_(model.weight, value)
    ...     average.update_parameters(model)
    >>> average.module.weight.item(), average.n_averaged.item()
    (3.0, 3)
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: AverageAll | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", ag.tensor(0, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's present parameters into the average; the first time, take them as they are."""
        averaged, current = ([tensor.detach() for tensor in self._entries(each)] for each in (self.module, model))
        with ag.no_grad():
            if self.n_averaged == 0:
                for a, p in zip(averaged, current, strict=True):
                    a.copy_(p)
            elif self.multi_avg_fn is not None:
                self.multi_avg_fn(averaged, current, self.n_averaged)
            else:
                average = self.avg_fn or get_swa_avg_fn()
                for a, p in zip(averaged, current, strict=True):
                    a.copy_(average(a, p, self.n_averaged))
            if not self.use_buffers:
                for a, p in zip(self.module.buffers(), model.buffers(), strict=True):
                    a.copy_(p)
            self.n_averaged += 1

    def _entries(self, module: Module) -> Iterable[Tensor]:
        return chain(module.parameters(), module.buffers()) if self.use_buffers else module.parameters()


class SWALR(LRScheduler):
    """From each group's rate to swa_lr in anneal_epochs epochs, by a cosine ("cos") or a line ("linear")."""

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for rate, group in zip(for_each_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _part(self, step: int) -> float:
        """How much of swa_lr is in the rate after some steps."""
        done = max(0, min(1, step / max(1, self.anneal_epochs)))
        return done if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * done)) / 2

    def _rates(self) -> list[Any]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)
        rates = []
        for group in self.optimizer.param_groups:
            start = group["swa_lr"] if before == 1 else (group["lr"] - before * group["swa_lr"]) / (1 - before)
            rates.append(group["swa_lr"] * now + start * (1 - now))
        return rates
