"""The Redis server of one machine: found, started, watched and stopped by us."""

from cortex.coordination.bundled.folder import bundled_url
from cortex.coordination.bundled.server import BundledServer, started

__all__ = ["BundledServer", "bundled_url", "started"]
