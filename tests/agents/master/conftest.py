"""The servers that masters and agents meet on."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
