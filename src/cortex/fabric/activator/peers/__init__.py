"""What several activators must agree on, over Redis, and the way out for events."""
