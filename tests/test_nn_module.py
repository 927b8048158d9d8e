"""Modules: registration, walking, state, copies, hooks, what a recording sees, what a training step leaves behind."""

from __future__ import annotations

import gc
import pickle
from collections import OrderedDict
from copy import copy, deepcopy
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.calls import Call


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(3, 4)
        self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Dropout(0.5)])
        self.register_buffer("mean", ag.zeros(2))
        self.register_buffer("scratch", ag.ones(2), persistent=False)
        self.scale = nn.Parameter(ag.ones(()))

    def forward(self, x: Any) -> Any:
        return self.blocks[1](self.blocks[0](self.hidden(x))) * self.scale


NAMES = ["scale", "hidden.weight", "hidden.bias", "blocks.0.weight", "blocks.0.bias"]


def test_names() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.scale"]
    assert [name for name, _ in net.named_buffers()] == ["mean", "scratch"]
    assert [name for name, _ in net.named_modules()] == ["", "hidden", "blocks", "blocks.0", "blocks.1"]
    assert list(net.state_dict()) == ["scale", "mean", *NAMES[1:]]
    assert net.get_parameter("blocks.0.bias") is net.blocks[0].bias
    assert net.get_submodule("blocks.1") is net.blocks[1]
    assert net.get_buffer("mean") is net.mean
    assert "0" not in dir(net.blocks)


def test_a_shared_parameter_is_listed_once() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert len(list(net.parameters())) == 3
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    assert len(net.state_dict()) == 4


def test_attributes_change_their_role() -> None:
    module: Any = nn.Module()
    module.x = 3
    module.x = nn.Parameter(ag.ones(1))
    assert (list(module._parameters), list(module._modules)) == (["x"], [])
    with pytest.raises(TypeError, match="as parameter 'x'"):
        module.x = nn.ReLU()
    module.register_buffer("b", ag.ones(1))
    module.b = nn.ReLU()
    assert (list(module._buffers), list(module._modules)) == ([], ["b"])
    module.b = nn.Parameter(ag.ones(1))
    assert (list(module._parameters), list(module._modules)) == (["x", "b"], [])
    module.b = None
    assert module.b is None
    assert [name for name, _ in module.named_parameters()] == ["x"]
    del module.b
    assert not hasattr(module, "b")
    assert list(module._parameters) == ["x"]


def test_a_failed_registration_changes_nothing() -> None:
    module: Any = nn.Module()
    module.x = "old"
    with pytest.raises(KeyError):
        module.register_buffer("x", ag.ones(1))
    with pytest.raises(TypeError):
        module.register_parameter("y", ag.ones(1))
    assert module.x == "old"
    assert not hasattr(module, "y")
    assert not module._roles


def test_the_dictionaries_of_pytorch_are_live_views() -> None:
    net = Net()
    net._modules["hidden"] = nn.Identity()
    assert isinstance(net.hidden, nn.Identity)
    del net._buffers["mean"]
    assert not hasattr(net, "mean")
    with pytest.raises(KeyError):
        net._parameters["mean"]
    net._parameters["new"] = nn.Parameter(ag.ones(2))
    assert "new" in net._parameters
    assert net.new.requires_grad
    assert len(net._modules) == 2
    assert repr(nn.Module()._parameters) == "{}"


def test_modes_and_gradients_of_all_parameters() -> None:
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())
    net(ag.ones(2, 3)).sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    net.zero_grad(set_to_none=False)
    assert all(parameter.grad is not None and not parameter.grad.any() for parameter in net.parameters())
    net.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())
    net.requires_grad_(False)
    assert not net(ag.ones(2, 3)).requires_grad


def test_conversion() -> None:
    net = Net()
    weight = net.hidden.weight
    net(ag.ones(2, 3)).sum().backward()
    assert net.double() is net
    assert weight is net.hidden.weight
    assert weight.dtype == weight.grad.dtype == net.mean.dtype == np.float64
    net(ag.ones(2, 3, dtype=np.float64)).sum().backward()
    assert net.half().mean.dtype == np.float16
    assert net.to(ag.float32).float().cpu().mean.dtype == np.float32
    assert net.to("cpu", np.float64).type(np.float32).mean.dtype == np.float32
    assert net.to(ag.ones(1, dtype=np.float64)).mean.dtype == np.float64
    net.register_buffer("count", ag.tensor(3))
    assert net.to(np.float32).count.dtype == np.int64
    with pytest.raises(TypeError, match="floating point"):
        net.to(np.int64)
    with pytest.raises(RuntimeError, match="not available"):
        net.cuda()


