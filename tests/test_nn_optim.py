"""Optimisers, schedules and clipping, held to numbers of PyTorch 2.13."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import optim

# After five steps from (1, -2, 3) with the gradients (i - 1.5) (.5, -1, 2), in double precision.
GOLDEN: list[tuple[str, dict[str, Any], list[float]]] = [
    ("SGD", {"lr": 0.1}, [0.875, -1.75, 2.5]),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01},
     [1.1732297725382046, -2.346459545076409, 3.7015266502293063]),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, [0.9270717500000001, -1.8541435000000002, 2.708287]),
    ("SGD", {"lr": 0.1, "maximize": True}, [1.125, -2.25, 3.5]),
    ("Adam", {"lr": 0.1}, [1.172987208511881, -2.1729872100069403, 3.17298721075447]),
    ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1},
     [1.1156354066773488, -2.1186375493641068, 3.1333636824154283]),
    ("Adam", {"lr": 0.1, "eps": 1.0}, [1.0641402370878674, -2.093362283147099, 3.121100900415461]),
    ("AdamW", {"lr": 0.1}, [1.167258694231071, -2.1622686857252975, 3.1572786764749106]),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5},
     [0.9824015582901873, -1.992289284115772, 2.9968995714450455]),
    ("RMSprop", {"lr": 0.1}, [0.5881794185799086, -1.5881794340068165, 2.5881794417202726]),
    ("RMSprop", {"lr": 0.1, "alpha": 0.5, "momentum": 0.9, "centered": True, "weight_decay": 0.1},
     [1.0965338329673437, -2.1278411583050154, 3.2051085720063472]),
    ("Adadelta", {"lr": 0.5, "weight_decay": 0.1}, [0.9965869184531332, -1.9965874286781926, 2.996848398455375]),
    ("Adamax", {"lr": 0.1, "betas": (0.5, 0.9)}, [1.0500445647935055, -2.0500445653043404, 3.0500445655597574]),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1}, [0.8895610940236445, -1.891313717334943, 2.9034582072365023]),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "momentum_decay": 0.1},
     [0.8872797479801576, -1.8382697972715838, 2.789259846867297]),
    ("RAdam", {"lr": 0.1, "betas": (0.9, 0.6), "weight_decay": 0.1},
     [1.050625661172965, -2.10125132234593, 3.2519609381986183]),
    ("RAdam", {"lr": 0.1}, [1.1031285647879014, -2.206257129575803, 3.4125142591516058]),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "t0": 2, "weight_decay": 0.1},
     [0.780948569198258, -1.561897138396516, 2.2185244652147906]),
    ("Rprop", {"lr": 0.1, "step_sizes": (0.06, 0.13)}, [1.088, -2.088, 3.088]),
    ("Adafactor", {"lr": 0.1, "weight_decay": 0.1}, [0.7019150354197727, -1.6529050853197724, 2.603895135219773]),
]  # fmt: skip
NAMES = sorted({name for name, _, _ in GOLDEN})


def parameter(dtype: Any = np.float64) -> nn.Parameter:
    return nn.Parameter(ag.tensor([1.0, -2.0, 3.0], dtype=dtype))


def gradient(step: int, dtype: Any = np.float64) -> Any:
    return ag.tensor([0.5, -1.0, 2.0], dtype=dtype) * (step - 1.5)


@pytest.mark.parametrize(("name", "options", "wanted"), GOLDEN)
def test_five_steps(name: str, options: dict[str, Any], wanted: list[float]) -> None:
    p = parameter()
    array, optimizer = p.array, getattr(optim, name)([p], **options)
    for step in range(5):
        p.grad = gradient(step)
        kept = p.grad.array.copy()
        optimizer.step()
        np.testing.assert_array_equal(p.grad.array, kept)
    assert p.array is array
    assert p._version == 5
    np.testing.assert_allclose(p.array, wanted, rtol=1e-13)


@pytest.mark.parametrize(("name", "options", "wanted"), GOLDEN)
def test_saving_in_between(name: str, options: dict[str, Any], wanted: list[float]) -> None:
    p = parameter()
    optimizer = getattr(optim, name)([p], **options)
    for step in range(5):
        p.grad = gradient(step)
        optimizer.step()
        if step == 2:  # a file would hold the same
            state = pickle.loads(pickle.dumps(optimizer.state_dict()))
            optimizer = getattr(optim, name)([p], lr=9.0)
            optimizer.load_state_dict(state)
    # (NAdam's product of momenta is kept in float32 until loading widens it to the parameter's dtype, as in PyTorch.)
    np.testing.assert_allclose(p.array, wanted, rtol=1e-9 if name == "NAdam" else 1e-13)
    assert pickle.loads(pickle.dumps(optimizer)).state_dict()["param_groups"] == optimizer.state_dict()["param_groups"]


def test_numbers_of_numpy_do_not_widen_a_parameter() -> None:
    for name in NAMES:
        p = parameter(np.float32)
        decay = {} if name == "Rprop" else {"weight_decay": np.float64(0.1)}
        optimizer = getattr(optim, name)([p], lr=np.float64(0.1), **decay)
        p.grad = gradient(0, np.float32)
        optimizer.step()
        assert p.array.dtype == np.float32


@pytest.mark.parametrize("name", NAMES)
def test_small_parameters_are_updated_together(name: str) -> None:
    """What all get at once is what each would get alone, also where some take a step that others do not."""
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape) for shape in ((3, 4), (5,), (), (2, 0), (4, 2), (50, 50))]

    def run(groups: Any) -> list[Any]:
        params = [nn.Parameter(ag.tensor(value.copy())) for value in values]
        params[4] = nn.Parameter(params[4].t().detach())
        optimizers = [getattr(optim, name)(group, lr=0.1) for group in groups(params)]
        noise = np.random.default_rng(1)
        for step in range(6):
            for i, p in enumerate(params):
                p.grad = ag.tensor(noise.standard_normal(tuple(p.shape))) if step != 2 or i % 2 else None
            for optimizer in optimizers:
                optimizer.step()
        states = [optimizer.state[p] for optimizer in optimizers for p in optimizer.param_groups[0]["params"]]
        return [*(p.array for p in params), *(value.array for state in states for value in state.values())]

    for joined, alone in zip(run(lambda p: [p]), run(lambda p: [[each] for each in p]), strict=True):
        np.testing.assert_array_equal(joined, alone)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_that_share_memory_are_updated_in_turn(name: str) -> None:
    memory = ag.tensor([1.0, -2.0, 3.0], dtype=np.float64)
    first, second = nn.Parameter(memory), nn.Parameter(memory[:2])
    alone = nn.Parameter(memory.clone())
    optimizer, twin = getattr(optim, name)([first, second], lr=0.1), getattr(optim, name)([alone], lr=0.1)
    first.grad, alone.grad, second.grad = gradient(0), gradient(0), gradient(0)[:2]
    optimizer.step()
    twin.step()
    assert first.array[2] == alone.array[2]
    assert (abs(first.array[:2] - [1, -2]) > 1.5 * abs(alone.array[:2] - [1, -2])).all()


def test_the_average_of_asgd() -> None:
    p = parameter()
    optimizer = optim.ASGD([p], lr=0.1, lambd=0.1, t0=2, weight_decay=0.1)
    for step in range(5):
        p.grad = gradient(step)
        optimizer.step()
    wanted = [0.8505720907187299, -1.7011441814374597, 2.488054174500584]
    np.testing.assert_allclose(optimizer.state[p]["ax"].array, wanted, rtol=1e-13)


def test_adafactor_keeps_a_row_and_a_column_of_a_matrix() -> None:
    p = nn.Parameter(ag.tensor([[1.0, -2, 3], [0, 1, -1]], dtype=np.float64))
    optimizer = optim.Adafactor([p], lr=0.1)
    for step in range(5):
        p.grad = ag.tensor([[0.5, -1, 2], [1, 3, -1]], dtype=np.float64) * (step - 1.5)
        optimizer.step()
    wanted = [[0.8491771620783073, -1.8933521485477718, 2.6983543241566146],
              [-0.2083916978833624, 0.7789672259255443, -0.8958041510583187]]  # fmt: skip
    np.testing.assert_allclose(p.array, wanted, rtol=1e-13)
    assert [tuple(optimizer.state[p][name].shape) for name in ("row_var", "col_var")] == [(2, 1), (1, 3)]
    empty = nn.Parameter(ag.zeros(0, 3))
    empty.grad = ag.zeros(0, 3)
    optim.Adafactor([empty]).step()


@pytest.mark.parametrize(
    ("options", "wanted", "calls", "iterations"),
    [
        ({"lr": 0.1}, [-1.392191007242856, 1.9541598327290257], 40, 40),
        ({"line_search_fn": "strong_wolfe", "history_size": 3}, [1.0000001155598148, 1.0000002614189591], 51, 35),
    ],
)
def test_lbfgs_in_rosenbrocks_valley(options: Any, wanted: list[float], calls: int, iterations: int) -> None:
    x, unused = nn.Parameter(ag.tensor([-1.0, 2.0], dtype=np.float64)), parameter()
    optimizer = optim.LBFGS([x, unused], **options)
    losses = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
        loss.backward()
        losses.append(loss.item())
        return loss

    with ag.no_grad():
        first, _ = (optimizer.step(closure).item() for _ in range(2))
    assert first == losses[0]
    np.testing.assert_allclose(x.array, wanted, rtol=1e-6)  # (rounding grows along the valley)
    assert len(losses) == optimizer.state[x]["func_evals"] == calls
    assert optimizer.state[x]["n_iter"] == iterations
    assert unused.tolist() == [1, -2, 3]


def test_lbfgs_stops_where_there_is_nothing_to_do() -> None:
    x = nn.Parameter(ag.zeros(2))
    optimizer = optim.LBFGS([x])

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert optimizer.state_dict()["state"] == {0: {"func_evals": 1, "n_iter": 0}}
    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optim.LBFGS([x], line_search_fn="armijo").step(closure)
    with pytest.raises(ValueError, match="parameter groups"):
        optim.LBFGS([{"params": [x]}, {"params": [parameter()]}])


def test_sparse_adam_says_what_to_use() -> None:
    with pytest.raises(NotImplementedError, match="use Adam"):
        optim.SparseAdam([parameter()])


def test_a_failed_load_changes_nothing() -> None:
    p = parameter()
    optimizer = optim.Adam([p], lr=0.1)
    p.grad = gradient(0)
    optimizer.step()
    before = deepcopy(optimizer.state_dict())
    for state, error in (
        ({"state": {}, "param_groups": []}, ValueError),
        ({"state": {}, "param_groups": [{"params": [0, 1]}]}, ValueError),
        ({"state": {}}, KeyError),
    ):
        with pytest.raises(error):
            optimizer.load_state_dict(state)
        after = optimizer.state_dict()
        assert after["param_groups"] == before["param_groups"]
        assert after["state"][0]["step"].item() == 1


def test_groups_have_options_of_their_own() -> None:
    first, second = parameter(), parameter()
    optimizer = optim.SGD([{"params": [first]}, {"params": second, "lr": 1.0}], lr=0.1)
    first.grad = second.grad = ag.ones(3, dtype=np.float64)
    optimizer.step()
    np.testing.assert_allclose(first.array, [0.9, -2.1, 2.9])
    np.testing.assert_allclose(second.array, [0.0, -3.0, 2.0])


def test_what_cannot_be_optimised() -> None:
    p = parameter()
    for params, error, message in (
        ([], ValueError, "empty parameter list"),
        (p, TypeError, "iterable of Tensors"),
        ([3], TypeError, "can only optimize Tensors"),
        ([p * 2], ValueError, "can't optimize a non-leaf Tensor"),
        ([{"params": [p]}, {"params": [p]}], ValueError, "more than one parameter group"),
        ([{"params": {p}}], TypeError, "ordered collections"),
    ):
        with pytest.raises(error, match=message):
            optim.SGD(params, lr=0.1)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(NotImplementedError, match="differentiable"):
        optim.SGD([p], lr=0.1, differentiable=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'capturable'"):
        optim.SGD([p], lr=0.1, capturable=True)  # type: ignore[call-arg]  # on purpose
    optim.Adam([p], foreach=True, capturable=True, fused=False)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([p, p], lr=0.1)


def test_a_step_after_the_forward_pass_is_noticed() -> None:
    layers = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    optimizer = optim.SGD(layers.parameters(), lr=0.1)
    loss = layers(ag.ones(1, 2)).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_closures_and_hooks() -> None:
    p = parameter()
    optimizer = optim.SGD([p], lr=0.1)
    seen: list[str] = []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append("before"))
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("after"))

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert optimizer.step(closure).item() == 14
    before.remove()
    assert optimizer.step(closure).item() == pytest.approx(14 * 0.64)
    assert seen == ["before", "after", "after"]


def test_hooks_on_everything() -> None:
    p = parameter()
    p.grad = gradient(0)
    seen: list[str] = []
    optimizer = optim.SGD([p], lr=0.1)

    def note(text: str) -> Any:
        return lambda *_: seen.append(text)

    everywhere = [
        optim.optimizer.register_optimizer_step_pre_hook(note("first")),
        optim.optimizer.register_optimizer_step_post_hook(note("last")),
    ]
    optimizer.register_step_pre_hook(note("before"))
    optimizer.register_step_post_hook(note("after"))
    optimizer.step()
    assert seen == ["first", "before", "after", "last"]
    for handle in everywhere:
        handle.remove()
    optimizer.step()
    assert seen[4:] == ["before", "after"]

    seen.clear()
    for hook in ("state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post"):
        getattr(optimizer, f"register_{hook}_hook")(note(hook))
        getattr(optimizer, f"register_{hook}_hook")(note("earlier"), prepend=True)
    optimizer.load_state_dict(optimizer.state_dict())
    assert seen[1::2] == ["state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post"]
    assert seen[::2] == ["earlier"] * 4
    optimizer.register_state_dict_post_hook(lambda optimizer, state: {"whole": state})
    optimizer.register_load_state_dict_pre_hook(lambda optimizer, state: state["whole"])
    assert optimizer.state_dict().keys() == {"whole"}
    optimizer.load_state_dict(optimizer.state_dict())
    optimizer.register_step_pre_hook(lambda *_: 3)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        optimizer.step()


def test_an_optimiser_of_ones_own() -> None:
    class Sign(optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        @ag.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.state[p]["count"] = self.state[p].get("count", 0) + 1
                        p -= group["lr"] * p.grad.sign()

    p, unused = parameter(), parameter()
    optimizer = Sign([p, unused], lr=0.5)
    seen: list[int] = []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    p.grad = gradient(0)
    optimizer.step()
    np.testing.assert_allclose(p.array, [1.5, -2.5, 3.5])
    assert optimizer.state_dict()["state"] == {0: {"count": 1}}
    assert seen == [1]
    with pytest.raises(NotImplementedError, match="_update"):
        optim.Optimizer([p], {}).step()


def test_printing() -> None:
    assert repr(optim.Adagrad([parameter()], lr=0.5)) == (
        "Adagrad (\nParameter Group 0\n    differentiable: False\n    eps: 1e-10\n    foreach: None\n    fused: None\n"
        "    initial_accumulator_value: 0\n    lr: 0.5\n    lr_decay: 0\n    maximize: False\n    weight_decay: 0\n)"
    )


# ---------------------------------------------------------------- schedules

SCHEDULES: list[tuple[str, tuple[Any, ...], list[float]]] = [
    ("StepLR", (2, 0.5), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]),
    ("ExponentialLR", (0.5,), [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125]),
    ("CosineAnnealingLR", (4,), [1.0, 0.8535533905932737, 0.5, 0.14644660940672627, 0.0, 0.1464466094067262]),
    ("CosineAnnealingLR", (3, 0.1), [1.0, 0.775, 0.3250000000000001, 0.1, 0.32499999999999996, 0.7750000000000005]),
    ("LambdaLR", (lambda epoch: 1 / (1 + epoch),), [1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]),
    ("MultiplicativeLR", (lambda epoch: 1 / epoch,), [1.0, 1.0, 1 / 2, 1 / 6, 1 / 24, 1 / 24 * (1 / 5)]),
    ("MultiStepLR", ([1, 3, 3], 0.5), [1.0, 0.5, 0.5, 0.125, 0.125, 0.125]),
    ("ConstantLR", (0.5, 3), [0.5, 0.5, 0.5, 1.0, 1.0, 1.0]),
    ("LinearLR", (0.5, 1.0, 4), [0.5, 0.625, 0.75, 0.875, 1.0, 1.0]),
    ("PolynomialLR", (4, 1.0), [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]),
    ("CosineAnnealingWarmRestarts", (2, 2), [1.0, 0.5, 1.0, 0.8535533905932737, 0.5, 0.14644660940672627]),
    ("CyclicLR", (1.0, 3.0, 2, 1), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]),
    ("CyclicLR", (1.0, 3.0, 1, 1, "triangular2"), [1.0, 3.0, 1.0, 2.0, 1.0, 1.5]),
    ("CyclicLR", (1.0, 3.0, 1, 1, "exp_range", 0.5), [1.0, 2.0, 1.0, 1.25, 1.0, 1.0625]),
    ("OneCycleLR", (10.0, 6, None, None, 0.5, "linear"), [0.4, 5.2, 10.0, 6.66668, 3.33336, 0.00004]),
]


@pytest.mark.parametrize(("name", "arguments", "wanted"), SCHEDULES)
def test_schedules(name: str, arguments: tuple[Any, ...], wanted: list[float]) -> None:
    optimizer = optim.SGD([parameter()], lr=1.0, momentum=0.5)
    scheduler = getattr(optim.lr_scheduler, name)(optimizer, *arguments)
    rates = []
    for _ in wanted:
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    state = scheduler.state_dict()
    assert "optimizer" not in state
    again = getattr(optim.lr_scheduler, name)(optim.SGD([parameter()], lr=1.0, momentum=0.5), *arguments)
    again.load_state_dict(state)
    assert again.get_last_lr() == scheduler.get_last_lr()


def test_momentum_goes_against_the_rate() -> None:
    for make, wanted in (
        (lambda o: optim.lr_scheduler.CyclicLR(o, 0.1, 1.0, 2), [0.9, 0.85, 0.8, 0.85]),
        (
            lambda o: optim.lr_scheduler.OneCycleLR(o, 1.0, 6, pct_start=0.5, anneal_strategy="linear"),
            [0.95, 0.9, 0.85],
        ),
    ):
        for optimizer in (optim.SGD([parameter()], momentum=0.3), optim.Adam([parameter()])):
            scheduler = make(optimizer)
            seen = []
            for _ in wanted:
                group = optimizer.param_groups[0]
                seen.append(group["momentum"] if "momentum" in group else group["betas"][0])
                optimizer.step()
                scheduler.step()
            assert seen == pytest.approx(wanted)
    assert optimizer.param_groups[0]["betas"][1] == 0.999


def test_many_cycles() -> None:
    optimizer = optim.SGD([parameter()], momentum=0.5)
    scheduler = optim.lr_scheduler.CyclicLR(optimizer, 1.0, 3.0, 1, 1, gamma=1e9)
    optimizer.step()
    for _ in range(2101):
        scheduler.step()
    assert scheduler.get_last_lr() == [3.0]


def test_plateaus() -> None:
    optimizer = optim.SGD([parameter()], lr=1.0)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=1, min_lr=0.25)
    rates = []
    for loss in (9, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 7):
        scheduler.step(ag.tensor(float(loss)))
        rates.append(*scheduler.get_last_lr())
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]
    assert scheduler.best == 7


def test_schedules_of_schedules() -> None:
    schedules = optim.lr_scheduler
    optimizer = optim.SGD([parameter()], lr=1.0)
    parts = [schedules.ConstantLR(optimizer, 0.5, 2), schedules.ExponentialLR(optimizer, 0.5)]
    sequence = schedules.SequentialLR(optimizer, parts, [3])
    rates = []
    for step in range(6):
        rates.append(*sequence.get_last_lr())
        optimizer.step()
        sequence.step()
        if step == 3:
            state = sequence.state_dict()
    assert rates == [0.5, 0.5, 1.0, 1.0, 0.5, 0.25]
    sequence.load_state_dict(state)
    assert sequence.last_epoch == 4
    assert parts[1].last_epoch == 1
    optimizer = optim.SGD([parameter()], lr=1.0)
    chain = schedules.ChainedScheduler(
        [schedules.ConstantLR(optimizer, 0.5, 2), schedules.ExponentialLR(optimizer, 0.5)]
    )
    rates = []
    for _ in range(4):
        rates.append(*chain.get_last_lr())
        optimizer.step()
        chain.step()
    assert rates == [0.5, 0.25, 0.25, 0.125]


def test_averages_of_models() -> None:
    swa = optim.swa_utils
    model = nn.Linear(1, 1, bias=False, dtype=np.float64)
    model.register_buffer("seen", ag.tensor(0))
    averages = {
        "equal": swa.AveragedModel(model),
        "all": swa.AveragedModel(model, multi_avg_fn=swa.get_swa_multi_avg_fn(), use_buffers=True),
        "fading": swa.AveragedModel(model, multi_avg_fn=swa.get_ema_multi_avg_fn(0.5)),
        "one": swa.AveragedModel(model, avg_fn=swa.get_ema_avg_fn(0.5)),
    }
    for value in (1, 2, 5, 8):
        nn.init.constant_(model.weight, value)
        model.seen.fill_(value)
        for average in averages.values():
            average.update_parameters(model)
    assert {key: average(ag.ones(1, 1, dtype=np.float64)).item() for key, average in averages.items()} == {
        "equal": 4, "all": pytest.approx(4, rel=1e-7), "fading": 5.625, "one": 5.625,
    }  # fmt: skip
    assert averages["equal"].module.seen.item() == 8
    assert averages["all"].module.seen.item() == 3  # whole numbers are rounded towards 0
    assert averages["one"].n_averaged.item() == 4
    assert model.weight.item() == 8
    with pytest.raises(ValueError, match="decay"):
        swa.get_ema_avg_fn(1.5)
    with pytest.raises(AssertionError, match="Only one of"):
        swa.AveragedModel(model, avg_fn=swa.get_swa_avg_fn(), multi_avg_fn=swa.get_swa_multi_avg_fn())


def test_annealing_to_the_rate_of_averaging() -> None:
    optimizer = optim.SGD([parameter()], lr=1.0)
    scheduler = optim.swa_utils.SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
    rates = []
    for _ in range(4):
        rates.append(*scheduler.get_last_lr())
        optimizer.step()
        scheduler.step()
    assert rates == [1.0, 0.75, 0.5, 0.5]


def test_the_rate_may_be_a_tensor() -> None:
    p = parameter()
    optimizer = optim.SGD([p], lr=ag.tensor(1.0))
    rate = optimizer.param_groups[0]["lr"]
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    p.grad = ag.ones(3, dtype=np.float64)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.5
    np.testing.assert_allclose(p.array, [0, -3, 2])


def test_a_function_with_a_state_is_saved() -> None:
    class Warmup:
        def __init__(self, length: int) -> None:
            self.length = length

        def __call__(self, epoch: int) -> float:
            return min(1.0, (epoch + 1) / self.length)

    schedulers = [optim.lr_scheduler.LambdaLR(optim.SGD([parameter()], lr=1.0), Warmup(length)) for length in (4, 10)]
    schedulers[1].load_state_dict(schedulers[0].state_dict())
    assert schedulers[1].lr_lambdas[0].length == 4


def test_first_steps_by_hand() -> None:
    def steps(kind: Any, gradients: list[float], **options: Any) -> list[float]:
        p = nn.Parameter(ag.tensor([0.0], dtype=ag.float64))
        optimizer, found = kind([p], **options), []
        for g in gradients:
            p.grad = ag.tensor([g], dtype=ag.float64)
            optimizer.step()
            found.append(p.item())
        return found

    # momentum starts as the gradient, not dampened
    assert steps(nn.optim.SGD, [1.0, 1.0], lr=1.0, momentum=0.5, dampening=0.75) == [-1, -1.75]
    # epsilon stands outside the root
    assert steps(nn.optim.Adam, [1e-8], lr=1.0) == pytest.approx([-0.5], rel=1e-12)
    assert steps(nn.optim.RMSprop, [1e-8], lr=1.0, alpha=0.0) == pytest.approx([-0.5], rel=1e-12)
    p = nn.Parameter(ag.tensor([3.0, 4.0], dtype=ag.float64))
    unused = nn.Parameter(ag.tensor([1.0]))
    p.grad = p.detach().clone()
    optimizer = nn.optim.SGD([p, unused], lr=1.0, weight_decay=1.0)
    optimizer.step()
    assert unused.item() == 1  # no gradient, no step
    optimizer.zero_grad()
    assert p.grad is None


# ---------------------------------------------------------------- clipping


@pytest.mark.parametrize("order", [2.0, 1.0, float("inf"), 3.0, 0.5])
def test_clipping_by_norm(order: float) -> None:
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape) for shape in ((3, 4), (), (5,))]
    parameters = [nn.Parameter(ag.tensor(value)) for value in values]
    for p, value in zip(parameters, values, strict=True):
        p.grad = ag.tensor(value * 3)
    whole = np.concatenate([np.ravel(value * 3) for value in values])
    norm = np.linalg.norm(whole, order)
    assert nn.utils.clip_grad_norm_(parameters, 1.0, order).item() == pytest.approx(norm)
    for p, value in zip(parameters, values, strict=True):
        np.testing.assert_allclose(p.grad.array, value * 3 / (norm + 1e-6), rtol=1e-12)
    before = [p.grad.array.copy() for p in parameters]
    nn.utils.clip_grad_norm_(iter(parameters), 1e6, order)
    for p, value in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(p.grad.array, value)


def test_clipping_where_there_is_nothing_or_no_number() -> None:
    p = parameter()
    assert nn.utils.clip_grad_norm_(p, 1.0).item() == 0
    with pytest.warns(UserWarning, match="empty generator"):
        nn.utils.clip_grad_norm_(iter([]), 1.0)
    p.grad = ag.tensor([np.inf, 1.0, 2.0], dtype=np.float64)
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [np.inf, 1, 2]
    with np.errstate(invalid="ignore"):
        nn.utils.clip_grad_norm_([p], 1.0)
    np.testing.assert_array_equal(p.grad.array, [np.nan, 0, 0])


def test_clipping_by_value() -> None:
    p = parameter()
    p.grad = ag.tensor([-5.0, 0.5, 3.0], dtype=np.float64)
    nn.utils.clip_grad_value_(p, 1.0)
    assert p.grad.tolist() == [-1, 0.5, 1]


def test_parameters_as_a_vector() -> None:
    layer = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (9,)
    vector.sum().backward()
    assert layer.bias.grad.tolist() == [1, 1, 1]
    nn.utils.vector_to_parameters(ag.arange(9.0), layer.parameters())
    assert layer.bias.tolist() == [6, 7, 8]
    assert layer.bias.is_leaf
    with pytest.raises(TypeError):
        nn.utils.vector_to_parameters([1.0], layer.parameters())  # type: ignore[arg-type]  # on purpose
