"""Optimisers and schedulers against PyTorch: numbers, saved states, printing, errors."""

from __future__ import annotations

from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.parity.sides import difference, torch

SIDES = [(ag, nn, nn.optim), (torch, torch.nn, torch.optim)]

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"lr": 0.1, "momentum": m, "dampening": d, "weight_decay": w, "maximize": x}
        for m, d, w, x in product((0, 0.9), (0, 0.5), (0, 0.01), (False, True))
    ] + [{"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": w} for w in (0, 0.1)],
    "Adam": [
        {"lr": 0.01, "betas": b, "eps": e, "weight_decay": w, "amsgrad": a, "maximize": x}
        for b, e, w, a, x in product(((0.9, 0.999), (0.4, 0.8)), (1e-8, 1e-2), (0, 0.01), (False, True), (False, True))
    ] + [{"decoupled_weight_decay": True, "weight_decay": 0.1}, {}],
    "AdamW": [{}, {"lr": 0.01, "weight_decay": 0.3, "amsgrad": True}, {"maximize": True, "betas": (0.7, 0.9)}],
    "Adagrad": [
        {"lr": 0.1, "lr_decay": d, "weight_decay": w, "initial_accumulator_value": v, "maximize": x}
        for d, w, v, x in product((0, 0.1), (0, 0.01), (0, 0.5), (False, True))
    ] + [{"eps": 1e-3}],
    "RMSprop": [
        {"lr": 0.01, "alpha": a, "momentum": m, "centered": c, "weight_decay": w}
        for a, m, c, w in product((0.9, 0.3), (0, 0.9), (False, True), (0, 0.01))
    ] + [{"maximize": True, "eps": 1e-2}],
    "Adadelta": [{}, {"rho": 0.5, "eps": 1e-3, "weight_decay": 0.1}, {"lr": 0.3, "maximize": True, "rho": 1.0}],
    "Adamax": [{}, {"betas": (0.3, 0.9), "weight_decay": 0.1, "eps": 1e-2}, {"lr": 0.1, "maximize": True}],
    "NAdam": [
        {}, {"betas": (0.5, 0.9), "weight_decay": 0.1, "momentum_decay": 0.1}, {"lr": 0.1, "maximize": True},
        {"decoupled_weight_decay": True, "weight_decay": 0.1},
    ],
    "RAdam": [
        {"lr": 0.01}, {"lr": 0.01, "betas": (0.4, 0.9), "weight_decay": 0.1}, {"betas": (0.9, 0.6), "maximize": True},
        {"decoupled_weight_decay": True, "weight_decay": 0.1, "eps": 1e-2},
    ],
    "ASGD": [{}, {"lr": 0.1, "t0": 3, "lambd": 0.1, "alpha": 0.5, "weight_decay": 0.1}, {"t0": 0, "maximize": True}],
    "Rprop": [{}, {"lr": 0.1, "etas": (0.3, 1.7), "step_sizes": (0.01, 0.2)}, {"maximize": True}],
    "Adafactor": [
        {}, {"lr": 0.5, "beta2_decay": -0.5, "d": 2.0, "weight_decay": 0.1}, {"eps": (1e-2, 0.1), "maximize": True},
    ],
}  # fmt: skip
CASES = [(name, options) for name, choices in OPTIONS.items() for options in choices]


def parameters(library: Any, layers: Any, dtype: str, empty: bool = True) -> list[Any]:
    """Parameters of many shapes: a matrix, a transposed one, a scalar, an empty one, one that gets no gradient."""
    rng = np.random.default_rng(0)
    shapes = [(5, 7), (3, 4), (), *([(0, 3)] if empty else []), (6,)]
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    tensors = [library.tensor(array) for array in arrays]
    tensors[1] = tensors[1].t()
    return [layers.Parameter(tensor) for tensor in tensors]


