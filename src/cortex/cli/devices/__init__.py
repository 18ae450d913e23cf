"""Commands about the devices themselves, which are reached without the controller."""
