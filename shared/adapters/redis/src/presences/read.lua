-- The server's time in milliseconds, and numbers as texts without an exponent.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end

-- What a user's hash says: when the last entry runs out (0: none), what they wish, by which process
-- they came, and whose entries have run out. `besides` is not looked at.
local function read(key, besides)
  local last, wish, came, stale = 0, nil, nil, {}
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local field, value = all[i], all[i + 1]
    if field == 'wish' then wish = value
    elseif field == 'came' then came = value
    elseif field ~= besides then
      local ends = tonumber(value) or 0
      if ends > now then last = math.max(last, ends) else stale[#stale + 1] = field end
    end
  end
  return last, wish, came, stale
end

local function state(last, wish)
  if last == 0 then return 'offline' end
  return wish or 'online'
end
