--- yield in metamethods and iterators N=1 10 30
local mt = {__add = function(a, b) return coroutine.yield(a) end, __index = function(t, k) return coroutine.yield(k) end,
  __call = function(self, n) return coroutine.yield(n) end, __concat = function() return coroutine.yield("c") end,
  __lt = function() return coroutine.yield(1) end, __newindex = function(t, k, v) coroutine.yield(v) end}
local co = coroutine.wrap(function()
  for i = 1, N do
    local t = setmetatable({}, mt)
    local a = t + 1
    local b = t.x
    local c = t(i)
    local d = t .. "x"
    local e = t < t
    t.y = {}
    for k in function(_, n) return coroutine.yield(n) end do break end
  end
end)
for i = 1, 7 * N do co() if i % 3 == 0 then mark() end end
