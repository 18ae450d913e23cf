"""Clients of outside systems: one package each, unaware of each other and of Cortex."""
