-- Cancel a task: at once when it waits, else ask whoever works on it.
-- KEYS: the three lanes, delayed, bodies, finished, its record, its idempotency key (the record again without one)
-- ARGV: task id, milliseconds a result is kept, limit of finished, outcome, key or ''
-- Returns the state that it is in now, or 'asked' or 'unknown'
local record = KEYS[7]
local known = redis.call('HMGET', record, 'state', 'lane', 'entry')
if not known[1] then return 'unknown' end
if known[1] == 'queued' then
  local waited = redis.call('ZREM', KEYS[4], ARGV[1]) == 1
  if waited then
    redis.call('HDEL', KEYS[5], ARGV[1])
  elseif known[3] and known[3] ~= '' then
    waited = redis.call('XDEL', KEYS[tonumber(known[2])], known[3]) == 1
  end
  if waited then
    redis.call('HSET', record, 'state', 'cancelled', 'outcome', ARGV[4])
    redis.call('PEXPIRE', record, ARGV[2])
    if ARGV[5] ~= '' and redis.call('GET', KEYS[8]) == ARGV[1] then redis.call('DEL', KEYS[8]) end
    redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[3], '*', 'ids', ARGV[1])
    return 'cancelled'
  end
end
if known[1] == 'queued' or known[1] == 'working' then
  redis.call('HSET', record, 'cancel', 1)
  return 'asked'
end
return known[1]
