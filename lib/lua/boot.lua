-- boot: a start that an application which fails at once cannot make an endless circle.
--
--   local boot = require "boot"             -- in init.lua
--   boot.run("main", { tries = 3, good_after = 60, on_failure = function(failures, reason) … end })
--   boot.delay(function() boot.run("main") end, { seconds = 3, pin = 3, level = 0 })
--
-- run starts a module, or a function, as a task. A start that ends in an error, the watchdog or
-- node.restart within good_after seconds has failed. After tries of them one after the other
-- run does not start the application any more: the prompt is there, and on_failure is called,
-- which may start telnet or fetch a new version. What turns the module off and on, the reset
-- button and the end of a deep sleep begin anew with no failures.
--
-- boot.good() says that all is well before the time is over; boot.restart() is node.restart
-- that is no failure, and the way out of the safe mode; boot.failures() is how many there were.
--
-- The number is in two words of RTC memory (slot and slot + 1; 30 if nobody says otherwise), or
-- if the build has no rtcmem in a file, boot.count, which is only written at a failure.
--
-- Cost: a timer until the start is good. A start takes no time and writes nothing.
local M = {}

local magic, file_name = 1836016417, "boot.count"
local slot = 30

-- stored is the number of failures that was kept, 0 if there is none.
local function stored()
  if rtcmem then
    local n, sum = rtcmem.read32(slot, 2)
    return n and sum and n >= -1 and n < 1000 and n + sum == magic and n or 0
  end
  local n = tonumber(file.getcontents(file_name) or "")
  return n and n >= -1 and n < 1000 and n or 0
end

local function store(n)
  if n == stored() then return end
  if rtcmem then return rtcmem.write32(slot, n, magic - n) end
  if n == 0 then return file.remove(file_name) end
  file.putcontents(file_name, ("%d"):format(n))
end

-- failed tells whether a reset for this reason ends a start that was not good: a watchdog, an
-- exception, a restart by software, as it follows an error of Lua.
local function failed(reason) return reason >= 1 and reason <= 4 end

-- counted is the number of failures before this start.
local function counted()
  local _, reason = node.bootreason()
  local n = failed(reason) and math.min(stored() + 1, 900) or 0
  store(n)
  return n, reason
end

local timer
-- after keeps the number of failures that there are if the start lives that long.
local function after(seconds, n)
  timer = tmr.create()
  timer:alarm(seconds * 1000, tmr.ALARM_SINGLE, function()
    timer = nil
    store(n)
  end)
end

-- safe is what there is in place of the application.
local function safe(n, reason, o)
  print(("boot: %d starts have failed, the last one by reason %d: safe mode."):format(n, reason))
  print('require("boot").restart() starts the application again.')
  after(o.good_after, o.tries)
  if o.retry_after then
    tmr.create():alarm(o.retry_after * 1000, tmr.ALARM_SINGLE, function()
      store(o.tries - 2) -- one start that counts as a failure if it is one
      node.restart()
    end)
  end
  -- on_failure may fail as well: then it is tried twice more, and not again.
  if o.on_failure and n < o.tries + 3 then node.task.post(function() o.on_failure(n, reason) end) end
end

local function number(o, name, default, least)
  local v = o[name]
  if v == nil then v = default end
  if v ~= nil and (type(v) ~= "number" or v < least) then error("boot: " .. name .. " is no number of at least " .. least, 3) end
  return v
end

-- run starts a function or a module by its name, unless it has failed too often. It gives true
-- if it will be started.
function M.run(main, options)
  if type(main) ~= "function" and type(main) ~= "string" then error("boot: what is to run is neither a function nor a name", 2) end
  options = options or {}
  if options.on_failure ~= nil and type(options.on_failure) ~= "function" then error("boot: on_failure is no function", 2) end
  local o = { tries = number(options, "tries", 3, 1), good_after = number(options, "good_after", 60, 1),
    retry_after = number(options, "retry_after", nil, 1), on_failure = options.on_failure }
  slot = number(options, "slot", 30, 0)
  local n, reason = counted()
  if n >= o.tries then
    safe(n, reason, o)
    return false
  end
  if n > 0 then after(o.good_after, 0) end
  node.task.post(type(main) == "function" and main or function() require(main) end)
  return true
end

-- failures is how many starts have failed, one after the other.
function M.failures() return math.max(stored(), 0) end

-- good says that this start is a good one, without waiting.
function M.good()
  if timer then timer:unregister() end
  timer = nil
  store(0)
end

-- restart restarts the module; that is no failure, and all before are forgotten.
function M.restart()
  store(-1)
  node.restart()
end

-- stops tells whether the pin says that the application is not to start.
local function stops(o) return o.pin and gpio.read(o.pin) == (o.level or 0) end

-- delay calls main after some seconds, unless a key on the serial port or a level on a pin says
-- no. After a deep sleep it does not wait.
function M.delay(main, options)
  if type(main) ~= "function" then error("boot: what is to run is no function", 2) end
  local o = options or {}
  local left = number(o, "seconds", 3, 0) * 10
  if select(2, node.bootreason()) == 5 then return main() end
  if o.pin then gpio.mode(o.pin, gpio.INPUT, (o.level or 0) == 0 and gpio.PULLUP or gpio.FLOAT) end
  local ticks = tmr.create()
  local function ended(func)
    ticks:unregister()
    uart.on("data")
    if func then return func() end
  end
  local function stop()
    print("boot: stopped")
    ended(o.on_stop)
  end
  print(("boot: any key stops the start within %d s"):format((left + 9 - (left + 9) % 10) / 10))
  uart.on("data", 1, stop, 0)
  ticks:alarm(100, tmr.ALARM_AUTO, function()
    if stops(o) then return stop() end
    left = left - 1
    if left <= 0 then ended(main) end
  end)
end

return M
