"""Tasks from the stream through the queue to their answer, or on to an agent."""
