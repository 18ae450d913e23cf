"""Give the tests about what is put into Redis a server."""

from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]
