--- length of strings N=0 1 2 10 38 39 40 41 42 100 255 256 1000
local s = string.rep("x", N)
mark()
local u = string.rep("x", N)
mark()
local v = s .. "y"
mark()
u = "y" .. s .. "z"
mark()
v = s:sub(2)
mark()
s, u, v = nil
mark()

--- rep with a separator N=1 5 30 300
local s = string.rep("ab", N, ", ")
mark()
s = string.rep("", N, "-")
mark()
s = string.rep("ab", 1, "-")
mark()

--- short strings are one N=10 100
local t = {}
for i = 1, N do t[i] = "prefix" .. i % 10 if i % 5 == 0 then mark() end end

--- long strings are many N=10 60
local t = {}
for i = 1, N do t[i] = string.rep("p", 50) .. i % 10 if i % 5 == 0 then mark() end end
t = nil
mark()

--- string table grows and shrinks N=100 300 700
local t = {}
for i = 1, N do t[i] = "str" .. i if i % 25 == 0 then mark() end end
for i = 1, N do t[i] = false if i % 50 == 0 then mark() end end
t = nil
for i = 1, 12 do mark() end

--- concat chains N=1 5 30
local a, b, c = "alpha", string.rep("beta", 20), "c"
for i = 1, N do
  local s = a .. b .. c
  s = s .. i .. 1.5 .. s
  s = a .. (b .. (c .. i))
  s = "" .. a
  s = a .. ""
  mark()
end

--- concat builds up N=20 100
local s = ""
for i = 1, N do s = s .. "line " .. i .. "\n" if i % 4 == 0 then mark() end end
s = nil
mark()

--- numbers to strings N=1 20
for i = 1, N do
  local a, b, c = tostring(i), tostring(i + 0.5), i .. ""
  local d = tostring(-i * 1000) .. tostring(i / 3)
  local e = tonumber(a) + tonumber("0x1p4") + tonumber("10", 2)
  mark()
end

--- tostring of objects N=1
local s = tostring(nil) .. tostring(true)
mark()
s = tostring(setmetatable({}, {__tostring = function() return "custom" end}))
mark()
s = tostring(setmetatable({}, {__name = "name"})):sub(1, 4)
mark()

--- table.concat N=0 1 2 10 100 400
local t = {}
for i = 1, N do t[i] = "item" .. i end
mark()
local s = table.concat(t)
mark()
s = table.concat(t, ", ")
mark()
s = table.concat(t, ", ", N // 2 + 1)
mark()
s, t = nil
mark()

--- table.concat with long items N=1 2 5 20
local t = {}
for i = 1, N do t[i] = string.rep(tostring(i), 150) end
mark()
local s = table.concat(t, "|")
mark()
for i = 1, N do t[i] = i end
s = table.concat(t, "|")
mark()

--- format N=1 10
for i = 1, N do
  local s = string.format("%d %s %q %x", i, "str", "quo\nted", i)
  mark()
  s = string.format("%5.2f|%-10s|%g|%c|%%|%i", i, "left", i / 7, 65, i)
  mark()
  s = string.format("%s %s", {} and "x", string.rep("long", 30))
  mark()
  s = string.format("%q", string.rep("a\"b\0", 20))
  mark()
end

--- format of long strings N=50 99 100 101 200 256 300 512 1000 2000
local long = string.rep("x", N)
mark()
local s = string.format("%s", long)
mark()
s = string.format("%s%s", long, long)
mark()
s = string.format("%q", long)
mark()
s = string.format("%10s|%s", "a", long)
mark()

--- gsub N=1 10 100 400
local text = string.rep("hello world ", N)
mark()
local s = text:gsub("o", "0")
mark()
s = text:gsub("%w+", "<%0>")
mark()
s = text:gsub("(%w+) (%w+)", "%2 %1")
mark()
s = text:gsub("%w+", {hello = "bye", world = false})
mark()
s = text:gsub("%w+", function(w) return #w > 3 and w:upper() end)
mark()
s = text:gsub("nothing", "x")
mark()
s = text:gsub("", "-")
mark()

--- find and match N=1 10 50
local text = string.rep("key=value; ", N)
mark()
local a, b, k, v = text:find("(%w+)=(%w+)")
mark()
for k, v in text:gmatch("(%w+)=(%w+)") do local t = k .. v end
mark()
for w in text:gmatch("%a+") do end
mark()
local c = {text:match("((%w)(%w)(%w))=(()%w+)")}
mark()
local p = text:find("value", 1, true)
mark()
c = {text:byte(1, -1)}
mark()
c = string.char(text:byte(1, 10))
mark()

--- upper, lower, reverse N=10 40 41 200 1000
local s = string.rep("aB", N // 2)
mark()
local u = s:upper()
mark()
u = s:lower()
mark()
u = s:reverse()
mark()
u = s:sub(3, -3)
mark()
u = nil
mark()

--- reading lines out of a string N=3 50
local text = string.rep("one line of text\n", N)
local lines = {}
for line in text:gmatch("([^\n]*)\n") do lines[#lines + 1] = line .. #lines if #lines % 5 == 0 then mark() end end
mark()
local joined = table.concat(lines, "\n")
mark()
lines = nil
mark()

--- strings as numbers N=10
local sum = 0
for i = 1, N do sum = sum + ("" .. i) * "2" mark() end
for i = "1", "3" do mark() end
