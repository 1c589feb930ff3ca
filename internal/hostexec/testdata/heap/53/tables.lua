--- keys of all kinds N=1
local t, other = {}, {}
t[1.5] = 1 mark()
t[2.0] = 1 mark()
t[-1] = 1 mark()
t[0] = 1 mark()
t[true] = 1 mark()
t[false] = 1 mark()
t[other] = 1 mark()
t[mark] = 1 mark()
t[print] = 1 mark()
t[io.stdout] = 1 mark()
t["a"] = 1 mark()
t[string.rep("long", 20)] = 1 mark()
t[string.rep("long", 20)] = 2 mark()
t[math.maxinteger] = 1 mark()
t[math.mininteger] = 1 mark()
t[1e30] = 1 mark()
t[coroutine.create(print)] = 1 mark()
for k in pairs(t) do t[k] = nil end
mark()
t[1], t[2], t[3] = 1, 2, 3
mark()

--- unpack and pack N=1 10 100 200
local t = {}
for i = 1, N do t[i] = i end
mark()
local p = table.pack(table.unpack(t))
mark()
p = {table.unpack(t)}
mark()
p = table.move(t, 1, N, 1, {})
mark()
p = table.move(t, 1, N, 5)
mark()
p = select("#", table.unpack(t))
mark()
