"""Vectors, derivatives, descent, regression: what the networks are made of."""
