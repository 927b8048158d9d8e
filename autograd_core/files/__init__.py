"""Saving and loading: PyTorch's files, safetensors, npz."""