# ---------------------------------------------------------------- state


def values(module: Any) -> list[Any]:
    return [np.array(value.array) for value in module.state_dict().values()]


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("mean"), 'Missing key\\(s\\) in state_dict: "mean"'),
        (lambda state: state.update(extra=ag.ones(1)), 'Unexpected key\\(s\\) in state_dict: "extra"'),
        (lambda state: state.update({"blocks.1.x": ag.ones(1)}), '"blocks.1.x"'),
        (lambda state: state.update({"blocks.0.bias": ag.ones(5)}), "size mismatch for blocks.0.bias"),
        (lambda state: state.update({"blocks.0.bias": [1.0]}), "received <class 'list'>"),
        (lambda state: state.update({"scratch": ag.ones(2)}), '"scratch"'),
    ],
)
def test_a_failed_load_changes_nothing(change: Any, message: str, assign: bool) -> None:
    net, state = Net(), Net().state_dict()
    change(state)
    before, identities = values(net), [id(parameter) for parameter in net.parameters()]
    with pytest.raises(RuntimeError, match="Error\\(s\\) in loading state_dict for Net") as caught:
        net.load_state_dict(state, assign=assign)
    caught.match(message)
    for old, new in zip(before, values(net), strict=True):
        np.testing.assert_array_equal(old, new)
    assert identities == [id(parameter) for parameter in net.parameters()]


def test_loading_into_read_only_memory_changes_nothing() -> None:
    net, state = Net(), Net().state_dict()
    before = values(net)
    net.blocks[0].bias.array.flags.writeable = False
    with pytest.raises(RuntimeError, match="read-only"):
        net.load_state_dict(state)
    for old, new in zip(before, values(net), strict=True):
        np.testing.assert_array_equal(old, new)
    net.load_state_dict(state, assign=True)


def test_loading() -> None:
    net, other = Net(), Net().double()
    parameters = list(net.parameters())
    versions = [parameter._version for parameter in parameters]
    assert str(net.load_state_dict(other.state_dict())) == "<All keys matched successfully>"
    assert all(old is new for old, new in zip(parameters, net.parameters(), strict=True))
    assert all(parameter._version > version for parameter, version in zip(parameters, versions, strict=True))
    assert net.scale.dtype == np.float32
    for mine, wanted in zip(values(net), values(other), strict=True):
        np.testing.assert_array_equal(mine, wanted.astype(np.float32))
    keys = net.load_state_dict({"scale": ag.tensor([5.0]), "x": ag.ones(1)}, strict=False)
    assert keys.missing_keys == ["mean", *NAMES[1:]]
    assert keys.unexpected_keys == ["x"]
    assert repr(keys).startswith("_IncompatibleKeys(missing_keys=['mean'")
    assert net.scale.item() == 5


def test_assigning() -> None:
    net, state = Net(), Net().double().state_dict()
    net.scale.requires_grad = False
    net.load_state_dict(state, assign=True)
    assert net.hidden.weight.dtype == np.float64
    assert net.hidden.weight.array is state["hidden.weight"].array
    assert isinstance(net.scale, nn.Parameter)
    assert not net.scale.requires_grad
    assert net.mean is state["mean"]


def test_backward_after_loading_notices_the_change() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    loss = net(ag.ones(1, 2)).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_hooks_may_repair_a_state_dict() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    def rename(module: Any, state: Any, prefix: str, *_: Any) -> None:
        state[prefix + "weight"] = state.pop(prefix + "w")

    net[0].register_load_state_dict_pre_hook(rename)
    net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.remove("0.bias"))
    assert str(net.load_state_dict({"0.w": ag.ones(2, 2)})) == "<All keys matched successfully>"
    assert net[0].weight.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("state", [{"0.weight": ag.zeros(2, 2)}, {"0.weight": ag.zeros(2, 2), "0.bias": ag.ones(2)}])
