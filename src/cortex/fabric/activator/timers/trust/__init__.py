"""What tells a timer that was really asked for from one that somebody put into Redis."""
