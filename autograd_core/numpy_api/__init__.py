"""NumPy's functions on tensors: ufuncs, `__array_function__`."""
