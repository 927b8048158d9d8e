"""Weights as a direction and a length, or divided by their largest singular value, as parametrizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import Tensor

from ..module import Module
from .parametrize import register_parametrization

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["spectral_norm", "weight_norm"]


def norm_except_dim(v: Tensor, dim: int) -> Tensor:
    """The norm over all dims but one, which has size 1 each; over all of them for dim -1."""
    if dim == -1:
        return v.norm()
    rows = v.transpose(0, dim)
    return rows.reshape(rows.shape[0], -1).norm(2, 1).reshape(-1, *[1] * (v.ndim - 1)).transpose(0, dim)


def directed(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """g v / ||v|| (Salimans and Kingma 2016, equation 2)."""
    return v * (g / norm_except_dim(v, dim))


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return directed(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, self.dim), weight


class _RenameOld:
    """Takes the names of the older `nn.utils.weight_norm` in a state_dict for the present ones."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
        old = [f"{prefix}{self.name}_g", f"{prefix}{self.name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{self.name}.original{i}"] = state_dict.pop(key)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn a weight as its norms, of each slice along `dim` (or of all of it, for None), and its directions.

    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    >>> [(name, tuple(p.shape)) for name, p in layer.parametrizations.weight.named_parameters()]
    [('original0', (2, 1)), ('original1', (2, 3))]
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(_RenameOld(name))
    return module


def normalized(v: Tensor, eps: float) -> Tensor:
    """v / max(||v||, eps)."""
    return v / v.norm().clamp_min(eps)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """The weight as a matrix whose rows are its slices along `dim`."""
    order: Sequence[int] = (dim, *(d for d in range(weight.ndim) if d != dim))
    return weight.permute(*order).flatten(1)


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        check_iterations(n_power_iterations)
        self.dim, self.eps = dim % ndim, eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            with ag.no_grad():
                matrix = as_matrix(weight, self.dim)
                u, v = (matrix.new_empty(size).normal_(0, 1) for size in matrix.shape)
                self.register_buffer("_u", normalized(u, eps))
                self.register_buffer("_v", normalized(v, eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        """The power method: u and v approach the first singular vectors."""
        with ag.no_grad():
            for _ in range(times):
                self._u.copy_(normalized(matrix.mv(self._v), self.eps))
                self._v.copy_(normalized(matrix.T.mv(self._u), self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalized(weight, self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # (copies, because the next forward pass changes u and v before this one's backward pass may have come)
        return weight / self._u.clone().dot(matrix.mv(self._v.clone()))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def check_iterations(n_power_iterations: int) -> None:
    """ValueError unless positive."""
    if n_power_iterations <= 0:
        raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight, as a matrix of its slices along `dim`, by its largest singular value (Miyato et al. 2018).

    The value is estimated by the power method, which goes on with every forward pass in training. dim is 0 unless given,
    for transposed convolutions 1.

    >>> layer = nn.Linear(2, 2)
    >>> layer.weight.data = tensor([[4., 0.], [0., 1.]])
    >>> nn.utils.parametrizations.spectral_norm(layer).weight.detach()
    tensor([[1.0000, 0.0000],
            [0.0000, 0.2500]])
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    dim = output_dim(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


def output_dim(module: Module) -> int:
    """Which dim of a layer's weight counts its outputs."""
    return int(any(cls.__name__.startswith("ConvTranspose") for cls in type(module).__mro__))
