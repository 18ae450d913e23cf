"""What steers a simulator from outside: faults, the journal of requests, the virtual clock.

Nothing here exists on a real controller.
"""
