"""Turn a text into 384 numbers, on one processor core, without a model runtime."""
