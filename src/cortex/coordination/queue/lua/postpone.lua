-- Put an entry that was not begun aside for a while.
-- KEYS: its lane, delayed, bodies, its record.  ARGV: group, consumer, lane, entry, task id, body, delay in milliseconds
-- Returns 1, or 0 when another holds the entry
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[4], ARGV[4], 1, ARGV[2]) == 0 then return 0 end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[7], ARGV[5])
redis.call('HSET', KEYS[3], ARGV[5], ARGV[3] .. ARGV[6])
redis.call('HSET', KEYS[4], 'state', 'queued', 'entry', '')
redis.call('XACK', KEYS[1], ARGV[1], ARGV[4])
redis.call('XDEL', KEYS[1], ARGV[4])
return 1
