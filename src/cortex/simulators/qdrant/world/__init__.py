"""The collections of a simulated Qdrant server and what requests do to them; no I/O, no clock."""
