"""Nested tuples, lists and dicts: their leaves, and the same nest with other leaves.

A structure is hashable and compares equal where two nests are built alike: None for a leaf, else
(type, keys of a dict or None, structures inside).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Structure: TypeAlias = Any

_DICTS = (dict, OrderedDict)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves from left to right, and the structure.

    >>> flatten({"a": 1, "b": (2, [3])})[0]
    [1, 2, 3]
    """
    leaves: list[Any] = []
    return leaves, _walk(tree, leaves)


def _walk(tree: Any, leaves: list[Any]) -> Structure:
    kind = type(tree)
    if kind in _DICTS:
        return kind, tuple(tree), tuple(_walk(value, leaves) for value in tree.values())
    if kind in (tuple, list) or (isinstance(tree, tuple) and hasattr(tree, "_fields")):
        return kind, None, tuple(_walk(value, leaves) for value in tree)
    leaves.append(tree)
    return None


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The nest of a structure with these leaves.

    >>> leaves, structure = flatten({"a": 1, "b": (2, [3])})
    >>> unflatten(structure, "xyz")
    {'a': 'x', 'b': ('y', ['z'])}
    """
    return _build(structure, iter(leaves))


def _build(structure: Structure, leaves: Iterator[Any]) -> Any:
    if structure is None:
        return next(leaves)
    kind, keys, inside = structure
    values = [_build(each, leaves) for each in inside]
    if keys is not None:
        return kind(zip(keys, values, strict=True))
    return kind(*values) if hasattr(kind, "_fields") else kind(values)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The nest with function(leaf) in place of each leaf.

    >>> mapped(abs, [-1, (2, -3)])
    [1, (2, 3)]
    """
    leaves, structure = flatten(tree)
    return unflatten(structure, map(function, leaves))


def broadcast(prefix: Any, structure: Structure) -> list[Any]:
    """One value per leaf of a structure from a nest that may end earlier: its leaf stands for all below it.

    >>> broadcast((0, 1), flatten((1, [2, 3]))[1])
    [0, 1, 1]
    """
    found, shape = flatten(prefix)
    if shape is None:
        return found * _size(structure)
    if structure is None or shape[:2] != structure[:2] or len(shape[2]) != len(structure[2]):
        raise ValueError("the nests do not fit each other")
    parts = prefix.values() if isinstance(prefix, dict) else prefix
    return [value for part, inside in zip(parts, structure[2], strict=True) for value in broadcast(part, inside)]


def _size(structure: Structure) -> int:
    return 1 if structure is None else sum(_size(inside) for inside in structure[2])
