local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function none(...) eq(select("#", ...), 0, "results") end
local f = function() end

eq(rotary.PRESS, 1) eq(rotary.LONGPRESS, 2) eq(rotary.RELEASE, 4)
eq(rotary.TURN, 8) eq(rotary.CLICK, 16) eq(rotary.DBLCLICK, 32) eq(rotary.ALL, 63)
for _, name in ipairs { "setup", "close", "on", "getpos" } do
  fails("rotary 3 does not exist", rotary[name], 3, 1, 2)
  fails("rotary -1 does not exist", rotary[name], -1, 1, 2)
  fails("number expected, got no value", rotary[name])
end
none(rotary.close(0)) none(rotary.getpos(0)) none(rotary.on(0, rotary.ALL))
fails("Unable to set callback.", rotary.on, 0, rotary.TURN, f)
fails("number expected, got no value", rotary.on, 0)
fails("number expected, got no value", rotary.setup, 0)
fails("number expected, got no value", rotary.setup, 0, 1)
fails("bad argument #2", rotary.setup, 0, 0, 2)
fails("Invalid pin", rotary.setup, 0, 13, 2)
fails("bad argument #3", rotary.setup, 0, 1, 0)
fails("bad argument #4", rotary.setup, 0, 1, 2, 0)
fails("number expected, got nil", rotary.setup, 0, 1, 2, nil)
fails("bad argument #5", rotary.setup, 0, 1, 2, 5, 0)
fails("Invalid timeout", rotary.setup, 0, 1, 2, 5, 100, -1)
none(rotary.getpos(0))
none(rotary.on(0, rotary.TURN, f))
none(rotary.setup(0, 1, 2, 5, 400, 300))
eq(select("#", rotary.getpos(0)), 2)
local pos, press = rotary.getpos(0)
eq(pos, 0) eq(press, rotary.RELEASE)
fails("Unable to set callback.", rotary.on, 0, rotary.TURN, 5)
none(rotary.on(0, 0, 5)) none(rotary.on(0, rotary.ALL, f)) none(rotary.on(0, rotary.ALL, f)) none(rotary.on(0, rotary.ALL))
none(rotary.setup(1, 6, 7)) none(rotary.setup(2, 8, 9)) none(rotary.setup(0, 1, 2, 5))
none(rotary.close(0)) none(rotary.close(0)) none(rotary.close(1)) none(rotary.close(2))
none(rotary.getpos(0))
print("rotary: ok")
