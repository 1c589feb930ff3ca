--- finalizers and weak tables N=20
local weak = setmetatable({}, {__mode = "k"})
local mt = {__gc = function(o) weak[o] = nil end}
for i = 1, N do local o = setmetatable({}, mt) weak[o] = {i} if i % 3 == 0 then mark() end end
for i = 1, 6 do mark() end

