-- The library table, and the order in which pairs goes. Left out: unpack of more values than an int can count, where C crashes.
local function fill(s) local t = {} for k, v in s:gmatch("(%S+)=(%S+)") do t[tonumber(k) or k] = tonumber(v) or v end return t end
local function text(t) local n, r = 0, {} for k, v in pairs(t) do n = n + 1 r[n] = tostring(k) .. "=" .. tostring(v) end return concat(r, " ") .. " #" .. #t end
local samples = {"", "1=a", "1=a 2=b 3=c", "1=a 3=c", "2=b", "1=1 2=2 3=3 4=4 5=5", "x=1 y=2", "1=a x=b", "0=z 1=a 2=b", "1=5 2=3 3=9 4=1 5=7 6=2", "1=a 2=7 3=c", "-1=a", "1=a 2=b 4=d 8=h 16=p", "10=x 20=y 30=z"}
for _, s in ipairs(samples) do
  for i = -1, 7 do
    case("insert", function() local t = fill(s) table.insert(t, i, "N") return text(t) end) case("remove", function() local t = fill(s) local r, q = table.remove(t, i) return r, q, text(t) end)
    for j = -1, 6 do case("concat", function() return concat(fill(s), ",", i, j) end) case("unpack", function() return unpack(fill(s), i, j) end) end
    case("concat", function() return concat(fill(s), i) end) case("concat", function() return concat(fill(s), "", i) end) case("unpack", function() return unpack(fill(s), i) end) case("select", function() return select(i, unpack(fill(s))) end)
  end
  case("insert", function() local t = fill(s) table.insert(t, "N") return text(t) end) case("remove", function() local t = fill(s) return table.remove(t), text(t) end) case("concat", function() return concat(fill(s)) end)
  case("maxn", function() return table.maxn(fill(s)) end) case("getn", function() return table.getn(fill(s)) end) case("setn", function() return table.setn(fill(s), 3) end) case("#", function() return #fill(s) end) case("text", function() return text(fill(s)) end)
  case("foreach", function() local r = {} table.foreach(fill(s), function(k, v) r[#r + 1] = k .. v end) return concat(r, " ") end) case("foreachi", function() local r = {} table.foreachi(fill(s), function(k, v) r[#r + 1] = k .. v end) return concat(r, " ") end)
  case("foreach", function() return table.foreach(fill(s), function(k, v) if v == "b" then return k end end) end) case("foreachi", function() return table.foreachi(fill(s), function(k, v) if v == "b" then return k, 2 end end) end)
  case("ipairs", function() local r = {} for i, v in ipairs(fill(s)) do r[i] = v end return concat(r, " ") end) case("next", function() local t = fill(s) return next(t), next(t, (next(t))) end)
  for _, f in ipairs{function(a, b) return a < b end, function(a, b) return a > b end, function() return true end, function() return false end, function(a, b) return tostring(a) < tostring(b) end, function(a, b) error("cmp") end, function() end} do
    case("sort", function() local t = fill(s) table.sort(t, f) return text(t) end)
  end
  case("sort", function() local t = fill(s) table.sort(t) return text(t) end)
end
for i = 1, 600 do
  local t, n = {}, draw(40)
  for k = 1, n do t[k] = draw(30) end
  local bad, steps = draw(7), 0
  case("sorts", function() table.sort(t) return concat(t, " ") end) case("sorts", function() table.sort(t, function(a, b) steps = steps + 1 return a > b end) return steps, concat(t, " ") end)
  for k = 1, n do t[k] = draw(1000) end
  case("badly", function() local u = 0 table.sort(t, function(a, b) u = u + 1 if u > 3000 then error("no end", 0) end return (u * bad + a) % 3 == 0 end) return concat(t, " ") end) case("badly", function() local u = 0 table.sort(t, function(a, b) u = u + 1 if u > 3000 then error("no end", 0) end return a <= b end) return concat(t, " ") end)
  for k = 1, n do t[k] = ("k"):rep(draw(4)) .. draw(50) end
  case("strings", function() table.sort(t) return concat(t, " ") end)
end
-- The order of pairs, with holes, removals, strings, booleans and fractions.
local words = {"a", "b", "c", "x", "y", "z", "one", "two", "three", "key", "value", "index", "name", "__index", "a longer key than the others", "", " ", "n", "10", "id", "type", "self", "end"}
local function key() local d = draw(12) if d < 5 then return draw(20) elseif d < 10 then return pick(words) elseif d == 10 then return -draw(5) elseif d == 11 then return draw(2) == 0 end end
for i = 1, 3500 do
  local t = {}
  if draw(3) == 0 then t = {1, 2, 3, nil, 5, x = 1, y = 2} elseif draw(3) == 0 then t = {n = 0, [1] = 1, [2] = 2, [4] = 4} end
  for k = 1, draw(30) do
    local x = key()
    if draw(4) == 0 then t[x] = nil else t[x] = k end
    if draw(9) == 0 then table.insert(t, k) elseif draw(9) == 0 then table.remove(t) end
  end
  case("pairs", text, t)
  case("in the midst", function() local r = {} for k, v in pairs(t) do r[#r + 1] = tostring(k) t[k] = nil end return concat(r, " "), next(t) end)
end
if not int then
  for i = 1, 500 do
    local t = {}
    for k = 1, draw(20) do t[pick(edges) * 0 == 0 and pick{draw(9) / 4, draw(9), draw(40) * 1000000007, -draw(9) / 8, 2 ^ draw(60)} or k] = k end
    case("fractions", text, t)
  end
end
for _, n in ipairs{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129} do
  case("grow", function() local t = {} for i = 1, n do t[i] = i end for i = n, 1, -2 do t[i] = nil end return text(t) end) case("grow", function() local t = {} for i = n, 1, -1 do t[i] = i end return text(t) end)
  case("grow", function() local t = {} for i = 1, n do t["k" .. i] = i end return text(t) end) case("grow", function() local t = {} for i = 1, n do t["k" .. i] = i end for i = 1, n, 3 do t["k" .. i] = nil end for i = 1, n do t[i] = i end return text(t) end)
  case("#", function() local t = {} for i = 1, n do t[i] = i end t[n] = nil return #t end) case("#", function() local t = {} for i = 1, n do t[i] = i end t[math.max(1, floor(n / 2))] = nil return #t end) case("unpack", function() local t = {} for i = 1, n do t[i] = i end return select("#", unpack(t)) end)
end
case("nil key", function() local t = {} t[nil] = 1 end) case("nan key", function() local t = {} t[0 / 0] = 1 end) case("nil get", function() return ({})[nil] end) case("next", next, {}, "x") case("next", next, {}, 1) case("next", next, {1}, 1) case("next", next, {1}, 5) case("rawset", rawset, {}, nil, 1)
case("unpack", function() return select("#", unpack({}, 1, 200)) end) case("unpack", unpack, {}, 1, 10000) case("unpack", unpack, {}, 1, 1000000)
for _, t in ipairs{string, table, coroutine, math, debug, ROM} do
  case("rom", function() t.x = 1 end) case("rom", rawset, t, "x", 1) case("rom", function() return #t, t.x, rawget(t, "y"), next(t, "none") end) case("rom", table.insert, t, 1) case("rom", table.sort, t) case("rom", concat, t) case("rom", table.maxn, t) case("rom", table.getn, t) case("rom", setmetatable, {}, t)
  if t ~= ROM then case("rom", function() local r = {} for k in pairs(t) do r[#r + 1] = k end return concat(r, " ") end) end
end
