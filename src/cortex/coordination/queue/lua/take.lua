-- Take new entries: of each lane its share, then what places are left from the most urgent lane on.
-- KEYS: the three lanes.  ARGV: group, consumer, the three shares
-- Returns a list of {lane, entry, fields}
local taken, room = {}, 0
local function take(lane, count)
  if count <= 0 then return 0 end
  local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', count, 'STREAMS', KEYS[lane], '>')
  local entries = read and read[1] and read[1][2] or {}
  for _, entry in ipairs(entries) do taken[#taken + 1] = {lane, entry[1], entry[2]} end
  return #entries
end
for lane = 1, 3 do
  local count = tonumber(ARGV[2 + lane])
  room = room + count - take(lane, count)
end
for lane = 1, 3 do room = room - take(lane, room) end
return taken
