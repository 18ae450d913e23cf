-- Let go of entries that this consumer holds and that were deleted: Redis 6.2 does not name them when they are claimed.
-- KEYS: the three lanes.  ARGV: group, consumer
-- Returns how many
local gone = 0
for lane = 1, 3 do
  for _, one in ipairs(redis.call('XPENDING', KEYS[lane], ARGV[1], '-', '+', 1000, ARGV[2])) do
    if #redis.call('XRANGE', KEYS[lane], one[1], one[1]) == 0 then
      gone = gone + redis.call('XACK', KEYS[lane], ARGV[1], one[1])
    end
  end
end
return gone
