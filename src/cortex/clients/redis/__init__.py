"""Talk to a Redis server in RESP2: commands, pipelines, scripts, blocking reads, its errors."""

from cortex.clients.redis.client import RedisClient
from cortex.clients.redis.moments import server_now_ms
from cortex.clients.redis.words import CLOCK, Reply, Script, Word

__all__ = ["CLOCK", "RedisClient", "Reply", "Script", "Word", "server_now_ms"]
