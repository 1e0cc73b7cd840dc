-- KEYS: the user. ARGV: the wish.
local last = read(KEYS[1])
if last == 0 then return 0 end
redis.call('HSET', KEYS[1], 'wish', ARGV[1])
return 1
