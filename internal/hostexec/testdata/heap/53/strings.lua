--- string.char N=1 40 41 100 200
local t = {}
for i = 1, N do t[i] = 64 + i % 26 end
mark()
local s = string.char(table.unpack(t))
mark()
s = utf8.char(table.unpack(t))
mark()

--- utf8 N=1 10 60
local t = {}
for i = 1, N do t[i] = 0x400 + i end
local s = utf8.char(table.unpack(t))
mark()
local n = utf8.len(s)
mark()
for p, c in utf8.codes(s) do n = n + c end
mark()
t = {utf8.codepoint(s, 1, -1)}
mark()
n = utf8.offset(s, -1)
mark()

--- pack N=1 10 60
local s = ""
for i = 1, N do
  s = s .. string.pack("<i4 z s1 B", i, "zero", "counted", i & 255)
  if i % 3 == 0 then mark() end
end
local p, out = 1, {}
for i = 1, N do
  local a, b, c, d
  a, b, c, d, p = string.unpack("<i4 z s1 B", s, p)
  out[i] = {a, b, c, d}
  if i % 3 == 0 then mark() end
end
mark()
s = string.pack("s4", string.rep("x", N * 20))
mark()
s = string.unpack("s4", s)
mark()
s = string.pack("c" .. N * 10, "abc")
mark()

--- escapes and literals N=1
local a = "\u{20AC}\x41\65\z
           end"
mark()
local b = [==[
long
literal]==]
mark()
local c = load("return '" .. string.rep("y", 60) .. "'")
mark()
local d, e = c(), c()
mark()
