-- Move an entry that cannot be read to the dead letters.
-- KEYS: its lane, dead.  ARGV: group, entry, reason, limit, then its fields
local letter = {'reason', ARGV[3], 'entry', ARGV[2]}
for place = 5, #ARGV, 2 do
  letter[#letter + 1] = 'raw:' .. ARGV[place]
  letter[#letter + 1] = ARGV[place + 1]
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', unpack(letter))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
