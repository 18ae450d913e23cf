"""Talk to a Qdrant server over its REST interface: collections, points, and the server's errors."""

from cortex.clients.qdrant.answers import NOT_FOUND, Described, Record, Scored, Scrolled
from cortex.clients.qdrant.client import QdrantClient

__all__ = ["NOT_FOUND", "Described", "QdrantClient", "Record", "Scored", "Scrolled"]
