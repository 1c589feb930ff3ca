-- The library's functions with arguments of all types.
local values = {false, 0, 1, -1, 2.5, 3.0, math.maxinteger, math.mininteger, 1/0, 0/0, "", "abc", "10", "0x1p4", "%", {}, {1, 2, 3}, type, coroutine.create(type)}
local skipped = {
  ["table.concat"] = true, -- long loops
  ["string.rep"] = true,
  ["table.move"] = true,
  ["coroutine.running"] = false,
  ["coroutine.yield"] = false,
}
local function call(name, f, n)
  case(name .. "()", f)
  for i, a in ipairs(values) do
    if not (a == "%" and name == "string.format") then case(name .. " " .. i, f, a) end
    if n > 1 then
      for j, b in ipairs(values) do
        case(name .. " " .. i .. " " .. j, f, a, b)
        case(name .. " nil " .. j, f, nil, b)
        if n > 2 and i % 3 == 0 then
          for k, c in ipairs(values) do case(name .. " " .. i .. " " .. j .. " " .. k, f, a, b, c) end
        end
      end
    end
  end
end
local function each(lib, counts)
  for name, n in (counts .. " "):gmatch("(%w+)=(%d)") do
    local full = lib .. "." .. name
    local f = lib == "_G" and _G[name] or _G[lib][name]
    if not skipped[full] then call(full, f, tonumber(n)) end
  end
end
each("math", "abs=2 ceil=2 floor=2 tointeger=2 fmod=2 ult=2 max=3 min=3 modf=2 type=2 deg=1 rad=1 sqrt=1 random=3 log=2 atan=2 exp=1 sin=1 cos=1 tan=1 asin=1 acos=1 randomseed=1")
each("string", "byte=3 char=3 find=3 format=2 gmatch=2 gsub=3 len=1 lower=1 match=3 reverse=1 sub=3 upper=1 pack=2 packsize=2 unpack=3 dump=1")
each("utf8", "char=2 codepoint=3 codes=2 len=3 offset=3")
each("table", "pack=2 remove=2 unpack=1")
each("_G", "tonumber=2 tostring=2 type=2 select=2 rawlen=2 rawequal=2 rawget=2 ipairs=1 getmetatable=1 next=1 assert=2 error=2 pcall=2")
each("coroutine", "create=1 status=1 wrap=1 isyieldable=1")
-- These change their argument, so it is new every time.
for i, a in ipairs(values) do
  case("insert " .. i, function() local t = {1, 2, 3} table.insert(t, a) return table.unpack(t) end)
  case("insert at " .. i, function() local t = {1, 2, 3} table.insert(t, a, "x") return table.unpack(t) end)
  case("remove at " .. i, function() local t = {1, 2, 3} return table.remove(t, a), table.unpack(t) end)
  case("insert into " .. i, function() if a ~= values[17] then table.insert(a, 1) end end)
  case("rawset " .. i, function() local t = {} rawset(t, a, 1) return next(t) end)
  case("index " .. i, function() local t = {10, 20, 30} return t[a] end)
  case("set " .. i, function() local t = {} t[a] = 1 return next(t) end)
  case("setmetatable " .. i, setmetatable, {}, a)
  case("sort " .. i, table.sort, {3, 1, 2, a})
  case("sort with " .. i, table.sort, {3, 1, 2}, a)
  case("concat " .. i, table.concat, {1, 2.5, "x", a}, ",")
  case("separator " .. i, table.concat, {1, 2.5, "x"}, a)
  case("load " .. i, load, a, "=c", "t")
  case("rep " .. i, string.rep, a, 3)
  case("rep with " .. i, string.rep, "x", 3, a)
end
for _, t in ipairs{math.maxinteger - 2, math.maxinteger - 1, math.maxinteger, math.mininteger, -1, 0, 1} do
  for _, d in ipairs{-1, 0, 1, 2} do
    case("move " .. t .. " " .. d, function() return #table.move({1, 2, 3}, t, t + d, 1) end)
    case("move to " .. t .. " " .. d, function() local r = table.move({1, 2, 3}, 1, d, t) return r[t], r[t + 1], r[t + 2] end)
    case("concat " .. t .. " " .. d, function() return table.concat({[t] = "a", [t + 1] = "b", [t + 2] = "c"}, "-", t, d < 0 and t or t + d) end)
    case("unpack " .. t .. " " .. d, function() return table.unpack({[t] = "a", [t + 1] = "b"}, t, d < 0 and t or t + d) end)
    case("insert " .. t, function() table.insert(setmetatable({}, {__len = function() return t end}), "x") return "done" end)
    case("length " .. t, function() local r = setmetatable({}, {__len = function() return t end}) r[t] = 5 return table.remove(r), #r end)
  end
end
for _, n in ipairs{2.5, "x", 3.0, "3", 1e30} do
  case("length is " .. tostring(n), function() return table.unpack(setmetatable({1, 2, 3}, {__len = function() return n end})) end)
end
-- utf8.
local codes = {0, 1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdfff, 0xfffd, 0xffff, 0x10000, 0x10ffff}
for _, c in ipairs(codes) do
  case("utf8 " .. c, function() local s = utf8.char(c) return s, utf8.codepoint(s), utf8.len(s) end)
  case("escape " .. c, load(("return '\\u{%x}'"):format(c)))
end
for n = 1, 2000 do
  local s = ""
  for _ = 1, draw(6) + 1 do
    s = s .. (draw(3) == 0 and string.char(draw(256)) or utf8.char(codes[draw(#codes) + 1]):sub(1, -1 - draw(5) // 4))
  end
  local i, j = draw(9) - 4, draw(9) - 4
  case("len " .. n, utf8.len, s, i, j)
  case("codepoint " .. n, utf8.codepoint, s, i, j)
  case("offset " .. n, utf8.offset, s, i, j)
  case("codes " .. n, function() local r = {} for p, c in utf8.codes(s) do r[#r + 1] = p .. ":" .. c end return table.concat(r, " ") end)
end
