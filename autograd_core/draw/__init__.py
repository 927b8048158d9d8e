"""Drawings of computation graphs: `draw_graph` and, for programs written for torchviz, `make_dot`."""

from .drawing import Drawing, draw_graph, make_dot

__all__ = ["Drawing", "draw_graph", "make_dot"]
