"""Keep what happened, and tell how well it went: the telemetry layer."""
