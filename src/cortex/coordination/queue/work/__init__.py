"""The parts of a worker: its place at the queue, and one task at work."""
