"""On plain arrays: what NumPy lacks, and how PyTorch reads arguments. Nothing here knows tensors."""
