"""The servers that the stream of outcomes lies on."""

from tests.redis_servers import newest_server, redis

__all__ = ["newest_server", "redis"]
