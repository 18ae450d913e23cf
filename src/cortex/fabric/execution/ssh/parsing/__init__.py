"""What the devices' tools print, as typed values: one module per subject. Pure."""
