-- Hand back the entries that a leaving consumer took and did not begin, and forget the consumer once it holds none.
-- KEYS: the three lanes.  ARGV: group, consumer
-- Returns how many were handed back
local back = 0
for lane = 1, 3 do
  local held = redis.call('XPENDING', KEYS[lane], ARGV[1], '-', '+', 1000, ARGV[2])
  for _, one in ipairs(held) do
    local kept = redis.call('XRANGE', KEYS[lane], one[1], one[1])
    if kept[1] then
      redis.call('XADD', KEYS[lane], '*', unpack(kept[1][2]))
      back = back + 1
    end
    redis.call('XACK', KEYS[lane], ARGV[1], one[1])
    redis.call('XDEL', KEYS[lane], one[1])
  end
  if #held < 1000 then redis.call('XGROUP', 'DELCONSUMER', KEYS[lane], ARGV[1], ARGV[2]) end
end
return back
