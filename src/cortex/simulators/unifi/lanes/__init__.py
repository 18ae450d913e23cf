"""The private protocols of the Network application: the legacy lane and the v2 lane."""
