-- Begin the work on entries that this consumer holds, each under a fence of its own.
-- KEYS: the three lanes; then for each entry its record and its idempotency key (the record again without one)
-- ARGV: group, consumer, milliseconds a key is remembered; then for each entry: lane, entry, task id, key or '', owner of the key that is known to be gone
-- Returns the time in milliseconds, then for each entry: {'go', fence, attempts, cancel}, {'other', id} for a key that another task holds, {'over'} or {'gone'}
local group, consumer, remember = ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local answers = {time[1] * 1000 + math.floor(time[2] / 1000)}
local final = {done = true, failed = true, cancelled = true, expired = true}
local function elsewhere(lane, entry)
  return #redis.call('XRANGE', KEYS[tonumber(lane)], entry, entry) > 0
end
local function drop(lane, entry)
  redis.call('XACK', KEYS[lane], group, entry)
  redis.call('XDEL', KEYS[lane], entry)
end
local function begin(record, idem, lane, entry, id, key, gone)
  if #redis.call('XPENDING', KEYS[lane], group, entry, entry, 1, consumer) == 0 then return {'gone'} end
  local known = redis.call('HMGET', record, 'state', 'lane', 'entry', 'fence', 'attempts', 'cancel')
  local twin = known[1] == 'working' and known[3] ~= entry and elsewhere(known[2], known[3])
  if twin or final[known[1]] then
    drop(lane, entry)
    return {'over'}
  end
  if key ~= '' then
    local owner = redis.call('GET', idem)
    if owner and owner ~= id and owner ~= gone then return {'other', owner} end
    redis.call('SET', idem, id, 'PX', remember)
  end
  local fence, attempts = (tonumber(known[4]) or 0) + 1, (tonumber(known[5]) or 0) + 1
  redis.call('HSET', record, 'state', 'working', 'lane', lane, 'entry', entry, 'consumer', consumer, 'fence', fence, 'attempts', attempts, 'key', key)
  return {'go', fence, attempts, tonumber(known[6]) or 0}
end
local keys, arguments = 4, 4
while keys <= #KEYS do
  local a = arguments
  answers[#answers + 1] = begin(KEYS[keys], KEYS[keys + 1], tonumber(ARGV[a]), ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4])
  keys, arguments = keys + 2, arguments + 5
end
return answers
