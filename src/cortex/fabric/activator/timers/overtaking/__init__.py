"""What becomes of an undo that waits when somebody changes the same thing before it."""
