"""The servers that tasks come over."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