def set_gradients(library: Any, params: list[Any], step: int) -> None:
    rng = np.random.default_rng(100 + step)
    for parameter in params[:-1]:
        parameter.grad = library.tensor(
            rng.standard_normal(tuple(parameter.shape)).astype(str(parameter.detach().numpy().dtype))
        )
    if step == 3:
        params[0].grad = None  # a parameter that was not used this time


def arrays(params: list[Any]) -> list[Any]:
    return [parameter.detach().numpy().copy() for parameter in params]


def twenty_steps(name: str, options: dict[str, Any], dtype: str) -> float:
    """The largest difference of parameters, and of what the optimiser remembers, relative to the largest number beside it."""
    runs = []
    for library, layers, optim in SIDES:
        params = parameters(library, layers, dtype, empty=name != "Adafactor")  # (PyTorch's divides by its size)
        optimizer = getattr(optim, name)(params, **options)
        history = []
        for step in range(20):
            optimizer.zero_grad()
            set_gradients(library, params, step)
            before = [None if parameter.grad is None else parameter.grad.numpy().copy() for parameter in params]
            optimizer.step()
            for parameter, gradient in zip(params, before, strict=True):
                if gradient is not None:
                    np.testing.assert_array_equal(parameter.grad.numpy(), gradient)
            history.append([parameter.detach().clone() for parameter in params])
        runs.append((history, optimizer))
    (ours, mine), (theirs, wanted) = runs
    assert repr(mine) == repr(wanted)
    state, other = mine.state_dict(), wanted.state_dict()
    assert state["param_groups"] == other["param_groups"]
    names = [[(key, list(each)) for key, each in found["state"].items()] for found in (state, other)]
    assert names[0] == names[1]
    tolerance = {"float32": 2e-6, "float64": 1e-13}[dtype]
    return max(difference(ours, theirs, tolerance), difference(state["state"], other["state"], tolerance))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_twenty_steps(name: str, options: dict[str, Any], dtype: str) -> None:
    twenty_steps(name, options, dtype)


