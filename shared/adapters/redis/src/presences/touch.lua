-- KEYS: the set, the users. ARGV: the process, how long its entries last; of each user the name,
-- and whether an earlier touch was not answered.
local node, ttl = ARGV[1], tonumber(ARGV[2])
local ends, states = text(now + ttl), {}
for i = 2, #KEYS do
  local key, user, doubted = KEYS[i], ARGV[2 * i - 1], ARGV[2 * i] == '1'
  local last, wish, came, stale = read(key)
  local before = state(last, wish)
  if last == 0 then
    redis.call('DEL', key)
    redis.call('HSET', key, 'came', node)
  else
    if doubted and came == node and not wish then before = 'offline' end
    for _, field in ipairs(stale) do redis.call('HDEL', key, field) end
  end
  redis.call('HSET', key, node, ends)
  redis.call('PEXPIRE', key, text(4 * ttl))
  redis.call('ZADD', KEYS[1], ends, user)
  states[#states + 1] = before
end
-- What an installation that is no more has left goes after a day.
redis.call('PEXPIRE', KEYS[1], 86400000)
return states
