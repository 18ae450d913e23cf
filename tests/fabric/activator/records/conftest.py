"""Give the tests about what was interrupted a Redis server."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
