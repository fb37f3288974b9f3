-- For wrk: SEED in the path becomes a number of its own in every request; answers are counted.
local threads = {}

function setup(thread)
  thread:set("id", #threads + 1)
  table.insert(threads, thread)
end

function init(args)
  paths = args
  asked, good, jobs, named, other = 0, 0, 0, 0, 0
  first = tonumber(args[1])
end

function request()
  asked = asked + 1
  local path = paths[2 + asked % (#paths - 1)]
  local seed = (first * 64 + id) * 1000000 + asked
  return wrk.format("GET", (path:gsub("SEED", string.format("%d", seed))))
end

function response(status, headers, body)
  if status == 200 then
    good = good + 1
  elseif status == 202 then -- it took longer than a client waits
    jobs = jobs + 1
  elseif (status == 429 or status == 503) and body:find('"limit"', 1, true) then
    named = named + 1
  else
    other = other + 1
    if other == 1 then io.stderr:write(status, " ", body:sub(1, 300), "\n") end
  end
end

function done(summary, latency, requests)
  local sums = { good = 0, jobs = 0, named = 0, other = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50": %.6f, "p99": %.6f, "good": %d, "jobs": %d, "named": %d, "other": %d, ' ..
    '"errors": %d, "timeouts": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
    sums.good, sums.jobs, sums.named, sums.other, errors.connect + errors.read + errors.write, errors.timeout))
end
