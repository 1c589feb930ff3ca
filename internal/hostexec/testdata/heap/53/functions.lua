--- upvalues closed by goto and break N=10 40
local keep = {}
local i = 1
::again::
do
  local v = {i}
  keep[#keep + 1] = function() return v end
  i = i + 1
  if i % 3 == 0 then mark() end
  if i <= N then goto again end
end
while true do
  local v = {i}
  keep[1] = function() return v end
  if v then break end
end
mark()
repeat
  local v = {i}
  keep[2] = function() return v end
  i = i - 1
until v[1] < 3
mark()

--- debug functions N=5
local a, b, c = 1, {}, "x"
local function f() return a, b end
local function g() return c end
for i = 1, N do
  local info = debug.getinfo(1)
  mark()
  info = debug.getinfo(f, "nSlutfL")
  mark()
  local n, v = debug.getlocal(1, 1)
  n, v = debug.getupvalue(f, 2)
  mark()
  debug.setupvalue(f, 1, {i})
  mark()
  debug.upvaluejoin(f, 1, g, 1)
  mark()
  local s = debug.traceback("message", 1)
  mark()
  f = function() return a, b end
end
