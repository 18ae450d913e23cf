"""What activators share over a real Redis."""
