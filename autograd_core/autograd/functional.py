"""`torch.autograd.functional`: derivatives of functions."""

from __future__ import annotations

from ..functional import hessian, hvp, jacobian, jvp, vhp, vjp

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
