"""Performing a plan: the intent on the disk, the one request, the reading back, the outcome."""
