"""Without PyTorch there is nothing to compare with: the whole folder is left out, helper modules included.

The programs under `programs/` are run by their test, not imported.
"""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = ["programs/*.py"] if find_spec("torch") else ["*.py"]


def pytest_report_header() -> str | None:
    """What is left out, said once."""
    return "tests/parity is left out: PyTorch is not installed" if "*.py" in collect_ignore_glob else None
