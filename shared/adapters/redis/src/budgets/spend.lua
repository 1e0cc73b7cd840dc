-- KEYS: the budgets. ARGV, of each: what was taken, what is owed as far as who took it knows, and
-- what may be owed at most. All in microseconds; so are the moments that are kept.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function text(number) return string.format('%.0f', number) end

local owed = {}
for i, key in ipairs(KEYS) do
  local taken, known, most = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local whole = tonumber(redis.call('GET', key) or '') or 0
  -- What was owed to a moment that is past is made good by `known`, which has all of `taken`.
  whole = math.min(math.max(whole + taken, now + known), now + most)
  -- A little longer: another process may tell later of what it took before.
  redis.call('SET', key, text(whole), 'PX', text(math.ceil(math.max(whole - now, 0) / 1000) + 1000))
  owed[i] = math.max(whole - now, 0)
end
return owed
