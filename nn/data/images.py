"""Handwritten digits as data sets: MNIST from its IDX files, and the small digits of scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .dataset import Dataset
from .idx import download_mnist, load_mnist

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from autograd_core import Tensor

__all__ = ["MNIST", "Digits"]


class _Labelled(Dataset[Any]):
    """Images and labels: item i is the pair (image, label), each passed through its transform."""

    data: Tensor  #: the images, uint8
    targets: Tensor  #: the digits 0 to 9, int64

    def __init__(
        self,
        images: np.ndarray[Any, Any],
        labels: np.ndarray[Any, Any],
        transform: Callable[[Any], Any] | None,
        target_transform: Callable[[Any], Any] | None,
    ) -> None:
        self.data, self.targets = ag.tensor(images), ag.tensor(labels)
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, label = self.data[index], self.targets[index].item()
        return (
            image if self.transform is None else self.transform(image),
            label if self.target_transform is None else self.target_transform(label),
        )


class MNIST(_Labelled):
    """MNIST: 60,000 grey images of 28 x 28 for training, or 10,000 for testing; item i is the pair (image, label).

    An image is a uint8 tensor, 0 background to 255 ink, or what `transform` makes of it; a label an int, or what
    `target_transform` makes of it. The four IDX files are looked for in `root`, and where torchvision puts them below
    it; ``download=True`` fetches them if one is missing.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        torchvisions = Path(root) / "MNIST" / "raw"
        folder = torchvisions if torchvisions.is_dir() else Path(root)
        try:
            parts = load_mnist(folder)
        except FileNotFoundError:
            if not download:
                raise
            download_mnist(folder)
            parts = load_mnist(folder)
        part = parts[not train]
        super().__init__(part.images, part.labels, transform, target_transform)
        self.root, self.train = root, train


class Digits(_Labelled):
    """scikit-learn's 1,797 images of 8 x 8, 0 background to 16 ink; item i is the pair (image, label), as in `MNIST`."""

    def __init__(
        self, transform: Callable[[Any], Any] | None = None, target_transform: Callable[[Any], Any] | None = None
    ) -> None:
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise ImportError("nn.data.Digits needs a package: pip install scikit-learn") from None
        found: Any = load_digits()
        super().__init__(found.images.astype(np.uint8), found.target, transform, target_transform)
