"""dot."""
from __future__ import annotations
from typing import Any
def place_with_dot(plan: Any, timeout: float, forced: bool) -> Any:
    return None
