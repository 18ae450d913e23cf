"""The commands about what Cortex has learnt, and the one key that corrects it."""
