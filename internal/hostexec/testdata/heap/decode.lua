--- sjson encode and decode N=1 5 30
local t = {}
for i = 1, N do t[i] = {id = i, name = "item " .. i, list = {1, 2, 3}, flag = true} end
mark()
local s = sjson.encode(t)
mark()
local u = sjson.decode(s)
mark()
s = sjson.encode(u)
mark()
t, u = nil
mark()
local ok, msg = pcall(sjson.decode, s:sub(1, -3))
mark()
ok, msg = pcall(sjson.encode, {print})
mark()

--- sjson in pieces N=1 10
local e = sjson.encoder({list = {1, 2, 3}, text = string.rep("long", 40 * N)})
mark()
local parts = {}
repeat local p = e:read(64) parts[#parts + 1] = p until not p
mark()
e = nil
mark()
local d = sjson.decoder()
for i, p in ipairs(parts) do d:write(p) if i < 5 then mark() end end
mark()
local r = d:result()
mark()
d, r = nil
mark()
