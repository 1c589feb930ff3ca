local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function nothing() end

fails("string expected, got no value", cron.schedule)
fails("function expected, got no value", cron.schedule, "* * * * *")
fails("function expected, got nil", cron.schedule, "nonsense", nil)
fails("invalid spec (separator @0)", cron.schedule, "nonsense", nothing)
fails("invalid spec (val 60 out of range 0..59)", cron.schedule, "60 * * * *", nothing)
fails("invalid spec (trailing @10)", cron.schedule, "* * * * * *", nothing)
fails("invalid spec (each 0)", cron.schedule, "*/0 * * * *", nothing)
fails("string expected, got no value", function() cron.schedule("* * * * *", nothing):schedule() end)
fails("function expected, got number", function() cron.schedule("* * * * *", nothing):handler(5) end)
fails("cron.entry expected", function() cron.schedule("* * * * *", nothing).unschedule(io) end)
eq(select("#", cron.reset()), 0)
cron.reset()

local log = {}
local function note(name) return function(e) log[#log + 1] = name .. type(e) end end
local function told(want) eq(table.concat(log, " "), want) log = {} end

-- Saturday, 2000-01-01 00:00:30. The minute that is under way comes first.
rtctime.set(946684830)
local every = cron.schedule("* * * * *", note"every ")
local second = cron.schedule("*/2 * * * *", note"second ")
local once = cron.schedule("1 0 1 1 6", note"once ")
local never = cron.schedule("* * * * 0", note"never ")
local both = cron.schedule("* * 2 * 6", note"both ") -- the day of the month and that of the week

local function after(seconds, f)
  tmr.create():alarm(seconds * 1000, tmr.ALARM_SINGLE, f)
end

after(2, function()
  told"every userdata second userdata"
  after(29, function()
    told"every userdata once userdata"
    second:unschedule() second:unschedule()
    once:schedule("* * * * *")
    every:handler(note"other ")
    after(60, function()
      told"other userdata once userdata"
      second:schedule("3 * * * *")
      every:handler(function(e)
        log[#log + 1] = "error"
        rtctime.set(946684860 + 7 * 86400) -- another Saturday
      end)
      after(60, function()
        told"error once userdata second userdata"
        -- what a function does to the list while it is gone through
        cron.reset()
        cron.schedule("* * * * *", function(e) log[#log + 1] = "a" e:unschedule() end)
        cron.schedule("* * * * *", function(e) log[#log + 1] = "b" end)
        cron.schedule("* * * * *", function(e)
          log[#log + 1] = "c"
          cron.schedule("* * * * *", function() log[#log + 1] = "d" cron.reset() end)
        end)
        cron.schedule("* * * * *", function(e) log[#log + 1] = "e" end)
        after(60, function()
          told"a c e d"
          after(60, function()
            told""
            print("cron: ok")
          end)
        end)
      end)
    end)
  end)
end)
