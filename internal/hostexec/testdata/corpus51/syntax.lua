-- Broken sources: each token of working ones left out, twice, or another one in its place; what compiles is dumped.
local sources = {
  "local a, b = 1, 'x' ; a = b .. 2", "return f(1, 2).x[3]:m 'str' {k = 1}", "for i = 1, 10, 2 do print(i) end", "for k, v in pairs(t) do t[k] = nil end", "while not x do x = x + 1 break end",
  "repeat local y = 5 until y > 4", "if a then return elseif b then c() else d() end", "function t.a.b:c(x, ...) return ... end", "local function f(a, ...) return a, arg end", "do local x <const> = 1 end",
  "t = {1, 2; x = 3, ['y'] = 4, f(), [1] = {}}", "a, b.c, d[1] = 1, 2, 3", "return -x ^ 2 + not y and #z or 'q'", "x = [[long]] .. [==[l]==] -- c", "goto x", "return 0x1F, 1e1, .5, 5., 1..2", "f = function(...) local a = {...} end",
  "return (a)(b).c", "f{g}'h'[[i]]", "local t = {} ; (t or u).x = 5", "return \"\\65\\n\\z\\x41\\\"\"", "--[[ x\n]] y = 1", "a.b:c(1)", "return a == b ~= c < d <= e > f >= g", "return a // b & c | d ~ e << 1", "break", "return return", "x = }", "local x = function() end()",
  "a = b\n(c)()", "for a.b = 1, 2 do end", "for i = 1 do end", "f() = 1", "local a.b = 1", "x:y = 1", "return ...", "function f() return ... end", "local function a.b() end", "= 1", "'x'", "1", "a", "a.b", "f", "(f)", "(f)()", "a,b", "::l::", "return 1;;",
}
local others = {"(", ")", "{", "}", "[", "]", "end", "do", "then", "=", ",", ";", ":", ".", "..", "...", "x", "1", "'s'", "+", "not", "function", "local", "return", "nil", "==", "if", "#", "\"", "[[", "--", "$", "\\", "0x", "1e", "@", "~", "until", "else"}
local function tokens(s)
  local t, i = {}, 1
  while i <= #s do
    local a, e = s:find("^%s+", i)
    if not a then a, e = s:find("^[%w_]+", i) end
    if not a then a, e = s:find("^%.+", i) end
    if not a then a, e = s:find("^'[^']*'", i) end
    if not a then e = i end
    t[#t + 1] = s:sub(i, e)
    i = e + 1
  end
  return t
end
local function hash(s)
  local h = 7
  for i = 1, #s do h = (h * 31 + s:byte(i)) % 1000003 end
  return h
end
local function try(s)
  if not chosen() then return end
  local f, m = loadstring(s, "=s")
  if f then line(s, hash(string.dump(f))) else line(s, m) end
end
for _, s in ipairs(sources) do
  try(s)
  local t = tokens(s)
  for i = 1, #t do
    if not t[i]:find("^%s") then
      local before, after = concat(t, "", 1, i - 1), concat(t, "", i + 1)
      try(before .. after) try(before .. t[i] .. " " .. t[i] .. after) try(before)
      for _, o in ipairs(others) do try(before .. o .. after) if i % 3 == 0 then try(before .. t[i] .. " " .. o .. " " .. after) end end
    end
  end
end
for _, s in ipairs{"x = 'a\nb'", "x = 'abc", "x = \"abc\\", "x = [[abc", "x = [=[abc]]", "x = [=abc", "--[[abc", "--[==[abc]]", "x = '\\300'", "x = '\\999'", "x = '\\25a'", "x = '\\\n'", "x = '\\\r\n'", "\r\nx = = 1", "\n\r\n\rx = = 1", "#!shell\nx = = 1",
  "x = 1\0y = 2", "x = '\0'", "x = \0", "\255x = 1", "x\128 = 1", "é = 1 y = = 2", "x = 3x", "x = 3.4.5", "x = 0x1g", "x = 08", "x = 1e+-1", "x = 1.e", "x = ..1", "x = 1 .. 2", "a = '" .. ("x"):rep(300) .. "' = 1", "a." .. ("b"):rep(200) .. " = = 1", "x = [[" .. ("y"):rep(100) .. "\n\n]] = 1",
  "return '\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"'", "return '\\q\\x\\z\\u'", "return [[\nx]]", "return [[\r\nx]]", "return [[x\r\ny\n\rz]]", "return '\\1\\12\\123\\0'", "return 'a\\\nb'", "x = ~1", "x = !1", "x = a ! b", "x = a ~ b", "x = a & b", "x = `a`", "x = a ? b : c", "x = @"} do
  try(s)
  case("run", function() return assert(loadstring(s, "=s"))() end)
end
-- Limits.
local function many(n, f, sep) local t = {} for i = 1, n do t[i] = f(i) end return concat(t, sep) end
for _, n in ipairs{10, 48, 49, 50, 51, 59, 60, 61, 100, 190, 198, 199, 200, 201, 248, 249, 250, 251, 252, 255, 256, 300, 511, 512, 513} do
  local function v(i) return "v" .. i end
  local function id(x) return function() return x end end
  local list = {"local " .. many(n, v, ", "), "local a = {" .. many(n, v, ", ") .. "}", "f(" .. many(n, v, ", ") .. ")", "return " .. many(n, v, " .. "), "return " .. many(n, v, " + "), "return " .. many(n, id("("), "") .. "1" .. many(n, id(")"), ""),
    "return " .. many(n, id("{"), "") .. many(n, id("}"), ""), "return " .. many(n, id("-"), " ") .. "x", "return " .. many(n, id("not "), "") .. "x", "x = " .. many(n, id("function() return "), "") .. "1" .. many(n, id(" end"), ""),
    many(n, id("do "), "") .. many(n, id(" end"), ""), "a" .. many(n, id("(1)"), ""), "a" .. many(n, id(".b"), "") .. " = 1", many(n, v, ", ") .. " = 1", "function f(" .. many(n, v, ", ") .. ") end", "local function g() " .. many(n, function(i) return "local x" .. i .. " = " .. i end, " ") .. " end",
    "return " .. many(n, v, " ^ "), "return " .. many(n, v, " == "), "return " .. many(n, id("a and (b or "), "") .. "c" .. many(n, id(")"), ""), many(n, id("if x then "), "") .. many(n, id(" end"), ""), many(n, id("while x do "), "") .. many(n, id(" end"), ""),
    many(n, id("for i = 1, 2 do "), "") .. many(n, id(" end"), ""), many(n, id("repeat "), "") .. many(n, id(" until x"), ""), "return {" .. many(n, function(i) return "k" .. i .. " = " .. i end, ", ") .. "}", "return " .. many(n, function(i) return i + 0 end, ", "),
    many(n > 100 and 4 or 2, function(k) return "local " .. many(n > 100 and 48 or 24, function(i) return "u" .. k .. "_" .. i end, ", ") end, " ") .. " return function() return " .. many(n > 49 and 49 or n, function(i) return "u1_" .. (i > 24 and 24 or i) end, ", ") .. " end"}
  for k, s in ipairs(list) do
    if chosen() then
      local f, m = loadstring(s, "=limit")
      line("limit " .. n .. " " .. k, f and hash(string.dump(f)) or m)
    end
  end
end
for _, s in ipairs{"return 1\0", "return 1\0\0", "return 1\0+5", "return 12\0x", "return 1\0e5", "x = a .\0 b", "x = 'a' .\0 'b' return x", "return .\0\0", "return .\0.", "f(.\0)", "function f(.\0\0) end", "x = 1\0.5", "return 0x\0", "return 1.\0005"} do
  try(s) try(s .. " y = 1") case("run", function() return assert(loadstring(s, "=s"))() end)
end
