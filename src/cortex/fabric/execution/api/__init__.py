"""What each tool asks of the controller, or does to it: one function or one change per tool."""
