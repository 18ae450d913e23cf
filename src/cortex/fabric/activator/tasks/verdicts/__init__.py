"""The verdicts, yes or no, on tasks: noted before they take effect, and seen to their end."""
