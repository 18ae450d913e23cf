"""The answers that people give to tasks: noted before they take effect, and seen to their end."""
