"""What follows the final answer to a task, later: the end of what it had done for a time."""
