"""The stream of outcomes: read into the log, balanced, and told where the log ends."""
