-- Keep the entries at work: renew their leases, write their progress down, see which were cancelled or lost to another.
-- KEYS: the three lanes, then the record of each entry
-- ARGV: group, consumer, 1 to renew; then for each entry: lane, entry, fence, progress or ''
-- Returns for each entry 'held', 'cancel' or 'lost'
local answers = {}
local arguments = 4
for keys = 4, #KEYS do
  local lane, entry, fence, progress = unpack(ARGV, arguments, arguments + 3)
  local known = redis.call('HMGET', KEYS[keys], 'state', 'fence', 'cancel')
  if known[1] ~= 'working' or known[2] ~= fence then
    answers[#answers + 1] = 'lost'
  else
    if ARGV[3] == '1' then
      redis.call('XCLAIM', KEYS[tonumber(lane)], ARGV[1], ARGV[2], 0, entry, 'JUSTID')
    end
    if progress ~= '' then redis.call('HSET', KEYS[keys], 'progress', progress) end
    answers[#answers + 1] = known[3] and 'cancel' or 'held'
  end
  arguments = arguments + 4
end
return answers
