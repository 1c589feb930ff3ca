package lualib_test

import (
	"strings"
	"testing"
)

func TestChain(t *testing.T) {
	const script = `
local chain = require "chain"
local order = {}
local function note(what) return function(c) order[#order + 1] = (c and c.name or "") .. what end end

-- Two chains in turns, with waits of all kinds.
local ended = 0
local function done(err, c)
  check("error of " .. c.name, err, nil)
  ended = ended + 1
  order[#order + 1] = c.name .. "!"
end
chain.run({ note "1", note "2", function(c)
  return function(next)
    tmr.create():alarm(2000, tmr.ALARM_SINGLE, function() order[#order + 1] = "tick" next() next("late") end)
  end
end, note "3" }, { name = "a" }, done)
chain.run({ note "1", function() return function(next) next() next("late") end end, note "2" }, { name = "b" }, done)
check("nothing before the first task", #order, 0)

-- Errors.
local errors = {}
local function failed(err, c) errors[#errors + 1] = type(err) == "table" and "table " .. err[1] or tostring(err) end
local never = function() print("WRONG", "a step behind an error") end
chain.run({ function() error("in a step") end, never }, nil, failed)
chain.run({ function() error({ 5 }) end, never }, nil, failed)
chain.run({ function() error(nil) end, never }, nil, failed)
chain.run({ function() return function() error("in a wait") end end, never }, nil, failed)
chain.run({ function() return function(next) next() error("behind next") end end, never }, nil, failed)
chain.run({ function() return function(next) next("told") end end, never }, nil, failed)
raises("too many", "chain: 8 chains are under way", chain.run, {}, nil, failed)
raises("steps", "chain: the steps are no list", chain.run, nil)
raises("done", "chain: done is no function", chain.run, {}, nil, 5)

tmr.create():alarm(10000, tmr.ALARM_SINGLE, function()
  check("order", table.concat(order, " "), "a1 b1 a2 b2 b! tick a3 a!")
  check("ended", ended, 2)
  local text = table.concat(errors, "|")
  for _, what in ipairs { "in a step", "table 5", "nil", "in a wait", "behind next", "told" } do
    check(what, text:find(what, 1, true) ~= nil, true)
  end
  check("errors", #errors, 6)
  -- There is room again, an empty chain ends, and a list may grow.
  local steps = {}
  steps[1] = function(c) c[#c + 1] = "x" if #c < 5 then steps[#steps + 1] = steps[1] end end
  chain.run({}, "context", function(err, c) check("empty", err == nil and c, "context") end)
  chain.run(steps, {}, function(err, c)
    check("grown", #c, 5)
    print "finished"
  end)
end)
`
	everywhere(t, func(t *testing.T, p place) { p.run(t, nil, script, "chain") })
}

// TestChainBounds holds that many steps take no stack and no heap, that a full queue of tasks
// loses nothing, and that chains whose next is lost make room.
func TestChainBounds(t *testing.T) {
	const script = `
local chain = require "chain"
local steps, n, first, last, depth = {}, 0, nil, nil, {} -- depth of odd and even steps
local function step()
  n = n + 1
  local _, lines = debug.traceback():gsub("\n", "")
  depth[n % 2] = depth[n % 2] or lines
  if lines ~= depth[n % 2] then check("depth in step " .. n, lines, depth[n % 2]) end
  if n == 10 then first = heap() end -- the first step makes what stays
  if n == 400 then last = heap() end
  tmr.wdclr()
end
for i = 1, 200 do
  steps[2 * i - 1] = step
  steps[2 * i] = function() return function(next) step() next() end end
end
local function full()
  local posted = 0
  while pcall(node.task.post, node.task.MEDIUM_PRIORITY, function() end) do posted = posted + 1 end
  check("tasks posted", posted > 0, true)
  local ran = 0
  chain.run({ function() ran = ran + 1 end, function() ran = ran + 1 end }, nil, function(err)
    check("in a full queue", err == nil and ran, 2)
    chain.max = 3
    for i = 1, 3 do chain.run({ function() return function() end end }) end -- nobody keeps next
    tmr.create():alarm(3000, tmr.ALARM_SINGLE, function()
      for i = 1, 3 do chain.run({ function() return function(next) kept = { kept, next } end end }) end
      tmr.create():alarm(3000, tmr.ALARM_SINGLE, function()
        raises("kept ones", "3 chains are under way", chain.run, {})
        print "finished"
      end)
    end)
  end)
end
chain.run(steps, nil, function(err)
  check("error", err, nil)
  check("steps", n, 400)
  check("heap", last >= first - 64, true) -- lists of what is to be called have one of two sizes
  full()
end)
`
	everywhere(t, func(t *testing.T, p place) { p.run(t, nil, script, "chain") })
}

// TestChainRaises holds that an error is not lost where nobody wants to hear of it.
func TestChainRaises(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		m := p.start(t, nil, `require("chain").run({ function() error("nobody hears") end }) print "started"`, "chain")
		m.Expect("started")
		m.Expect("nobody hears")
		m.Expect("NodeMCU ") // as with every error in a task
		if out := m.Output(); strings.Count(out, "nobody hears") != 1 {
			t.Errorf("the error is told more than once:\n%s", out)
		}
	})
}
