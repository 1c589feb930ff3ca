-- How long single steps of the collector take: for heaps of several kinds, each step of
-- one cycle by os.clock. It prints for each heap the number of steps and, in
-- microseconds, the whole cycle, and the 99th percentile and the longest of the steps.
collectgarbage("stop")

local function tree(depth)
  if depth == 0 then return {} end
  return {tree(depth - 1), tree(depth - 1)}
end

local heaps = {}

-- Many small objects, half of them garbage.
heaps[1] = {"objects", function()
  local kept, dropped = tree(14), tree(14)
  return kept
end}

-- One large table, which is visited in one piece.
heaps[2] = {"table", function()
  local t = {}
  for i = 1, 60000 do t[i] = "x" end
  for i = 1, 30000 do t["k" .. i % 5000] = i end
  return t
end}

-- Strings, most of them garbage.
heaps[3] = {"strings", function()
  local t = {}
  for i = 1, 40000 do t[i % 4000 + 1] = "number " .. i end
  return t
end}

-- A weak table, which the atomic part of a cycle has to clear.
heaps[4] = {"weak", function()
  local kept, t = {}, setmetatable({}, {__mode = "kv"})
  for i = 1, 20000 do
    local object = {}
    t[i] = object
    if i % 2 == 0 then kept[#kept + 1] = object end
  end
  return {kept, t}
end}

-- Coroutines, whose stacks the atomic part visits again.
heaps[5] = {"coroutines", function()
  local t = {}
  for i = 1, 1500 do
    t[i] = coroutine.create(function(...) coroutine.yield(...) end)
    coroutine.resume(t[i], i, "two", {})
  end
  return t
end}

-- Objects with finalizers, half of which are due.
heaps[6] = {"finalizers", function()
  local kept, count = {}, 0
  local meta = {__gc = function() count = count + 1 end}
  for i = 1, 4000 do
    local object = setmetatable({i}, meta)
    if i % 2 == 0 then kept[#kept + 1] = object end
  end
  return kept
end}

local clock, step = os.clock, collectgarbage
for _, heap in ipairs(heaps) do
  collectgarbage()
  local live, times, n = heap[2](), {}, 0
  for i = 1, 2048 do times[i] = 0.0 end -- so that it need not grow between the steps
  repeat
    local before = clock()
    local done = step("step", 0)
    local took = clock() - before
    n = n + 1
    times[n] = took * 1e6
  until done
  for i = n + 1, #times do times[i] = nil end
  local sum = 0.0
  for i = 1, n do sum = sum + times[i] end
  table.sort(times)
  print(("%s %d %.1f %.1f %.1f"):format(heap[1], n, sum, times[math.max(1, n * 99 // 100)], times[n]))
end
