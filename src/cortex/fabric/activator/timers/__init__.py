"""What was asked to happen later: kept in Redis, done once, and taken back when it was promised."""
