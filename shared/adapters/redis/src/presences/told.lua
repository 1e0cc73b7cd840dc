-- KEYS: the set, the users. ARGV: the users' names. Who has come back meanwhile stays.
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then redis.call('ZREM', KEYS[1], ARGV[i - 1]) end
end
return {}
