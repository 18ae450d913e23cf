"""Tools over SSH: the devices themselves, when the controller does not answer."""
