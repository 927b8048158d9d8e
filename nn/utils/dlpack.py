"""Memory shared with other libraries (`torch.utils.dlpack`)."""

from __future__ import annotations

from autograd_core import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
