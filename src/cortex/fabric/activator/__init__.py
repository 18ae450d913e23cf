"""Layer 1: the process that is always up, routes each query and wakes what it needs."""
