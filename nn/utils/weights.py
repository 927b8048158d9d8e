"""`weight_norm` and `spectral_norm` the older way: a hook computes the weight before each forward pass."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import autograd_core as ag

from ..module import Module, Parameter
from .parametrizations import as_matrix, check_iterations, directed, norm_except_dim, normalized, output_dim

if TYPE_CHECKING:
    from autograd_core import RemovableHandle, Tensor

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _Computed:
    """A forward pre-hook that computes an attribute anew."""

    handles: list[RemovableHandle]

    def __init__(self, module: Module, name: str) -> None:
        if _found(type(self), module, name):
            raise RuntimeError(f"Cannot register two {self.kind} hooks on the same parameter {name}")
        self.name = name

    kind = ""

    def compute(self, module: Module) -> Tensor:
        raise NotImplementedError

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module))


def _found(kind: type[_Computed], module: Module, name: str) -> _Computed | None:
    hooks = module._hooks.forward_pre.values() if module._hooks is not None else ()
    own = (hook.function for hook in hooks)
    return next((hook for hook in own if isinstance(hook, kind) and hook.name == name), None)


def _removed(kind: type[_Computed], module: Module, name: str, *parts: str) -> None:
    """Let the attribute be a parameter again, with the value that is computed now."""
    hook = _found(kind, module, name)
    if hook is None:
        raise ValueError(f"{kind.kind} of '{name}' not found in {module}")
    with ag.no_grad():
        weight = hook.compute(module)
    for part in ("", *parts):
        delattr(module, name + part)
    module.register_parameter(name, Parameter(weight.detach()))
    for handle in hook.handles:
        handle.remove()


# ---------------------------------------------------------------- a length and a direction


class WeightNorm(_Computed):
    """Computes g v / ||v||."""

    kind = "weight_norm"

    def __init__(self, module: Module, name: str, dim: int | None) -> None:
        super().__init__(module, name)
        self.dim = -1 if dim is None else dim
        weight = getattr(module, name)
        delattr(module, name)
        module.register_parameter(f"{name}_g", Parameter(norm_except_dim(weight, self.dim).data))
        module.register_parameter(f"{name}_v", Parameter(weight.data))
        self(module, ())
        self.handles = [module.register_forward_pre_hook(self)]

    def compute(self, module: Module) -> Tensor:
        """The weight."""
        return directed(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """The deprecated form of `parametrizations.weight_norm`, with the parameters weight_g and weight_v."""
    warnings.warn(
        "`nn.utils.weight_norm` is deprecated in favor of `nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    WeightNorm(module, name, dim)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight an ordinary parameter again."""
    _removed(WeightNorm, module, name, "_g", "_v")
    return module


# ---------------------------------------------------------------- the largest singular value


class SpectralNorm(_Computed):
    """Computes W / (u^T W v), where u and v approach W's first singular vectors."""

    kind = "spectral_norm"

    def __init__(self, module: Module, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__(module, name)
        check_iterations(n_power_iterations)
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        sizes = as_matrix(weight, dim).shape
        with ag.no_grad():
            u, v = (normalized(weight.new_empty(size).normal_(0, 1), eps) for size in sizes)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)  # others may expect that it exists
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        self.handles = [
            module.register_forward_pre_hook(self),
            module.register_state_dict_post_hook(self.note_version),
        ]

    def note_version(self, module: Module, state_dict: Any, prefix: str, local_metadata: dict[str, Any]) -> None:
        """By which PyTorch tells this layout from an older one."""
        local_metadata.setdefault("spectral_norm", {})[f"{self.name}.version"] = 1

    def compute(self, module: Module, iterate: bool = False) -> Tensor:
        """The weight, after some steps of the power method or as u and v are."""
        weight, u, v = (getattr(module, self.name + part) for part in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if iterate:
            with ag.no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalized(matrix.T.mv(u), self.eps))
                    u.copy_(normalized(matrix.mv(v), self.eps))
        # (copies, because the next forward pass changes u and v before this one's backward pass may have come)
        return weight / u.clone().dot(matrix.mv(v.clone()))  # type: ignore[no-any-return]  # a Tensor

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module, iterate=module.training))


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """The older form of `parametrizations.spectral_norm`, with the parameter weight_orig and buffers for u and v."""
    SpectralNorm(module, name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight an ordinary parameter again."""
    _removed(SpectralNorm, module, name, "_u", "_v", "_orig")
    return module
