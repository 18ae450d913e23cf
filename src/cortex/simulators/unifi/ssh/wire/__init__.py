"""Ports, keys and the protocol itself: SSH with whoever connects, knowing nothing of sites."""
