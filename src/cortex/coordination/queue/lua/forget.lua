-- Forget consumers that hold nothing and were not heard of for a while: each start of a worker makes one.
-- KEYS: the three lanes.  ARGV: group, milliseconds of silence
-- Returns how many were forgotten
local forgotten = 0
for lane = 1, 3 do
  for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[lane], ARGV[1])) do
    local told = {}
    for place = 1, #fields, 2 do told[fields[place]] = fields[place + 1] end
    if told.pending == 0 and told.idle > tonumber(ARGV[2]) then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[lane], ARGV[1], told.name)
      forgotten = forgotten + 1
    end
  end
end
return forgotten
