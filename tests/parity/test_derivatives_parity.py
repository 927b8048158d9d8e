"""Derivatives for users (functional, func, checkpoints, hooks on saved tensors, anomaly mode, Function) and PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.parity.derivative_programs import PROGRAMS

torch = pytest.importorskip("torch")
pytest.importorskip("torch.utils.checkpoint")
pytestmark = pytest.mark.filterwarnings("ignore")


def same(ours: Any, theirs: Any, path: str = "") -> None:
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, ag.Tensor), path
        assert tuple(ours.shape) == tuple(theirs.shape), path
        assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch."), path
        tolerance = {"rtol": 1e-6, "atol": 1e-6} if theirs.dtype == torch.float32 else {"rtol": 1e-7, "atol": 1e-12}
        np.testing.assert_allclose(ours.detach().array, theirs.detach().numpy(), **tolerance, err_msg=path)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs), path
        for key in theirs:
            same(ours[key], theirs[key], f"{path}[{key!r}]")
    elif isinstance(theirs, tuple | list):
        assert isinstance(ours, tuple | list), path
        assert len(ours) == len(theirs), f"{path}: {ours} and {theirs}"
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            same(a, b, f"{path}[{i}]")
    else:
        assert ours == theirs, f"{path}: {ours!r} and {theirs!r}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    same(PROGRAMS[name](ag), PROGRAMS[name](torch))
