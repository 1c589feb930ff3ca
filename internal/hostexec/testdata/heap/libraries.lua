--- an error while a buffer is open N=100 300 2000
local s = string.rep("ab", N // 2)
for i = 1, 3 do
  pcall(string.gsub, s, "b", function(c) if i then error("in between") end end)
  mark()
  local n = 0
  pcall(string.gsub, s, "b", function(c) n = n + 1 if n == N // 2 then error("at the end") end return "longer" end)
  mark()
  pcall(table.concat, {s, s, {}})
  mark()
  pcall(string.format, "%s %s", s)
  mark()
  pcall(string.pack, "z z", s, "a\0b")
  mark()
end

--- pipe N=1 10 100
local p = pipe.create()
mark()
for i = 1, N do p:write("some text " .. i .. "\n") if i % 5 == 0 then mark() end end
mark()
local s = p:read(20)
mark()
s = p:read("\n+")
mark()
p:unread("again ")
mark()
for line in p:reader("\n") do s = line end
mark()
p = nil
mark()

--- pipe with many buffers N=1 5
local p = pipe.create()
p:write(string.rep("text\n", 100 * N))
mark()
p:unread(string.rep("before\n", 60 * N))
mark()
local o = setmetatable({}, {__add = function() mark() end})
for i = 1, 20 * N do local s = p:read("\n") if i % 5 == 0 then local x = o + s end end
mark()
local s = p:read(700)
mark()
s = p:read("\n+")
mark()

--- struct and bit N=1 10
for i = 1, N do
  local s = struct.pack("<i4hBc0s", i, i, 3, "abc", "zero")
  mark()
  local a, b, c, d = struct.unpack("<i4hBc0s", s)
  mark()
  local n = bit.bor(i, 8) + bit.lshift(1, 3)
  mark()
end
