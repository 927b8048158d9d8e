"""Connectionist temporal classification: the likelihood of a sequence of labels, summed over all its alignments.

A. Graves et al., "Connectionist temporal classification", ICML 2006; equation numbers are that paper's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd_core import Tensor

__all__ = ["ctc_loss"]

Array = np.ndarray[Any, Any]


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """The negative log-likelihood of label sequences, given the log-probabilities of labels at each time.

    log_probs (T, N, C), or (T, C) without a batch, normalised as by log_softmax; targets (N, S), padded, or all labels
    of all sequences one after the other; lengths (N,). "mean" divides each loss by its target's length first.
    zero_infinity: losses of targets that are too long for their input, and their gradients, count 0 instead of inf.

    As in PyTorch the gradient is exp(log_probs) minus the posterior of each label (eq. 16): what the logits receive that
    log_probs are the log_softmax of, which passes it on unchanged. There is no second derivative.
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"ctc_loss: {reduction!r} is not a valid value for reduction: use 'none', 'mean' or 'sum'")
    for name, tensor in (("log_probs", log_probs), ("targets", targets)):
        if not isinstance(tensor, ag.Tensor):
            raise TypeError(f"ctc_loss(): {name} must be a Tensor, not {ag.typename(tensor)}")
    if log_probs.dtype not in (ag.float32, ag.float64):
        raise NotImplementedError(f"ctc_loss: not implemented for {log_probs.dtype}; convert with .float()")
    if log_probs.ndim not in (2, 3) or not log_probs.numel():
        raise RuntimeError(
            f"ctc_loss: log_probs must be (T, N, C), or (T, C), and not empty, but have shape {log_probs.shape}"
        )
    batched = log_probs.ndim == 3
    if not batched:
        log_probs = log_probs.unsqueeze(1)
    steps, count, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError(f"ctc_loss: blank must be in label range [0, {classes - 1}], but is {blank}")
    times = _lengths("input_lengths", input_lengths, count)
    sizes = _lengths("target_lengths", target_lengths, count)
    if times.max() > steps:
        raise RuntimeError(f"ctc_loss: Expected input_lengths to have value at most {steps}, but got {times.max()}")
    labels = _padded(targets.array, sizes, blank)
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise RuntimeError(
            f"ctc_loss: labels must be in [0, {classes - 1}], but go from {labels.min()} to {labels.max()}"
        )
    losses: Tensor = _Likelihood.apply(log_probs, _Alignments(labels, sizes, times, blank), zero_infinity)
    if reduction == "mean":
        return (losses / losses.new_tensor(np.maximum(sizes, 1))).mean()
    if reduction == "sum":
        return losses.sum()
    return losses if batched else losses.squeeze(0)


def _lengths(name: str, lengths: Tensor | Sequence[int], count: int) -> Array:
    if not isinstance(lengths, ag.Tensor | tuple | list):
        raise TypeError(f"ctc_loss(): {name} must be a Tensor, a tuple or a list of ints, not {ag.typename(lengths)}")
    given = lengths.array if isinstance(lengths, ag.Tensor) else np.asarray(lengths)
    if given.dtype.kind not in "iu":
        raise RuntimeError(f"ctc_loss: {name} must be integral, not {given.dtype}")
    if given.size != count:
        raise RuntimeError(f"ctc_loss: {name} must be of size batch_size ({count}), but has shape {given.shape}")
    if given.min() < 0:
        raise RuntimeError(f"ctc_loss: Expected {name} to have value at least 0, but got value {given.min()}")
    return given.reshape(-1).astype(np.int64)


def _padded(targets: Array, sizes: Array, blank: int) -> Array:
    """The labels as (N, longest), filled up with blanks."""
    longest = int(sizes.max())
    used = np.arange(longest) < sizes[:, None]
    labels = np.full(used.shape, blank, np.int64)
    if targets.ndim == 2:
        if targets.shape[0] != len(sizes) or targets.shape[1] < longest:
            raise RuntimeError(
                f"ctc_loss: targets {targets.shape} must have {len(sizes)} rows of at least {longest} labels, the largest "
                "of target_lengths"
            )
        labels[used] = targets[:, :longest][used]
    elif targets.ndim == 1 and targets.size == sizes.sum():
        labels[used] = targets
    else:
        raise RuntimeError(
            f"ctc_loss: targets {targets.shape} must be (N, S), or hold all labels, one sequence after the other: "
            f"{sizes.sum()} by target_lengths"
        )
    return labels


