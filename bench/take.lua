-- every request is another pair of member and order; orders lie one behind the other, so none overlap
math.randomseed(os.time())
local n = math.random(1, 1000000)
local step = 0
request = function()
  n = n + 1
  local person = people[n % #people + 1]
  local mine = orders[person[2]]
  local order = mine[math.floor(n / #people) % #mine + 1]
  return wrk.format("POST", "/api/v1/orders/" .. order .. "/seats", { Authorization = "Bearer " .. person[1], ["Content-Type"] = "application/json" }, "")
end
