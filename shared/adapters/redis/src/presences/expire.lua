-- KEYS: the set. ARGV: how many, how long a departure waits to be told, what a user's key begins
-- with.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, ARGV[1])
local gone = {}
for _, user in ipairs(due) do
  local key = ARGV[3] .. user
  local last = read(key)
  if last > 0 then
    redis.call('ZADD', KEYS[1], text(last), user)
  else
    redis.call('DEL', key)
    redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[2])), user)
    gone[#gone + 1] = user
  end
end
return gone
