"""Answer what was done through Cortex and what is to come, from memory and from its timers."""
