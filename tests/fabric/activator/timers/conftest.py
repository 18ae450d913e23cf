"""Give the tests about timers a Redis server."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
