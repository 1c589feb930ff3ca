local function eq(got, want) if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local build = gpio.pulse.build
gpio.mode(1, gpio.OUTPUT) gpio.mode(2, gpio.OUTPUT)

fails("table expected", build)
fails("All entries must be tables", build, {1})
fails("pin number 13 must be in range 0 .. 12", build, {{[13] = 1}})
fails("Unrecognized key found: dalay", build, {{dalay = 1}})
fails("delay of -1 must be in the range 0 .. 64000000 microseconds", build, {{delay = -1}})
fails("delay minimum of 64000001 must be", build, {{min = 64000001}})
fails("Delay of 5 must be between min and max", build, {{delay = 5, min = 6, max = 9}})
local many = {} for i = 1, 101 do many[i] = {} end
fails("table is too large: 101 entries is more than 100", build, many)

local p = build {
  {[1] = 1, [2] = 0, delay = 1000},
  {[1] = 0, [2] = 1, delay = 1000, loop = 1, count = 3},
}
eq(p:cancel(), nil)
eq(p:stop(print), nil)
fails("missing callback", p.start, p)
fails("entry number must be in range 1 .. 2", p.update, p, 3, {})
local t0 = tmr.now()
p:start(function(pos, steps, offset, now)
  eq(pos, nil) eq(steps, 9)                -- four rounds of two, and the end
  assert(now - t0 >= 8000 and offset <= 0)
  eq(gpio.read(1), 0) eq(gpio.read(2), 1)
  -- a long delay in slices, stopped at an entry
  p:update(1, {delay = 2500000})
  local t1 = tmr.now()
  p:start(function() error "replaced" end)
  fails("bad stop position: 3 (valid range 1 - 2)", p.stop, p, 3, print)
  fails("missing callback", p.stop, p, 2)
  eq(p:stop(2, function(at, n)
    eq(at, 2) eq(n, 2)
    assert(tmr.now() - t1 >= 2500000)
    p:start(function() error "cancelled" end)
    local pos2, steps2 = p:cancel()
    eq(pos2, 1) eq(steps2, 1)
    -- delays that may vary
    local q = build {
      {[1] = 1, delay = 1000, min = 500, max = 1500},
      {[1] = 0, delay = 1000, min = 500, max = 1500, loop = 1, count = 9},
    }
    local t2 = tmr.now()
    q:start(function(...)
      eq(select("#", ...), 4)
      assert(tmr.now() - t2 >= 10000)
      local r = build {{delay = 10000}, {loop = 1, count = 100}}
      r:start(function(at2) eq(at2, 2) print "pulse: ok" end)
      eq(r:stop(function(at2) eq(at2, 2) print "pulse: ok" end), true)
    end)
    eq(q:adjust(100), 1)
    eq(p:adjust(1), nil)
  end), true)
end)
fails("pulse operation already in progress", p.start, p, print)
local pos, steps, offset = p:getstate()
assert(pos == steps and (pos == 1 or pos == 2)) -- the task may take a while itself
assert(offset > 0 and offset <= 1000)
