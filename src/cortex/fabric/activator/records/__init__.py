"""Answer what was done through Cortex from what it remembers."""
