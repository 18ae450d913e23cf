-- Measure a queue.
-- KEYS: the three lanes, delayed, dead.  ARGV: group
-- Returns for each lane {length, pending, age of the oldest entry in milliseconds or -1, consumers}, then delayed, milliseconds that the first of them is overdue, dead letters
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = {}
local function group(lane)
  if redis.call('EXISTS', KEYS[lane]) == 0 then return 0, 0 end
  for _, fields in ipairs(redis.call('XINFO', 'GROUPS', KEYS[lane])) do
    local told = {}
    for place = 1, #fields, 2 do told[fields[place]] = fields[place + 1] end
    if told.name == ARGV[1] then return told.pending, told.consumers end
  end
  return 0, 0
end
for lane = 1, 3 do
  local oldest = redis.call('XRANGE', KEYS[lane], '-', '+', 'COUNT', 1)[1]
  local age = oldest and math.max(0, now - tonumber(string.match(oldest[1], '^%d+'))) or -1
  local pending, consumers = group(lane)
  answers[lane] = {redis.call('XLEN', KEYS[lane]), pending, age, consumers}
end
local first = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')[2]
answers[4] = redis.call('ZCARD', KEYS[4])
answers[5] = first and math.max(0, now - first) or 0
answers[6] = redis.call('XLEN', KEYS[5])
return answers
