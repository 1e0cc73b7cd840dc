-- KEYS: the set, the users.
local states = {}
for i = 2, #KEYS do
  local last, wish = read(KEYS[i])
  states[#states + 1] = state(last, wish)
end
return states
