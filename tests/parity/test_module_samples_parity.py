"""PyTorch's own samples of its modules, asked of both libraries: initial values, results, gradients, states after a step.

See `test_samples_parity`: PyTorch tests itself with them. With the environment variable ALL_SAMPLES, in single precision too.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

import autograd_core as ag
import nn
from tests.op_calls import at
from tests.parity.sides import flat, outcome
from tests.parity.test_samples_parity import ALL, Counterparts, NotHere, quiet, same

common_modules = pytest.importorskip("torch.testing._internal.common_modules", exc_type=ImportError)

# Not asked: LinearCrossEntropyLoss, whose samples all have `options`, which an error here says are not supported.
MODULES = {
    info.module_cls.__name__: info
    for info in common_modules.module_db
    if hasattr(nn, info.module_cls.__name__) and info.module_cls.__name__ != "LinearCrossEntropyLoss"
}


@pytest.mark.parametrize("dtype", ["float64", "float32"] if ALL else ["float64"])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", MODULES)
def test_module_samples(name: str, training: bool, dtype: str) -> None:
    info = MODULES[name]
    known = getattr(torch, dtype)
    with quiet():
        for sample in info.module_inputs_func(info, "cpu", known, True, training=training):
            with at(f"{sample.constructor_input.args} {sample.constructor_input.kwargs}"):
                compare(name, info.module_cls, sample, training, dtype)


def compare(name: str, theirs: Any, sample: Any, training: bool, dtype: str) -> None:
    made = Counterparts()
    making, forward = sample.constructor_input, sample.forward_input
    asked = [(making.args, making.kwargs), (forward.args, forward.kwargs) if forward else ((), {})]
    try:
        calls = [asked, [(made(tuple(args)), made(options)) for args, options in asked]]
    except NotHere:
        return

    def trained(library: Any, module: Any, call: Any) -> tuple[Any, list[Any]]:
        library.manual_seed(0)
        (args, options), (inputs, named) = call
        layer = module(*args, **options).to(getattr(library, dtype)).train(training)
        before = [tensor.detach().clone() for tensor in layer.state_dict().values() if hasattr(tensor, "detach")]
        if forward is None:
            return layer, before
        results = [each for each in flat(layer(*inputs, **named)) if hasattr(each, "requires_grad")]
        total = sum((each * each).sum() for each in results if each.requires_grad)
        if hasattr(total, "backward"):
            total.backward()
        return layer, [*before, *results, *layer.buffers()]

    results = (
        outcome(lambda: trained(torch, theirs, calls[0])),
        outcome(lambda: trained(ag, getattr(nn, name), calls[1])),
    )
    if isinstance(results[0], Exception):
        assert isinstance(results[1], type(results[0])), results[1]
        return
    if isinstance(results[1], Exception):
        raise results[1]
    (expected, wanted), (found, got) = results
    assert list(found.state_dict()) == list(expected.state_dict())
    for mine, each in zip(got, wanted, strict=True):
        same(mine, each, dtype)
    gradients = [
        (mine.grad, each.grad)
        for mine, each in (
            *zip(found.parameters(), expected.parameters(), strict=True),
            *((ours, leaf) for leaf, ours in made.leaves()),
        )
    ]
    for mine, each in gradients:
        assert (mine is None) == (each is None)
        if each is not None:
            same(mine, each, dtype, 50)
