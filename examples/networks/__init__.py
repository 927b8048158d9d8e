"""Whole networks: kinds of them, what they can represent, and how their training goes."""
