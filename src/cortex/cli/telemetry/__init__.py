"""The commands about what was done, and about what is learned from it."""
