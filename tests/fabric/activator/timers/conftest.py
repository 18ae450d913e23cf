"""Give the tests about timers a Redis server."""

from tests.redis_servers import newest_server, redis

__all__ = ["newest_server", "redis"]
