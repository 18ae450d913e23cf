-- Put tasks into their lanes, or aside until their time comes; one whose idempotency key is taken is not put.
-- KEYS: the three lanes, delayed, bodies; then for each task its record and its idempotency key (the record again without one)
-- ARGV: limit, milliseconds a key is remembered; then for each task: lane, id, body, time not to start before or 0, key or ''
-- Returns for each task: {'accepted', id}, {'duplicate', id of the first} or {'full', length}
local limit, remember = tonumber(ARGV[1]), ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lengths = {}
local function length(key, command)
  if not lengths[key] then lengths[key] = redis.call(command, key) end
  return lengths[key]
end
local answers = {}
local keys, arguments = 6, 3
while keys <= #KEYS do
  local record, idem = KEYS[keys], KEYS[keys + 1]
  local lane, id, body = ARGV[arguments], ARGV[arguments + 1], ARGV[arguments + 2]
  local start, key = tonumber(ARGV[arguments + 3]), ARGV[arguments + 4]
  local later = start > now
  local place = later and KEYS[4] or KEYS[tonumber(lane)]
  local waiting = length(place, later and 'ZCARD' or 'XLEN')
  local first = key ~= '' and redis.call('GET', idem)
  if not first and redis.call('EXISTS', record) == 1 then first = id end
  if first then
    answers[#answers + 1] = {'duplicate', first}
  elseif waiting >= limit then
    answers[#answers + 1] = {'full', waiting}
  else
    if key ~= '' then redis.call('SET', idem, id, 'PX', remember) end
    if later then
      redis.call('ZADD', KEYS[4], start, id)
      redis.call('HSET', KEYS[5], id, lane .. body)
      redis.call('HSET', record, 'state', 'queued', 'key', key)
    else
      local entry = redis.call('XADD', place, '*', 'task', body)
      redis.call('HSET', record, 'state', 'queued', 'lane', lane, 'entry', entry, 'key', key)
    end
    lengths[place] = waiting + 1
    answers[#answers + 1] = {'accepted', id}
  end
  keys, arguments = keys + 2, arguments + 5
end
return answers
