"""The commands that become a process of the fabric, or of the simulated world."""
