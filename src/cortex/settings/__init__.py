"""Every knob of every process, and the only reader of environment and settings files."""
