"""Checkpoints (`torch.utils.checkpoint`): a function runs again in the backward pass, in place of keeping its values."""

from __future__ import annotations

from autograd_core import CheckpointError, checkpoint, checkpoint_sequential, noop_context_fn

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential", "noop_context_fn"]
