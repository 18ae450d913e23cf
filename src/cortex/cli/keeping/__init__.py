"""The commands that put what Cortex knows into one file, and back."""
