"""The official integration API v1 of the Network application."""