@pytest.mark.parametrize(
    ("name", "options"),
    [("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {"amsgrad": True}), ("AdamW", {}), ("Rprop", {})],
)
def test_large_parameters_are_updated_in_blocks(name: str, options: dict[str, Any]) -> None:
    runs = []
    for library, layers, optim in SIDES:
        rng = np.random.default_rng(0)
        parameter = layers.Parameter(library.tensor(rng.standard_normal((701, 801))))
        optimizer = getattr(optim, name)([parameter], lr=0.01, **options)
        for _ in range(3):
            parameter.grad = library.tensor(rng.standard_normal((701, 801)))
            optimizer.step()
        runs.append(parameter.detach().numpy())
    np.testing.assert_allclose(*runs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "options"), [(name, choices[-1]) for name, choices in OPTIONS.items()])
def test_groups_and_files(name: str, options: dict[str, Any]) -> None:
    """Ten steps, saved; another library's optimiser goes on from the file, and both agree."""
    saved, ends = [], []
    for library, layers, optim in SIDES:
        params = parameters(library, layers, "float64", empty=name != "Adafactor")
        groups = [{"params": params[:2], "lr": 0.03}, {"params": params[2:], "weight_decay": 0.2}]
        optimizer = getattr(optim, name)(groups, **options)
        optimizer.add_param_group({"params": layers.Parameter(library.ones(2, dtype=library.float64))})
        for step in range(10):
            set_gradients(library, params, step)
            optimizer.step()
        file = BytesIO()
        library.save({"optimizer": optimizer.state_dict(), "params": [p.detach() for p in params]}, file)
        saved.append(file.getvalue())
    for source in (0, 1):
        for library, layers, optim in SIDES:
            state = library.load(BytesIO(saved[source]))
            params = [layers.Parameter(value) for value in state["params"]]
            groups = [{"params": params[:2]}, {"params": params[2:]}]
            optimizer = getattr(optim, name)(groups, lr=17.0)
            optimizer.add_param_group({"params": layers.Parameter(library.ones(2, dtype=library.float64))})
            optimizer.load_state_dict(state["optimizer"])
            assert optimizer.param_groups[0]["lr"] == 0.03
            for step in range(10, 15):
                set_gradients(library, params, step)
                optimizer.step()
            ends.append(arrays(params))
    for end in ends[1:]:
        for mine, wanted in zip(end, ends[0], strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=1e-12, atol=1e-14)


def test_state_is_converted_to_the_parameters_dtype() -> None:
    for library, layers, optim in SIDES:
        wide = layers.Parameter(library.ones(3, dtype=library.float64))
        optimizer = optim.Adam([wide])
        wide.grad = library.ones(3, dtype=library.float64)
        optimizer.step()
        narrow = layers.Parameter(library.ones(3))
        other = optim.Adam([narrow])
        other.load_state_dict(optimizer.state_dict())
        state = other.state[narrow]
        assert state["exp_avg"].dtype == library.float32
        assert state["step"].dtype == library.float32
        assert state["step"].item() == 1
        narrow.grad = library.ones(3)
        other.step()
        assert state["step"].item() == 2


def attempt(action: Any, *arguments: Any) -> tuple[type[BaseException], str]:
    try:
        action(*arguments)
    except Exception as error:
        return type(error), str(error)
    raise AssertionError("no error")


def one(t: Any, n: Any) -> Any:
    return n.Parameter(t.ones(2))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"line_search_fn": "strong_wolfe"},
        {"lr": 0.1, "history_size": 2, "max_iter": 6},
        {"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 7},
        {"line_search_fn": "strong_wolfe", "max_eval": 1},
    ],
)
def test_lbfgs(options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    matrix, values, start = rng.standard_normal((20, 6)), rng.standard_normal(20), rng.standard_normal((2, 3))
    runs = []
    for library, layers, optim in SIDES:
        x, unused = layers.Parameter(library.tensor(start)), one(library, layers)
        optimizer = optim.LBFGS([x, unused], **options)
        a, b = library.tensor(matrix), library.tensor(values)
        calls: list[float] = []

        def closure(x: Any = x, optimizer: Any = optimizer, a: Any = a, b: Any = b, calls: Any = calls) -> Any:
            optimizer.zero_grad()
            loss = ((a @ x.reshape(-1)).sin() - b).square().sum()
            loss.backward()
            calls.append(loss.item())
            return loss

        answers = [optimizer.step(closure).item() for _ in range(2)]
        runs.append((x.detach().numpy(), calls, answers, optimizer.state_dict()))
    (x, calls, answers, mine), (wanted, their_calls, their_answers, theirs) = runs
    np.testing.assert_allclose(x, wanted, rtol=1e-6)
    assert len(calls) == len(their_calls)
    assert answers == pytest.approx(their_answers, rel=1e-6)
    assert mine["param_groups"] == theirs["param_groups"]
    assert mine["state"][0].keys() == theirs["state"][0].keys()
    for key in ("func_evals", "n_iter", "t", "prev_loss", "H_diag"):
        assert float(mine["state"][0][key]) == pytest.approx(float(theirs["state"][0][key]), rel=1e-4)
        assert type(mine["state"][0][key]).__name__ == type(theirs["state"][0][key]).__name__


def test_states_of_lbfgs_go_both_ways() -> None:
    def start(library: Any, layers: Any, optim: Any, values: Any) -> Any:
        x = layers.Parameter(library.tensor(values, dtype=library.float64))
        optimizer = optim.LBFGS([x], lr=0.1, max_iter=4, history_size=3)

        def closure() -> Any:
            optimizer.zero_grad()
            loss = (x**2 * library.tensor([1.0, 3.0, 0.5])).sum() + x.sin().sum()
            loss.backward()
            return loss

        return x, optimizer, closure

    files = []
    for side in SIDES:
        x, optimizer, closure = start(*side, [1.0, -2.0, 3.0])
        optimizer.step(closure)
        file = BytesIO()
        side[0].save({"x": x.detach(), "optimizer": optimizer.state_dict()}, file)
        files.append(file.getvalue())
    ends = []
    for file in files:
        for side in SIDES:
            saved = side[0].load(BytesIO(file))
            x, optimizer, closure = start(*side, saved["x"].tolist())
            optimizer.load_state_dict(saved["optimizer"])
            optimizer.step(closure)
            ends.append(x.tolist())
    for end in ends[1:]:
        assert end == pytest.approx(ends[0], rel=1e-10)


ERRORS = {
    "empty": lambda t, n, o: o.SGD([]),
    "tensor": lambda t, n, o: o.SGD(t.ones(2)),
    "no tensors": lambda t, n, o: o.SGD([3]),
    "non-leaf": lambda t, n, o: o.SGD([one(t, n) * 2]),
    "set": lambda t, n, o: o.SGD([{"params": {one(t, n)}}]),
    "group of a list": lambda t, n, o: o.SGD([one(t, n)]).add_param_group([one(t, n)]),
    "twice": lambda t, n, o: (lambda p: o.SGD([{"params": [p]}, {"params": [p]}]))(one(t, n)),
    "names": lambda t, n, o: o.SGD([("a", one(t, n)), one(t, n)]),
    "names in one": lambda t, n, o: o.SGD([{"params": [("a", one(t, n))]}, {"params": [one(t, n)]}]),
    "lr": lambda t, n, o: o.SGD([one(t, n)], lr=-1),
    "momentum": lambda t, n, o: o.SGD([one(t, n)], momentum=-1),
    "decay": lambda t, n, o: o.SGD([one(t, n)], weight_decay=-1),
    "nesterov": lambda t, n, o: o.SGD([one(t, n)], nesterov=True),
    "dampened": lambda t, n, o: o.SGD([one(t, n)], nesterov=True, momentum=0.9, dampening=0.1),
    "adam lr": lambda t, n, o: o.Adam([one(t, n)], lr=-1),
    "adam eps": lambda t, n, o: o.Adam([one(t, n)], eps=-1),
    "adam beta": lambda t, n, o: o.Adam([one(t, n)], betas=(1.0, 0.9)),
    "adam beta 1": lambda t, n, o: o.AdamW([one(t, n)], betas=(0.9, -0.1)),
    "adam decay": lambda t, n, o: o.AdamW([one(t, n)], weight_decay=-0.1),
    "adagrad lr_decay": lambda t, n, o: o.Adagrad([one(t, n)], lr_decay=-0.1),
    "adagrad value": lambda t, n, o: o.Adagrad([one(t, n)], initial_accumulator_value=-0.1),
    "adagrad eps": lambda t, n, o: o.Adagrad([one(t, n)], eps=-0.1),
    "adadelta rho": lambda t, n, o: o.Adadelta([one(t, n)], rho=1.1),
    "rmsprop alpha": lambda t, n, o: o.RMSprop([one(t, n)], alpha=-0.1),
    "nadam decay": lambda t, n, o: o.NAdam([one(t, n)], momentum_decay=-0.1),
    "rprop etas": lambda t, n, o: o.Rprop([one(t, n)], etas=(1.1, 1.2)),
    "asgd lr": lambda t, n, o: o.ASGD([one(t, n)], lr=-0.1),
    "lbfgs lr": lambda t, n, o: o.LBFGS([one(t, n)], lr=-0.1),
    "lbfgs groups": lambda t, n, o: o.LBFGS([{"params": [one(t, n)]}, {"params": [one(t, n)]}]),
    "adafactor lr": lambda t, n, o: o.Adafactor([one(t, n)], lr=-0.1),
    "adafactor decay": lambda t, n, o: o.Adafactor([one(t, n)], beta2_decay=0.1),
    "adafactor eps": lambda t, n, o: o.Adafactor([one(t, n)], eps=(-0.1, 0.1)),
    "adafactor d": lambda t, n, o: o.Adafactor([one(t, n)], d=0.5),
    "fused": lambda t, n, o: o.Adam([one(t, n)], fused=True, foreach=True),
    "lr of two": lambda t, n, o: o.Adam([one(t, n)], lr=t.ones(2)),
    "option": lambda t, n, o: o.SGD([one(t, n)], beta=0.1),
    "groups": lambda t, n, o: o.SGD([one(t, n)]).load_state_dict({"state": {}, "param_groups": []}),
    "sizes": lambda t, n, o: o.SGD([one(t, n)]).load_state_dict(o.SGD([one(t, n), one(t, n)]).state_dict()),
    "base": lambda t, n, o: o.Optimizer([one(t, n)], {}).step(),
    "scheduler of": lambda t, n, o: o.lr_scheduler.StepLR(3, 1),
    "lambdas": lambda t, n, o: o.lr_scheduler.LambdaLR(o.SGD([one(t, n)]), [len, len]),
    "resumed": lambda t, n, o: o.lr_scheduler.StepLR(o.SGD([one(t, n)]), 1, last_epoch=3),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    (ours, text), (theirs, wanted) = (attempt(ERRORS[name], *side) for side in SIDES)
    assert ours is theirs
    if name not in ("resumed", "base"):  # (worded otherwise)
        assert text.startswith(wanted)  # ours may say more


def test_duplicates_warn() -> None:
    for library, layers, optim in SIDES:
        parameter = one(library, layers)
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optim.SGD([parameter, parameter], lr=0.1)


def test_named_parameters() -> None:
    states = []
    for _, layers, optim in SIDES:
        optimizer = optim.SGD(layers.Linear(2, 1).named_parameters(), lr=0.1)
        other = optim.SGD(layers.Linear(2, 1).named_parameters(), lr=0.1)
        other.load_state_dict(optimizer.state_dict())
        states.append(other.state_dict())
    assert states[0] == states[1]


def test_rates_and_options_as_tensors() -> None:
    runs = []
    for library, layers, optim in SIDES:
        parameter = one(library, layers)
        optimizer = optim.SGD([parameter], lr=library.tensor(0.5))
        scheduler = optim.lr_scheduler.StepLR(optimizer, 1)
        for _ in range(3):
            parameter.grad = library.ones(2)
            optimizer.step()
            scheduler.step()
        runs.append((parameter.tolist(), optimizer.param_groups[0]["lr"].item(), scheduler.get_last_lr()[0].item()))
    assert runs[0][0] == pytest.approx(runs[1][0])
    assert runs[0][1:] == pytest.approx(runs[1][1:])


def test_hooks_and_closures() -> None:
    logs = []
    for library, layers, optim in SIDES:
        log: list[Any] = []
        parameter = one(library, layers)

        class Counting(optim.SGD):  # type: ignore[misc, name-defined]  # a base chosen at run time
            def step(self, closure: Any = None, log: list[Any] = log) -> Any:
                log.append("step")
                return super().step(closure)

        optimizer = Counting([parameter], lr=0.1)
        handle = optimizer.register_step_pre_hook(lambda o, args, kwargs, log=log: log.append(("before", len(args))))
        optimizer.register_step_post_hook(lambda o, args, kwargs, log=log: log.append(("after", len(args))))

        def closure(optimizer: Any = optimizer, parameter: Any = parameter) -> Any:
            optimizer.zero_grad()
            loss = (parameter * parameter).sum()
            loss.backward()
            return loss

        with library.no_grad():
            log.append(optimizer.step(closure).item())
        handle.remove()
        log.append(optimizer.step(closure).item())
        logs.append([entry for i, entry in enumerate(log) if i == 0 or entry != log[i - 1]])
    assert [e if isinstance(e, (str, tuple)) else pytest.approx(e) for e in logs[1]] == logs[0]


def test_zero_grad_can_keep_the_tensor() -> None:
    for library, layers, optim in SIDES:
        parameter = one(library, layers)
        parameter.grad = kept = library.ones(2)
        optimizer = optim.SGD([parameter], lr=0.1)
        optimizer.zero_grad(set_to_none=False)
        assert parameter.grad is kept
        assert kept.tolist() == [0, 0]
        optimizer.zero_grad()
        assert parameter.grad is None
