"""The servers that the stream of outcomes lies on."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
