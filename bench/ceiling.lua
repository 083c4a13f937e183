local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/" .. people[(n * 7919) % #people + 1][2])
end
