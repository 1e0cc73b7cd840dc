-- KEYS: the set, the users. ARGV: the process, how long a departure waits to be told; the users'
-- names.
local node, claim, states = ARGV[1], tonumber(ARGV[2]), {}
for i = 2, #KEYS do
  local key, user = KEYS[i], ARGV[i + 1]
  local last, wish = read(key, node)
  if last > 0 then
    redis.call('HDEL', key, node)
    redis.call('ZADD', KEYS[1], text(last), user)
  elseif redis.call('DEL', key) == 1 then
    redis.call('ZADD', KEYS[1], text(now + claim), user)
  end
  states[#states + 1] = state(last, wish)
end
return states
