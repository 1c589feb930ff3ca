--- files N=1 20
local name = "heapcount.tmp"
for i = 1, N do
  local f = io.open(name, "w")
  f:write("line one\n", "line two\n", i, "\n", i + 0.5, "\n")
  f:close()
  mark()
  f = io.open(name)
  local a, b, c = f:read("l", "L", "n")
  mark()
  f:seek("set", 0)
  local all = f:read("a")
  mark()
  f:close()
  for line in io.lines(name) do local l = line end
  mark()
end
os.remove(name)
for i = 1, 4 do mark() end

--- files that nobody closes N=3 10
local name = "heapcount.tmp"
for i = 1, N do local f = io.open(name, "w") f:write(i) mark() end
for i = 1, 6 do mark() end
os.remove(name)

--- a standard file that nobody has N=1
io.stderr = nil
for i = 1, 5 do local t = {i} mark() end

--- long lines N=10 100 255 256 257 512 513 1024 3000
local name = "heapcount.tmp"
local f = io.open(name, "w")
f:write(string.rep("x", N), "\n", string.rep("y", N), "\n")
f:close()
mark()
f = io.open(name)
local s = f:read("l")
mark()
s = f:read("L")
mark()
f:seek("set", 0)
s = f:read(N)
mark()
f:seek("set", 0)
s = f:read("a")
mark()
f:seek("set", 0)
for l in f:lines() do s = l mark() end
f:close()
os.remove(name)
s = nil
mark()

--- buffers of the library N=100 250 255 256 257 400 511 512 513 1023 1024 1025 2047 2049 5000
-- What a luaL_Buffer holds goes to a userdata when it is longer than its own room.
local s = string.rep("ab", N // 2)
mark()
local u = s:upper()
mark()
u = s:gsub("a", "c")
mark()
u = s:gsub("a", "cc")
mark()
u = table.concat({s, s}, "-")
mark()
u = string.format("%s!%s!", s, "tail")
mark()
u = s:reverse()
mark()
u = string.pack("s4", s)
mark()
u = s:gsub(".", function(c) return c end)
mark()
u = s .. s
mark()
u = string.rep(s, 3, ",")
mark()
u = nil
mark()

--- os functions N=1 5
for i = 1, N do
  local t = os.date("*t", 86400 * i)
  mark()
  local s = os.date("!%Y-%m-%d %H:%M:%S", i)
  mark()
  local n = os.time{year = 2020, month = 1, day = i, hour = 12}
  mark()
  s = os.getenv("NO_SUCH_VARIABLE")
  mark()
end

--- math N=10
local x = 0
for i = 1, N do
  x = x + math.sin(i) + math.floor(i / 3) + math.max(i, 2.5) + math.fmod(i, 3)
  local a = math.tointeger(3.0) or math.type(1)
  mark()
end

--- hooks N=3
for i = 1, N do
  local n = 0
  debug.sethook(function(e, l) n = n + 1 end, "l")
  local x = 1
  x = x + 1
  debug.sethook()
  mark()
  debug.sethook(function() n = n + 1 end, "crl", 10)
  local t = {}
  for j = 1, 10 do t[j] = tostring(j) end
  debug.sethook()
  mark()
  local h = debug.gethook()
  mark()
end

--- user values and metatables of userdata N=3
local f = io.tmpfile and io.stdout
for i = 1, N do
  debug.setuservalue(f, {i})
  mark()
  debug.setmetatable(10, {__index = {i}})
  mark()
  debug.setmetatable(10, nil)
  mark()
  debug.setuservalue(f, nil)
  mark()
end
