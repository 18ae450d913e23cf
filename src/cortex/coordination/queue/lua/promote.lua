-- Move the delayed tasks whose time has come into their lanes.
-- KEYS: the three lanes, delayed, bodies.  ARGV: the most to move
-- Returns the milliseconds until the next is due, or -1
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  local kept = redis.call('HGET', KEYS[5], id)
  if kept then
    redis.call('XADD', KEYS[tonumber(string.sub(kept, 1, 1))], '*', 'task', string.sub(kept, 2))
  end
  redis.call('ZREM', KEYS[4], id)
  redis.call('HDEL', KEYS[5], id)
end
local nearest = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return nearest[2] and math.max(0, math.ceil(nearest[2] - now)) or -1
