"""The phrases that tell a time: lengths, times of day, days, and what they make together."""
