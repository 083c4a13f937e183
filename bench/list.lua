local n = 0
request = function()
  n = n + 1
  local person = people[(n * 7919) % #people + 1]
  return wrk.format("GET", "/api/v1/organizations/" .. person[2] .. "/orders/open", { Authorization = "Bearer " .. person[1] })
end
