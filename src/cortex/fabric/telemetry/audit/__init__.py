"""The log of everything that was done: appended to only, chained, and anchored elsewhere."""
