"""Programs that use autograd_core and nn as a PyTorch user would; each names the document that it realises.

Run one from the project's folder: ``python -m examples.digits``. ``--help`` lists its options, ``--quick`` is
a small setting. They may need scikit-learn, matplotlib, tqdm, Pillow: ``pip install "autograd-core[examples]"``.
"""

import importlib
from typing import Any


def extra(module: str) -> Any:
    """Import a module of a third party that only the examples need, or tell what to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'This example needs {error.name}: pip install "autograd-core[examples]"', name=error.name
        ) from error
