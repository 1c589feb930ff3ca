-- Statements, scopes, goto, closures, varargs; messages of the compiler.
local function f(...) return select("#", ...), ... end
print(f(), (f(1, nil, nil)), f(nil, nil))
print((f(1, 2, 3)))
local t = {f(1, 2), f(3, 4), [10] = 5, x = f(), f(6, 7)}
print(#t, t[1], t[2], t[3], t[4], t[5], t.x, t[10])
print(pcall(select, 0), select(-1, 1, 2, 3), pcall(select, -5, 1))

-- multiple assignment evaluates before it assigns
do
  local i, a = 1, {10, 20, 30}
  i, a[i] = i + 1, 99
  print(i, a[1], a[2])
  local x, y, z = (function() return 1, 2, 3 end)()
  x, y = y, x
  print(x, y, z)
end

-- closures share and keep upvalues
local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end
local inc, get = counter()
inc() inc()
print(get(), (counter())())
local fs = {}
for i = 1, 3 do
  local j = i * 10
  fs[#fs + 1] = function(d) i = i + (d or 0) j = j + 1 return i, j end
end
print(fs[1](5), fs[1](), fs[2](), fs[3]())
do
  local k, loops = 0, {}
  while k < 3 do
    local up = k
    loops[k] = function() up = up + 100 return up end
    k = k + 1
    if k == 2 then goto continue end
    loops[k - 1]()
    ::continue::
  end
  print(loops[0](), loops[1](), loops[2]())
end
do
  local all = {}
  do
    local i = 1
    ::top::
    local fresh = i
    all[i] = function() return fresh end
    i = i + 1
    if i <= 3 then goto top end
  end
  print(all[1](), all[2](), all[3]())
end
repeat
  local done = true
  local f = function() return done end
until f()

-- tail calls do not use the stack
local function down(n) if n == 0 then return "bottom" end return down(n - 1) end
print(down(100000))

-- operators: precedence and short circuit
print(1 + 2 * 3 ^ 2 ^ 0.5 // 1, -2 ^ 2, not nil == true, 1 .. 2 == "12", 2 * 3 % 4, 1 << 2 + 1, 7 & 3 | 8 ~ 1, "a" .. "b" == "ab" and 1 < 2)
print(nil and error(), false or nil, nil or false, 1 and 2, false and 1 or 3, nil == false)
local n = 0
local function side(x) n = n + 1 return x end
print(side(false) and side(1), side(1) or side(2), n)

-- literals
print("\65\066\x41\u{20AC}\z
       next", 'a\
b', "\a\b\f\v" == "\7\8\12\11", [[
first newline is dropped]], [==[ ]] ]=] ]==], #"\0\0", 0x.1p4, 0xA, 3., .5e1, 1e2)
print(#[[

x]])

-- goto
do
  local log = {}
  for i = 1, 3 do
    for j = 1, 3 do
      if j == 2 then goto next_i end
      log[#log + 1] = i .. ":" .. j
    end
    ::next_i::
  end
  print(table.concat(log, " "))
end

-- the compiler's messages
for _, code in ipairs{
  "x = ", "x = = 1", "for i = 1 do end", "local function end", "goto nowhere", "break", "::a:: ::a::", "do local x goto e; local y ::e:: print(y) end",
  "x = 'abc", "x = [[abc", "--[[ abc", "x = '\\q'", "x = '\\300'", "x = '\\u{110000000}'", "x = '\\xZ'", "x = 1e", "x = 0x", "x = 3x", "x = '\n'",
  "return return", "f() = 1", "(a) = 1", "a.b:c = 1", "local a.b = 1", "...", "function f() return ... end", "if x then", "if x then else elseif y then end",
  "while true", "repeat until", "for a, b, c", "for 1 = 2, 3 do end", "x = }", "x = {1, 2", "x = (1", "return 1,", "local 1", "a b", "@", "x = ~", "x = 1 .. ", "\27Lua",
  "x = ''' ''", "end", "until x", "local function f() end end", "for i in 1, 2 do", "x = #", "t = {[1 = 2}", "t = {x = }", "f(1,)", "x = y z", "goto 1", "::x", "x = a.1", "x = a:b",
} do
  print((select(2, load(code, "=c"))))
end
print(load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300), "=deep"))
print(load(("do "):rep(250) .. ("end "):rep(250), "=deep"))
print(load("local " .. ("a,"):rep(250) .. "a", "=locals"))
do
  local b = {}
  for i = 1, 300 do b[i] = "local a" .. i end
  print(load(table.concat(b, "\n"), "=locals"))
  for i = 1, 100 do b[i] = "a" .. i end
  local outer = {}
  for l = 1, 3 do outer[l] = "local " .. table.concat(b, ("_%d, "):format(l), 1, 100) .. "_" .. l end
end
print(#load("return {" .. ("1,"):rep(1000) .. "}")(), select("#", load("return " .. ("1,"):rep(200) .. "1")()))
local many = {}
for i = 1, 600 do many[i] = ("x%d = %d.5"):format(i, i) end
local env = {}
load(table.concat(many, "\n"), "=k", "t", env)()
print(env.x1, env.x255, env.x256, env.x257, env.x600)

-- load: environment, mode, reader
print(load("x = 1; return x", "=e", "t", {}) ())
print(load("return 1", "=m", "b"))
print(load(string.dump(function() return 1 end), "=m", "t"))
local parts, at = {"return ", "1 ", nil, "+ 1"}, 0
print(load(function() at = at + 1 return parts[at] end)())
print(load(function() return 1 < 2 end))
print(pcall(load, function() error("in reader", 0) end))
print(load("syntax error here", "@file.lua"))
print(load("syntax error here", "a chunk\nwith two lines"))
print(load("x x", "=" .. ("n"):rep(100)))
print(load("x x", "@" .. ("n"):rep(100)))
print(load("x x", ("n"):rep(100)))
