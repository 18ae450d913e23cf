"""The simulated site beside the one-machine fabric, and the demo: for trying, and for tests."""
