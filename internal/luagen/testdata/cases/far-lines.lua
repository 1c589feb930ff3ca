-- Line information of a function whose lines are far apart, and of one with many.
local far = assert(load("local a = 1" .. ("\n"):rep(70000) .. "error(a)", "=far"))
print(pcall(far))
local again = assert(load(string.dump(far), "=again"))
print(pcall(again))
local parts = {}
for i = 1, 300 do parts[i] = ("local v%d = %d"):format(i % 100, i) .. ("\n"):rep(i % 7) end
local many = assert(load("do " .. table.concat(parts, "\nend do ") .. " error('last') end", "=many"))
print(pcall(many))
print(#string.dump(far), #string.dump(many), #string.dump(many, 1), #string.dump(many, 2))