def test_a_load_that_fails_after_its_hooks_changes_nothing(state: Any, assign: bool) -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    weight, before = net[0].weight, values(net)

    def look(module: Any, keys: Any) -> None:
        assert not module[0].weight.any()  # it is loaded
        if not keys.missing_keys:
            raise ValueError("no")

    net.register_load_state_dict_post_hook(look)
    with pytest.raises((RuntimeError, ValueError), match=r"0\.bias|no"):
        net.load_state_dict(state, assign=assign)
    assert net[0].weight is weight
    for old, new in zip(before, values(net), strict=True):
        np.testing.assert_array_equal(old, new)


def test_what_cannot_be_shared() -> None:
    with pytest.raises(NotImplementedError, match="share_memory"):
        nn.Linear(1, 1).share_memory()


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.weight = nn.Parameter(ag.ones(1))

    def get_extra_state(self) -> Any:
        return self.count

    def set_extra_state(self, state: Any) -> None:
        if state < 0:
            raise ValueError("negative")
        self.count = state


def test_extra_state() -> None:
    counter, other = nn.Sequential(Counter()), nn.Sequential(Counter())
    counter[0].count = 3
    state = counter.state_dict()
    assert list(state) == ["0.weight", "0._extra_state"]
    other.load_state_dict(state)
    assert other[0].count == 3
    with pytest.raises(RuntimeError, match="_extra_state"):
        other.load_state_dict({"0.weight": ag.zeros(1)})
    with pytest.raises(ValueError, match="negative"):
        other.load_state_dict({"0.weight": ag.zeros(1), "0._extra_state": -1})
    assert other[0].weight.item() == 1


# ---------------------------------------------------------------- copies


def test_copies() -> None:
    net = Net()
    net.register_forward_hook(lambda module, args, out: out * 2)
    net(ag.ones(1, 3)).sum().backward()
    for twin in (deepcopy(net), copy(net)):
        assert [name for name, _ in twin.named_parameters()] == NAMES
        assert repr(twin) == repr(net)
        np.testing.assert_array_equal(twin.eval()(ag.ones(1, 3)).array, net.eval()(ag.ones(1, 3)).array)
    twin = deepcopy(net)
    twin.hidden.weight.array[...] = 0
    assert net.hidden.weight.any()
    assert not np.shares_memory(twin.mean.array, net.mean.array)


def test_pickling() -> None:
    model: Any = nn.Sequential(OrderedDict(a=nn.Linear(2, 3), b=nn.BCEWithLogitsLoss(ag.ones(2))))
    model.a.weight.requires_grad = False
    twin = pickle.loads(pickle.dumps(model))
    assert repr(twin) == repr(model)
    assert not twin.a.weight.requires_grad
    assert twin.a.bias.requires_grad
    assert isinstance(twin.a.bias, nn.Parameter)
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(twin.state_dict()[key].array, value.array)
    twin.a.weight = None
    with pytest.raises(TypeError):
        twin.a.weight = 3
    twin.a.weight = nn.Parameter(ag.ones(3, 2))
    assert twin.a(ag.ones(1, 2)).shape == (1, 3)


def test_parameters() -> None:
    data = ag.ones(2)
    parameter = nn.Parameter(data)
    assert parameter.is_leaf
    assert parameter.requires_grad
    assert parameter.array is data.array
    data.fill_(3)
    assert parameter._version == 1
    assert nn.Parameter().shape == (0,)
    with ag.no_grad():
        assert nn.Parameter(data).requires_grad
    assert nn.Parameter(parameter * 2).is_leaf
    with pytest.raises(RuntimeError, match="floating"):
        nn.Parameter(ag.tensor(1))
    assert not nn.Parameter(ag.tensor(1), requires_grad=False).requires_grad
    with pytest.raises(TypeError, match="must be a Tensor"):
        nn.Parameter([1.0])  # type: ignore[arg-type]  # on purpose
    assert isinstance(deepcopy(parameter), nn.Parameter)
    assert not isinstance(parameter + 1, nn.Parameter)


