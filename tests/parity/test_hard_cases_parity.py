"""The hard cases in PyTorch: the same tests, with PyTorch in place of `autograd_core`.

So the numbers by hand are PyTorch's, but for those in `OURS`. Messages are not compared.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests import test_hard_cases as cases

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0")

OURS = {
    "test_negative_steps",  # PyTorch has none
    "test_the_curvature_of_sinc_at_0",  # PyTorch's is NaN
    "test_the_curvature_of_running_sums_of_exponentials_that_are_not_used",  # NaN, which it drops on the way
    "test_special_functions_do_not_warn",  # about NumPy's warnings
    "test_what_does_not_take_part_shares_no_gradient",
    "test_activations_do_not_warn",  # written with our functions, and about NumPy's warnings
    "test_promotion_table",  # written with NumPy's dtypes
}


class PyTorch:
    """PyTorch's functions under the names that `autograd_core` gives them."""

    grad = staticmethod(torch.autograd.grad)

    def __getattr__(self, name: str) -> Any:
        own = name in (
            "tanh",
            "sigmoid",
            "batch_norm",
            "instance_norm",
        )  # deprecated, or called otherwise, in nn.functional
        for place in (torch,) if own else (torch.nn.functional, torch):
            if hasattr(place, name):
                return getattr(place, name)
        raise AttributeError(name)


class WithoutMessages:
    """`pytest.raises` and `pytest.warns` that do not look at the message."""

    @staticmethod
    def raises(error: Any, match: str = "") -> Any:
        return pytest.raises(error)

    @staticmethod
    def warns(warning: Any, match: str = "") -> Any:
        return pytest.warns(warning)


@pytest.fixture(autouse=True)
def _in_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = {
        "PLACES": torch.tensor(cases.PLACES.tolist()),
        "ag": PyTorch(),
        "tensor": torch.tensor,
        "Tensor": torch.Tensor,
        "pytest": WithoutMessages(),
    }
    for name, value in replaced.items():
        monkeypatch.setattr(cases, name, value)


globals().update({name: test for name, test in vars(cases).items() if name.startswith("test_") and name not in OURS})
