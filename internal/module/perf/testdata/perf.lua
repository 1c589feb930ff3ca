-- The manual's example.
assert(select("#", perf.stop()) == 0)
perf.start()
for j = 0, 100 do
  str = "str" .. j
end
tot, out, tbl, binsize = perf.stop()
assert(tot > 0 and tot == out and next(tbl) == nil and binsize == 4096, binsize)
assert(select("#", perf.stop()) == 0)

local function size(...) perf.start(...) return (select(4, perf.stop())) end
assert(size(0, 1024, 1024) == 1)
assert(size(0, 1025, 1024) == 2)
assert(size(0, 1000, 1) == 1024)
assert(size(0x40200000, 0x40210000, 16) == 4096)
assert(size(0, -1, 2) == test.mininteger or size(0, -1, 2) == 0x80000000)
local function fails(want, ...)
  local fine, message = pcall(perf.start, ...)
  assert(not fine and message:find(want, 1, true), message)
end
fails("end must be larger than start", 5, 5)
fails("end must be larger than start", 5, 4)
fails("at least one bin expected", 0, 5, 0)
fails("number expected, got string", "x")
fails("memory", 0, -1, -1)
perf.start()
perf.start(0, 16, 16) -- instead of the other
assert(select(4, perf.stop()) == 1)
print "perf: ok"
