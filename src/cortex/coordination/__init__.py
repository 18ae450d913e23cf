"""How processes of Cortex work together over Redis."""
