"""The servers that keys are put back into."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
