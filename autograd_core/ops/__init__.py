"""The operations: one row each, grouped as in a textbook's table of derivatives."""
