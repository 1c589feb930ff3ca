--- registers of loops N=1 3 7
-- What is left in registers that are no longer in use keeps its object alive. The
-- mark is taken in a metamethod, which is called behind all registers.
local o = setmetatable({}, {__add = function() mark() end})
do for i, v in ipairs{1, 2, 3} do local a = {} end local x = o + 1 end
do for i, v in ipairs{1, 2, 3} do local a, b = i, {} end local x = o + 1 end
do for i, v in ipairs{1, 2, 3} do local a, b, c = i, i, {} end local x = o + 1 end
do for i, v in ipairs{1, 2, 3} do local a, b, c, d = i, i, i, {} end local x = o + 1 end
do for i, v in ipairs{{}, {}, {}} do local a, b, c, d, e = i, i, i, i, {} end local x = o + 1 end
do for i in ipairs{{}, {}, {}} do local a = {i} end local x = o + 1 end
do for i in ipairs{{}, {}, {}} do local a, b, c = {i}, {i}, {i} end local x = o + 1 end
do for i, v, w, u in ipairs{{}, {}, {}} do local a, b, c = {i}, {i}, {i} end local x = o + 1 end
do for i, v in ipairs{{}, {}, {}} do local a, b, c = {i}, {i}, {i} if i == N then break end end local x = o + 1 end
do for k, v in pairs{1, 2, 3} do local a = {} end local x = o + 1 end
do for k, v in pairs{1, 2, 3} do local a, b = 1, {} end local x = o + 1 end
do for k, v in pairs{1, 2, 3} do local a, b, c = 1, 1, {} end local x = o + 1 end
do for k, v in pairs{{}, {}, {}} do local a, b, c, d = 1, 1, 1, {} end local x = o + 1 end
do for k in pairs{{}, {}, {}} do local a = {} end local x = o + 1 end
do for k in pairs{{}, {}, {}} do local a, b, c = {k}, {k}, {k} end local x = o + 1 end
do for k, v, w, u in pairs{{}, {}, {}} do local a, b, c = {k}, {k}, {k} end local x = o + 1 end
do for k, v in pairs{{}, {}, {}} do local a, b, c = {k}, {k}, {k} if k == N then break end end local x = o + 1 end
do for k, v in next, {{}, {}, {}} do local a, b, c = {k}, {k}, {k} end local x = o + 1 end
do for k, v in pairs(setmetatable({}, {__pairs = function(t) return next, {{}, {}}, nil end})) do local a, b = {}, {} end local x = o + 1 end
do for a, b in (function(s, c) if c < 3 then return c + 1, {s} end end), {}, 0 do local c, d, e = {}, {}, {} end local x = o + 1 end
do for w in ("a b c"):gmatch("%w") do local a, b, c = {}, {}, {} end local x = o + 1 end
do for i = 1, 3 do local a, b, c = {}, {}, {} end local x = o + 1 end
do local i = 0 while i < 3 do local a, b, c = {}, {}, {} i = i + 1 end local x = o + 1 end
do local i = 0 repeat local a, b, c = {}, {}, {} i = i + 1 until i > 2 local x = o + 1 end

--- arguments that are missing or too many N=1
local o = setmetatable({}, {__add = function() mark() end})
local function look()
  local x = o + 1
  do
    local a, b, c, d, e, f, g, h, i, j, k, l, m, n, p, q, r, s, t, u, v, w
  end
end
local function two(a, b) return a end
local function var(...) return ... end
local function vararg2(a, b, ...) local c = ... return c end
two() look()
two({}) look()
two({}, {}, {}, {}) look()
var() look()
var({}, {}, {}) look()
vararg2({}) look()
vararg2({}, {}, {}, {}) look()
local x = two({}, {}, {}) x = nil look()
local x, y, z = var({}, {}) x, y, z = nil look()
x = {var({}, {}, {})} x = nil look()
local function deep(n, ...) if n == 0 then return ... end return deep(n - 1, {}, ...) end
deep(5) look()
x = select("#", deep(5)) look()
local function notail(n) if n == 0 then return end local a, b = {}, {} notail(n - 1) return nil end
notail(6) look()
