"""The layer that asks and changes a UniFi network through its controller's API."""
