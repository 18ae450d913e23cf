"""The life of a layer: cold → waking → ready → draining, as a machine without I/O."""
