-- Errors at run time: what is said of globals, fields, methods, locals, upvalues, constants, and where.
local operands = {{"nil", "nil"}, {"true", "boolean"}, {"{}", "table"}, {"'x'", "string"}, {"print", "function"}, {"5", "number"}, {"'7'", "numeral"}, {"newproxy()", "userdata"},
  {"coroutine.create(print2)", "thread"}}
function print2() end
local places = {
  {"global", "g = V", "g"}, {"local", "local a = V", "a"}, {"field", "t = {f = V}", "t.f"}, {"deep", "t = {f = {h = V}}", "t.f.h"}, {"index", "t = {[1] = V}", "t[1]"},
  {"upvalue", "local u = V local function inner() return u end", "u"}, {"result", "local function r() return V end", "r()"}, {"paren", "g = V", "(g)"},
  {"const", "t = {['a b'] = V}", "t['a b']"}, {"var", "local k = 'f' t = {f = V}", "t[k]"}, {"vararg", "", "(...)"}, {"string", "", "('abc').n"}, {"_G", "g = V", "_G.g"}, {"rom", "", "string.nothing"},
}
local uses = {
  "return E.x", "E.x = 1", "return E[1]", "E[1] = 1", "return E()", "return E.x()", "return E:m()", "return E:m().x", "return E.x.y", "return -E", "return #E", "return E + 1", "return 1 + E", "return E - E",
  "return E * 2", "return E / 2", "return E % 2", "return E ^ 2", "return 2 ^ E", "return E .. 'x'", "return 'x' .. E", "return 'a' .. E .. 'b' .. E", "return E < 1", "return 1 < E", "return E <= 'x'", "return E > {}", "return E < E",
  "return E <= nil", "for i = E, 2 do end", "for i = 1, E do end", "for i = 1, 2, E do end", "for k in E do return k end", "for k in pairs(E) do return k end", "for k in ipairs(E) do return k end", "return unpack(E)",
  "return E == 1, E ~= E", "return not E", "E[nil] = 1", "return E[nil]", "return (E)(1)(2)", "local b = E return b.c.d", "if E.a then return 1 end", "while E.a do return end", "return {E.a}", "return function() return E.a end",
  "return pcall(E)", "return tostring(E):sub(1, 4)", "return select(E, 1)", "return setmetatable(E, {})", "error(E)", "error(E, 2)", "error(E, 0)", "assert(E, 'm')", "assert(false, E)", "return next(E)", "return rawget(E, 1)",
  "return string.rep(E, 2)", "return E:rep(2)", "return E:upper()", "return math.floor(E)", "return table.concat(E)", "return tonumber(E)", "E = E + 1 return E", "return E.a.b.c.d", "local a, b = E.x, E.y",
  "return E and E.z", "return E or E.z", "return (function(...) return ... end)(E).x", "return coroutine.resume(E)", "return coroutine.wrap(E)()", "return xpcall(E, E)", "return require(E)",
}
local n = 0
for _, p in ipairs(places) do
  for _, o in ipairs(operands) do
    for _, u in ipairs(uses) do
      n = n + 1
      if chosen() then
        local code = p[2]:gsub("V", function() return o[1] end) .. "\n\n" .. u:gsub("E", function() return p[3] end)
        local f, m = loadstring(code, n % 3 == 0 and "=chunk" or n % 3 == 1 and "@file.lua" or code)
        if not f then line(p[1] .. " " .. o[2] .. " " .. u, m) else line(p[1] .. " " .. o[2] .. " " .. u, pcall(f, loadstring("return " .. o[1])())) end
        if f and n % 4 == 0 then line("traceback", xpcall(f, debug.traceback)) end
      end
    end
  end
end
-- Names of chunks, as messages have them.
for _, name in ipairs{"=x", "@x.lua", "x = 1", "x = 1\ny = 2", "=" .. ("a"):rep(100), "@" .. ("b"):rep(100), ("c"):rep(100), ("d"):rep(30) .. "\n", "", "=", "@", "\n", "a\nb", "=a\nb", "@a\nb", "a\0b", "=a\0b", "é" .. ("f"):rep(70)} do
  case("name", assert(loadstring("error('m')", name))) case("name", assert(loadstring("local x = nil; x.y = 1", name)))
  case("name", loadstring, "x = = 1", name) case("name", assert(loadstring("return debug.traceback('t')", name)))
end
