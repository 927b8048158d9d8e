"""Large graphs (step by step; see `condense`)."""
from __future__ import annotations
from typing import Any
def condense(graph: Any, **_: Any) -> Any:
    return graph
