"""L-BFGS: Newton's direction from the last few steps and changes of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import autograd_core as ag

from .optimizer import Optimizer, check_not_negative, chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autograd_core import Tensor

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """p <- p - t H g, where H is a running estimate of the inverse Hessian (Nocedal and Wright 2006, algorithm 7.5).

    A step takes up to `max_iter` iterations, with at most about `max_eval` calls of the closure (max_iter * 5 // 4
    unless given), and ends early when no gradient exceeds `tolerance_grad` or neither the parameters nor the loss change
    by more than `tolerance_change`. t is lr, or with line_search_fn="strong_wolfe" chosen by a line search. H is made of
    the last `history_size` iterations. There is one parameter group only.

    >>> x = nn.Parameter(tensor([-1., 2.]))
    >>> optimizer = nn.optim.LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = 100 * (x[1] - x[0]**2)**2 + (1 - x[0])**2  # Rosenbrock's valley, lowest at (1, 1)
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     _ = optimizer.step(closure)
    >>> x.data
    tensor([1.0000, 1.0000])
    """

    _counters = ()

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_not_negative(lr=lr)
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(params, chosen(locals()))
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]  # without a closure it cannot work
        """Some iterations. `closure` computes the loss and its gradients anew; its first answer is returned."""
        with ag.no_grad():
            return self._iterate(ag.enable_grad()(closure))

    def _iterate(self, closure: Callable[[], Any]) -> Any:
        (group,) = self.param_groups
        search, close, flat = group["line_search_fn"], group["tolerance_change"], group["tolerance_grad"]
        if search not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        lr = group["lr"].squeeze() if isinstance(group["lr"], ag.Tensor) else group["lr"]
        state = self.state[group["params"][0]]  # as in PyTorch: loading then converts it like any other state
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first_loss = closure()
        loss, g = float(first_loss), self._gradient()
        evaluations = 1
        state["func_evals"] += 1
        if g.abs().max() <= flat:
            return first_loss

        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                d = -g
                state |= {"old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1}
                t = min(1.0, 1.0 / g.abs().sum()) * lr
            else:
                self._remember(g - state["prev_flat_grad"], state["d"] * state["t"], group["history_size"])
                d = self._direction(g)
                t = lr
            before, slope = loss, g.dot(d)
            state |= {"d": d, "t": t, "prev_flat_grad": g, "prev_loss": loss}
            if slope > -close:
                break

            if search is not None:
                start = _Point(0, loss, g, slope)
                reached, calls = self._strong_wolfe(closure, start, t, d, group["max_eval"] - evaluations)
                t, loss, g = reached.t, reached.loss, reached.gradient
                state["t"] = t
                self._move(d * t)
            else:
                self._move(d * t)
                calls = int(iteration < group["max_iter"])  # nobody would look at the last one
                if calls:
                    loss, g = float(closure()), self._gradient()
            evaluations += calls
            state["func_evals"] += calls
            if (
                evaluations >= group["max_eval"]
                or g.abs().max() <= flat
                or (d * t).abs().max() <= close
                or abs(loss - before) < close
            ):
                break
        return first_loss

    def _remember(self, y: Tensor, s: Tensor, most: int) -> None:
        """Keep a step s and the change y of the gradient along it, if H stays positive."""
        state = self.state[self.param_groups[0]["params"][0]]
        ys = y.dot(s)
        if ys <= 1e-10:
            return
        past = state["old_dirs"], state["old_stps"], state["ro"]
        for entries, entry in zip(past, (y, s, 1.0 / ys), strict=True):
            if len(entries) == most:
                entries.pop(0)
            entries.append(entry)
        state["H_diag"] = ys / y.dot(y)

    def _direction(self, g: Tensor) -> Any:
        """-H g by the two loops of algorithm 7.4."""
        state = self.state[self.param_groups[0]["params"][0]]
        past = list(zip(state["old_stps"], state["old_dirs"], state["ro"], strict=True))
        al = state.setdefault("al", [None] * self.param_groups[0]["history_size"])
        q = -g
        for i, (s, y, ro) in reversed(list(enumerate(past))):
            al[i] = s.dot(q) * ro
            q -= y * al[i]
        r = q * state["H_diag"]
        for i, (s, y, ro) in enumerate(past):
            r += s * (al[i] - y.dot(r) * ro)
        return r

    # ------------------------------------------------------------ all parameters as one vector

    def _gradient(self) -> Tensor:
        params = self.param_groups[0]["params"]
        return ag.cat([p.new_zeros(p.numel()) if p.grad is None else p.grad.reshape(-1) for p in params])

    def _move(self, step: Tensor) -> None:
        start = 0
        for p in self.param_groups[0]["params"]:
            p += step[start : start + p.numel()].view_as(p)
            start += p.numel()

    # ------------------------------------------------------------ the line search

    def _strong_wolfe(
        self, closure: Callable[[], Any], start: _Point, t: Any, d: Tensor, most: int
    ) -> tuple[_Point, int]:
        """A point on the line along d where the loss fell enough and its slope is small, and the calls it took.

        Nocedal and Wright 2006, algorithms 3.5 and 3.6, with c1 = 1e-4 and c2 = .9 and cubic interpolation.
        """
        params = self.param_groups[0]["params"]
        home = [p.clone() for p in params]

        def at(t: Any) -> _Point:
            self._move(d * t)
            loss, gradient = float(closure()), self._gradient()
            for p, value in zip(params, home, strict=True):
                p.copy_(value)
            return _Point(t, loss, gradient, gradient.dot(d))

        def too_high(point: _Point) -> bool:
            return bool(point.loss > start.loss + 1e-4 * point.t * start.slope)

        def level(point: _Point) -> bool:
            return bool(abs(point.slope) <= -0.9 * start.slope)

        # Go on until a minimum is between two points.
        last, point, tries = start, at(t), 0
        while tries < most:
            if too_high(point) or (tries > 1 and point.loss >= last.loss):
                break
            if level(point):
                return point, tries + 1
            if point.slope >= 0:
                break
            bounds = point.t + 0.01 * (point.t - last.t), point.t * 10
            last, point = point, at(_lowest(last, point, bounds))
            tries += 1
        else:
            last = start
        bracket = [last, point]

        # Close in.
        low = 0 if bracket[0].loss <= bracket[1].loss else 1
        stuck, reach = False, d.abs().max()
        while tries < most and abs(bracket[1].t - bracket[0].t) * reach >= self.param_groups[0]["tolerance_change"]:
            left, right = min(bracket[0].t, bracket[1].t), max(bracket[0].t, bracket[1].t)
            t = _lowest(bracket[0], bracket[1], (left, right))
            margin = 0.1 * (right - left)
            near = min(right - t, t - left) < margin
            if near and (stuck or t >= right or t <= left):
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                near = False
            stuck = near
            point = at(t)
            tries += 1
            if too_high(point) or point.loss >= bracket[low].loss:
                bracket[1 - low] = point
                low = 0 if bracket[0].loss <= bracket[1].loss else 1
                continue
            done = level(point)
            if not done and point.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
                bracket[1 - low] = bracket[low]
            bracket[low] = point
            if done:
                break
        return bracket[low], tries + 1


class _Point(NamedTuple):
    """A place on the line: how far along, and the loss, its gradient and its slope along the line there."""

    t: Any
    loss: float
    gradient: Tensor
    slope: Tensor


def _lowest(a: _Point, b: _Point, bounds: tuple[Any, Any]) -> Any:
    """Where the cubic through two points, with their slopes, is lowest within the bounds (equation 3.59)."""
    left, right = (a, b) if a.t <= b.t else (b, a)
    d1 = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t)
    square = d1**2 - left.slope * right.slope
    if square < 0:
        return (bounds[0] + bounds[1]) / 2.0
    d2 = square.sqrt()
    t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(t, bounds[0]), bounds[1])
