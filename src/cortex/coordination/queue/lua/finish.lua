-- Store how the work on entries ended, unless another began it since.
-- KEYS: the three lanes, delayed, bodies, dead, finished; then for each entry its record and its idempotency key (the record again without one)
-- ARGV: group, milliseconds a result is kept, milliseconds a key is remembered after success, limit of dead letters, limit of finished;
--   then for each entry: lane, entry, task id, fence, verdict, state, outcome, body, delay in milliseconds, key or ''
--   verdict: 'end', 'dead' (an end that also leaves a dead letter), 'again' (after the delay) or 'back' (at once, and this attempt does not count)
-- Returns for each entry 1 when it is stored, now or by an earlier call of the same fence, and 0 when the work is another's
local group, keep, remember = ARGV[1], ARGV[2], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = {}
local function release(idem, id, done)
  if redis.call('GET', idem) ~= id then return end
  if done and remember > 0 then redis.call('PEXPIRE', idem, remember) else redis.call('DEL', idem) end
end
local function finish(record, idem, lane, entry, id, fence, verdict, state, outcome, body, delay, key)
  local known = redis.call('HMGET', record, 'state', 'fence', 'attempts', 'consumer')
  if known[2] ~= fence then return 0 end
  if known[1] ~= 'working' then return 1 end
  if verdict == 'dead' then
    redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[4], '*', 'task', body, 'id', id, 'reason', outcome, 'attempts', known[3], 'consumer', known[4], 'entry', entry)
  end
  redis.call('XACK', KEYS[lane], group, entry)
  redis.call('XDEL', KEYS[lane], entry)
  if verdict == 'again' then
    redis.call('ZADD', KEYS[4], now + delay, id)
    redis.call('HSET', KEYS[5], id, lane .. body)
    redis.call('HSET', record, 'state', 'queued', 'entry', '', 'last', outcome)
  elseif verdict == 'back' then
    local moved = redis.call('XADD', KEYS[lane], '*', 'task', body)
    redis.call('HSET', record, 'state', 'queued', 'entry', moved, 'attempts', known[3] - 1)
  else
    redis.call('HSET', record, 'state', state, 'outcome', outcome)
    redis.call('PEXPIRE', record, keep)
    if key ~= '' then release(idem, id, state == 'done') end
    ended[#ended + 1] = id
  end
  return 1
end
local answers = {}
local keys, arguments = 8, 6
while keys <= #KEYS do
  local a = arguments
  answers[#answers + 1] = finish(KEYS[keys], KEYS[keys + 1], tonumber(ARGV[a]), ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5], ARGV[a + 6], ARGV[a + 7], tonumber(ARGV[a + 8]), ARGV[a + 9])
  keys, arguments = keys + 2, arguments + 10
end
if #ended > 0 then redis.call('XADD', KEYS[7], 'MAXLEN', '~', ARGV[5], '*', 'ids', table.concat(ended, '\n')) end
return answers
