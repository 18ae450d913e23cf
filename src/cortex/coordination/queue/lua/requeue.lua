-- Put the task of a dead letter into its lane again, with all its attempts.
-- KEYS: its lane, dead, its record, its idempotency key (the record again without one)
-- ARGV: letter, lane, task id, body, key or '', milliseconds a key is remembered
-- Returns 'queued', 'gone' when there is no such letter, or {'other', id} when another task took its idempotency key or the task is at work again
if #redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1]) == 0 then return 'gone' end
local state = redis.call('HGET', KEYS[3], 'state')
if state == 'queued' or state == 'working' or state == 'done' then return {'other', ARGV[3]} end
if ARGV[5] ~= '' then
  local owner = redis.call('GET', KEYS[4])
  if owner and owner ~= ARGV[3] then return {'other', owner} end
  redis.call('SET', KEYS[4], ARGV[3], 'PX', ARGV[6])
end
local entry = redis.call('XADD', KEYS[1], '*', 'task', ARGV[4])
redis.call('HDEL', KEYS[3], 'outcome', 'cancel', 'progress', 'last')
redis.call('HSET', KEYS[3], 'state', 'queued', 'lane', ARGV[2], 'entry', entry, 'attempts', 0, 'key', ARGV[5])
redis.call('PERSIST', KEYS[3])
redis.call('XDEL', KEYS[2], ARGV[1])
return 'queued'
