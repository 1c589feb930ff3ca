-- A live tree with much garbage around it.
local function tree(d) if d == 0 then return {} end return {tree(d - 1), tree(d - 1)} end
local function size(t) if not t[1] then return 1 end return 1 + size(t[1]) + size(t[2]) end
local long = tree(14)
local n = 0
for i = 1, 900 do n = n + size(tree(10)) end
print(n, size(long))
