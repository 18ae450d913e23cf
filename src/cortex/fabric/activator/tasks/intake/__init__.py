"""What comes in: entries are read, weighed against what their sender may send, and queued."""
