"""The jobs that learn from the audit log."""
