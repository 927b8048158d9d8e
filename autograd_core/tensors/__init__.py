"""Making, converting, copying tensors, and what a tensor knows of itself."""
