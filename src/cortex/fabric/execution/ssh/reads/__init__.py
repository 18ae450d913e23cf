"""The reading tools over SSH: one module per subject, with the catalogue's keys."""
