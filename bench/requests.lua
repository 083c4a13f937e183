-- wrk LIST [once | PAUSE]: asks what the file LIST says, a line a request: method, path, token, caller, body,
-- between tabs.
-- With `once` each line is asked once, and the run is over when all are answered (a line says so). PAUSE is
-- how many milliseconds each connection rests before it asks again.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long s; long ns; } moment; int clock_gettime(int, moment *); ]]

local threads, list, place, is_checked, left = {}, {}, 0, false, 0
local counts = {}
local began

local function seconds()
  local now = ffi.new("moment")
  ffi.C.clock_gettime(1, now)
  return tonumber(now.s) + tonumber(now.ns) / 1e9
end

local function answered(status)
  counts[status] = (counts[status] or 0) + 1
  left = left - 1
  if left == 0 then
    took = seconds() - began
    statuses = ""
    for each, many in pairs(counts) do statuses = statuses .. each .. ":" .. many .. "," end
    print("finished")
    io.stdout:flush()
    wrk.thread:stop()
  end
end

function setup(thread) table.insert(threads, thread) end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, token, caller, body = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = {}
    if token ~= "" then headers["Authorization"] = "Bearer " .. token end
    if token:find("=") then headers = { ["Cookie"] = token } end
    if caller ~= "" then headers["X-Forwarded-For"] = caller end
    if body ~= "" then headers["Content-Type"] = "application/json" end
    list[#list + 1] = wrk.format(method, path, headers, body)
  end
  left = #list
  if arguments[2] == "once" then
    response = answered
    local promised = 0 -- wrk asks how long to wait before it asks for the request
    delay = function()
      promised = promised + 1
      return promised <= #list and 0 or 3600000
    end
  elseif arguments[2] then
    local pause = tonumber(arguments[2])
    delay = function() return pause end
  end
end

function request()
  if not is_checked then -- wrk asks once before it begins
    is_checked = true
    return list[1]
  end
  began = began or seconds()
  place = place % #list + 1
  return list[place]
end

function done(summary, latency)
  local thread = threads[1]
  local wrong = summary.errors
  print(string.format(
    "answers=%d micros=%d took=%s p50=%d p90=%d p99=%d most=%d refused=%d broken=%d statuses=%s",
    summary.requests, summary.duration, thread:get("took") or "", latency:percentile(50),
    latency:percentile(90), latency:percentile(99), latency.max, wrong.status,
    wrong.connect + wrong.read + wrong.write + wrong.timeout, thread:get("statuses") or ""))
end