# ---------------------------------------------------------------- calls


def test_calls_with_any_arguments() -> None:
    class Echo(nn.Module):
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            return args, kwargs

    echo = Echo()
    hooked = Echo()
    hooked.register_forward_hook(lambda *args: None)
    for module in (echo, hooked):
        assert module() == ((), {})
        assert module(1) == ((1,), {})
        assert module(None) == ((None,), {})
        assert module(1, 2) == ((1, 2), {})
        assert module(1, a=2) == ((1,), {"a": 2})
        assert module(input=1, self_=2) == ((), {"input": 1, "self_": 2})


def test_hooks() -> None:
    layer = nn.Linear(2, 2)
    seen: list[Any] = []
    handles = [
        layer.register_forward_pre_hook(lambda module, args: (args[0] * 0,)),
        layer.register_forward_pre_hook(lambda module, args: args[0] + 1),
        layer.register_forward_hook(lambda module, args, out: seen.append(args[0].tolist())),
        layer.register_forward_hook(lambda module, args, out: out * 2),
        layer.register_forward_pre_hook(lambda module, args, kwargs: (args, {}), with_kwargs=True),
    ]
    out = layer(ag.ones(1, 2) * 7, input=3)
    np.testing.assert_allclose(out.array, 2 * layer.forward(ag.ones(1, 2)).array)
    assert seen == [[[1, 1]]]
    for handle in handles:
        handle.remove()
    np.testing.assert_array_equal(layer(ag.ones(1, 2)).array, layer.forward(ag.ones(1, 2)).array)
    layer.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple"):
        layer(ag.ones(1, 2))


def test_hooks_that_are_always_called() -> None:
    layer = nn.Linear(2, 2)
    seen: list[Any] = []
    layer.register_forward_hook(lambda module, args, out: seen.append(out), always_call=True)
    with pytest.raises(RuntimeError, match="linear"):
        layer(ag.ones(1, 3))
    assert seen == [None]

    def broken(module: Any, args: Any, out: Any) -> None:
        raise ValueError("hook")

    layer.register_forward_hook(broken, always_call=True)
    with pytest.raises(RuntimeError, match="linear"), pytest.warns(UserWarning, match="silenced"):
        layer(ag.ones(1, 3))


def test_a_recording_knows_the_modules() -> None:
    net = Net()
    with ag.record():
        out = net(ag.ones(1, 3))
        assert ag.module_path.get() == ()
    paths = []
    node = out.grad_fn
    while node is not None and node.record is not None:
        paths.append(node.record.module)
        node = next((parent for parent, _ in node.next_functions if parent and parent.record), None)
    assert paths[0] == ("Net",)
    assert ("Net", "blocks.0") in paths
    assert ("Net", "hidden") in paths
    call = paths[-1][-1]
    assert isinstance(call, Call)
    assert call.module is net.hidden


def test_each_call_is_recorded_as_one_of_its_own() -> None:
    layer = nn.Linear(2, 2)
    with ag.record():
        first = layer(ag.ones(1, 2))
        second = layer(first)
    calls = [out.grad_fn.record.module[-1] for out in (first, second)]
    assert calls[0] == calls[1] == "Linear"
    assert calls[0] is not calls[1]


def test_the_path_is_restored_after_an_error() -> None:
    with ag.record():
        with pytest.raises(RuntimeError):
            nn.Sequential(nn.Linear(2, 2))(ag.ones(1, 3))
        assert ag.module_path.get() == ()


def test_a_thousand_training_steps_leave_nothing_behind() -> None:
    net = Net()
    optimizer = nn.optim.Adam(net.parameters())
    loader = nn.data.DataLoader(nn.data.TensorDataset(ag.ones(8, 3), ag.ones(8, 4)), batch_size=4, shuffle=True)

    def epoch() -> None:
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(net(x), y).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()

    for _ in range(10):
        epoch()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(500):
            epoch()
        assert len(gc.get_objects()) - before < 20
    finally:
        gc.enable()
