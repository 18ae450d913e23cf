"""The servers that the client talks to."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
