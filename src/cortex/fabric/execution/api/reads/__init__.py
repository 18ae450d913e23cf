"""The tools that only read, by what they are about."""