class _Alignments:
    """The states that a batch can be in: each label, with a blank before it and one at the end.

    A path enters state s from s, s - 1 or, if it need not visit the blank between, s - 2. Sequences that are shorter
    than the longest have states too many; from these no path leads back.
    """

    def __init__(self, labels: Array, sizes: Array, times: Array, blank: int) -> None:
        count, longest = labels.shape
        self.states = np.full((count, 2 * longest + 1), blank)
        self.states[:, 1::2] = labels
        self.may_skip = np.zeros(self.states.shape, bool)  # into s, from s - 2
        self.may_skip[:, 2:] = self.states[:, 2:] != self.states[:, :-2]
        self.sizes, self.times, self.rows = sizes, times, np.arange(count)
        self.is_end = np.zeros(self.states.shape, bool)  # the last label or the blank behind it
        self.is_end[self.rows, 2 * sizes] = True
        self.is_end[self.rows, 2 * sizes - (sizes > 0)] = True

    def forward(self, scores: Array) -> Array:
        """log alpha (T, N, states): the log-probability of all that leads to a state, itself included (eq. 6, 7)."""
        alpha = np.full_like(scores, -np.inf)
        alpha[0, :, 0] = scores[0, :, 0]
        alpha[0, :, 1:2] = scores[0, :, 1:2]
        for t in range(1, len(scores)):
            before = alpha[t - 1]
            alpha[t] = scores[t] + _log_sum(
                before, _shifted(before, 1), np.where(self.may_skip, _shifted(before, 2), -np.inf)
            )
        return alpha

    def backward(self, scores: Array) -> Array:
        """log beta (T, N, states): of all that leads from a state to the end, itself included (eq. 10, 11)."""
        beta = np.full_like(scores, -np.inf)
        after = beta[0]
        may_skip = _shifted(self.may_skip, -2, False)
        for t in reversed(range(len(scores))):
            reached = _log_sum(after, _shifted(after, -1), np.where(may_skip, _shifted(after, -2), -np.inf))
            starts = (self.times == t + 1)[:, None] & self.is_end
            after = beta[t] = scores[t] + np.where(starts, 0, reached)
        return beta

    def losses(self, alpha: Array) -> Array:
        """What is missing to certainty: the states at the end, added up (eq. 8). Without time, only nothing is certain."""
        last = np.where(self.is_end, alpha[np.maximum(self.times, 1) - 1, self.rows], -np.inf)
        log_likelihood = np.logaddexp.reduce(last, axis=1)
        return -np.where(self.times > 0, log_likelihood, np.where(self.sizes > 0, -np.inf, 0)).astype(alpha.dtype)


def _shifted(states: Array, by: int, fill: Any = -np.inf) -> Array:
    """Each state's value at the state `by` further (or, for a negative number, before)."""
    out = np.full_like(states, fill)
    if by > 0:
        out[:, by:] = states[:, :-by]
    else:
        out[:, :by] = states[:, -by:]
    return out


def _log_sum(*terms: Array) -> Array:
    """log of the sum of three exponentials; -inf where all are."""
    top = np.maximum(np.maximum(*terms[:2]), terms[2])
    top = np.where(top == -np.inf, 0, top)
    with np.errstate(divide="ignore", under="ignore"):
        total: Array = np.log(sum(np.exp(term - top) for term in terms)) + top
    return total


class _Likelihood(ag.Function):
    @staticmethod
    def forward(ctx: Any, log_probs: Tensor, alignments: _Alignments, zero_infinity: bool) -> Tensor:
        scores = log_probs.array[:, alignments.rows[:, None], alignments.states]
        alpha = alignments.forward(scores)
        losses = alignments.losses(alpha)
        ctx.save_for_backward(log_probs)
        ctx.known = alignments, scores, alpha, losses, zero_infinity
        return ag.from_numpy(np.where(np.isinf(losses), 0, losses) if zero_infinity else losses)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Any, ...]:
        return _Slopes.apply(*grad_outputs, *ctx.saved_tensors, *ctx.known), None, None


class _Slopes(ag.Function):
    """A function of its own, so that whoever differentiates it hears that there is no second derivative."""

    @staticmethod
    def forward(
        ctx: Any,
        g: Tensor,
        log_probs: Tensor,
        alignments: _Alignments,
        scores: Array,
        alpha: Array,
        losses: Array,
        zero_infinity: bool,
    ) -> Tensor:
        paths = alpha + alignments.backward(scores) + losses[:, None]
        with np.errstate(invalid="ignore", under="ignore"):
            # alpha and beta both contain the state's own score; a state that is impossible is on no path
            posterior = np.where(scores == -np.inf, 0, np.exp(paths - scores))
        slopes = np.exp(log_probs.array)
        places: Any = slice(None), alignments.rows[:, None], alignments.states
        np.subtract.at(slopes, places, posterior)  # of a label that stands in several places, all
        slopes *= g.array[:, None]
        slopes[:, np.isinf(losses)] = 0 if zero_infinity else np.nan
        slopes[np.arange(len(slopes))[:, None] >= alignments.times] = 0
        return ag.from_numpy(slopes)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Any, ...]:
        raise NotImplementedError("ctc_loss: the second derivative is not implemented, nor is it in PyTorch")
