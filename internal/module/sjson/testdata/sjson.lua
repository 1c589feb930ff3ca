-- Runs in the firmware's own luac.cross -e as well, where it was checked, with moduletest/prelude.lua in front.
local n = tonumber -- fractions are text, since integer builds refuse a source with others
local real = not test.integral
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or not tostring(err):find(want, 1, true) then error(tostring(err) .. " instead of " .. want, 2) end
end

-- Encoding.
eq(sjson.encode{1, 2, {3}}, "[1,2,[3]]")
eq(sjson.encode{}, "[]")
eq(sjson.encode{a = {b = {"c"}}}, '{"a":{"b":["c"]}}')
eq(sjson.encode{[3] = 1}, "[null,null,1]")
eq(sjson.encode{{[0] = 1}}, '[{"0":1}]')
eq(sjson.encode{true, false, -5}, "[true,false,-5]")
if real then
  eq(sjson.encode{n "0.5", n "1e30"}, test.lua51 and "[0.5,1.000000000000000222e+30]" or "[0.5,1.00000002e+30]")
  eq(sjson.encode{1 / 0, -1 / 0, n "3.0"}, "[null,null,3]")
end
eq(sjson.encode{'"\\/\b\f\n\r\t\0\31\127'}, '["\\"\\/\\b\\f\\n\\r\\t\\u0000\\u001f\127"]')
eq(sjson.encode({"n", {k = "n"}, "m"}, {null = "n"}), '[null,{"k":null},"m"]')
eq(sjson.encode{function() return function() return {7} end end}, "[[7]]")
eq(sjson.encode{[true] = 1}, "{true:1}")
local long = ("x"):rep(1000)
eq(sjson.encode{long, {long}}, '["' .. long .. '",["' .. long .. '"]]')
fails("Cannot encode type 8", sjson.encode, {coroutine.create(function() end)})
fails("Cannot encode type 5", sjson.encode, {a = {[{}] = 1}})
fails("table expected, got number", sjson.encode, 5)
fails("table expected, got no value", sjson.encode)

local deep = {1}
for i = 1, 19 do deep = {deep} end
eq(sjson.encode(deep), ("["):rep(20) .. 1 .. ("]"):rep(20))
fails("encoder stack overflow", sjson.encode, {deep})
fails("encoder stack overflow", sjson.encode, {deep}, {depth = 100})

local e = sjson.encoder{1, 2, 3}
eq(e:read(3), "[1,")
eq(e:read(0), "2")
eq(e:read(), ",3]")
eq(e:read(), nil)
fails("sjson.encoder expected, got number", e.read, 5)

-- Decoding.
local t = sjson.decode' { "a" : [ 1 , -2.5e1, "x\\u00e9\\u20AC\\n\\/" ], "b":{ } ,"c":null,"d":true}'
eq(t.a[1], 1); eq(test.isinteger(t.a[1]), true)
eq(t.a[2], real and -25 or 0); eq(t.a[3], "x\195\169\226\130\172\n/")
eq(#t.a, 3); eq(next(t.b), nil); eq(type(t.c), test.lua51 and "lightfunction" or "userdata"); eq(t.d, true)
if real then eq(sjson.decode'[2147483648]'[1], n "2147483648.0") end
eq(sjson.decode('["\\ud83d\\u12"]')[1]:sub(1, 1), "?")
eq(sjson.decode('{"a":null}', {null = "N"}).a, "N")
eq(sjson.decode('{"a":null}', {}).a, nil)
eq(sjson.decode'["a" "b"]'[2], "b")       -- the parser does not mind
eq(sjson.decode'[1] nonsense'[1], 1)      -- nor what follows
eq(sjson.decode'{},{"a":1}'.a, 1)
fails("Incomplete JSON object passed to sjson.decode", sjson.decode, "[1,2")
fails("Incomplete JSON object passed to sjson.decode", sjson.decode, "1")
fails("Incomplete JSON object passed to sjson.decode", sjson.decode, "")
if test.lua51 then eq(sjson.decode("[1e5.5]")[1], 0) else fails("Invalid number", sjson.decode, "[1e5.5]") end
sjson.decode(("["):rep(19) .. ("]"):rep(19))
for text, name in pairs{
  ["[1,]"] = "TRAILING_COMMA", ["[1 2]"] = "CANT_INSERT", ["[01]"] = "INVALID_NUMBER", ["[tru]"] = "SPECIAL_INCOMPLETE",
  ["[x]"] = "SPECIAL_EXPECTED", ["[\0]"] = "FOUND_NULL_BYTE", ["[\1]"] = "WEIRD_WHITESPACE", ['["\\q"]'] = "ESCAPE_INVALID",
  ["[\\]"] = "ESCAPE_OUTSIDE_STRING", ['"a"'] = "STRING_OUTSIDE_CONTAINER", ["[1}"] = "BRACKET_MISMATCH",
  ["{1:2}"] = "HKEY_EXPECTED", ['{"a"}'] = "VALUE_EXPECTED", ['{"a" "b"}'] = "MISSING_TOKEN", [":"] = "STRAY_TOKEN",
  [("["):rep(20)] = "LEVELS_EXCEEDED",
} do fails("JSON parse error: " .. name, sjson.decode, text) end

-- Piece by piece.
local d = sjson.decoder()
fails("decode not complete", d.result, d)
eq(select("#", d:write'[10, 1'), 0)
eq(select("#", d:write'1'), 0)
local r = d:write', "fo\\u00'
eq(r, nil)
r = d:write'e9", {"k":[tr'
r = d:write'ue]}]'
eq(r[1], 10); eq(r[2], 11); eq(r[3], "fo\195\169"); eq(r[4].k[1], true)
eq(d:result(), r); eq(d:write"ignored", r)
d = sjson.decoder()
fails("STRAY_TOKEN", d.write, d, ",")
fails("JSON parse error: previous call", d.write, d, "[]")

-- Metatables.
local log = {}
local meta = {__newindex = function(t, k, v) log[#log + 1] = tostring(k); rawset(t, k, v) end}
t = sjson.decode('{"a":[5,6],"b":1}', {metatable = meta})
eq(table.concat(log, " "), "a 1 2 b")
eq(getmetatable(t.a), meta)
log = {}
t = sjson.decode('{"foo":[1,2,[]],"skip":{"x":1}}', {metatable = {checkpath = function(t, path)
  log[#log + 1] = table.concat(path, "/")
  return path[1] ~= "skip"
end}})
eq(table.concat(log, " "), " foo foo/3 skip")
eq(t.skip, nil); eq(#t.foo, 3)
fails("attempt to index a number value", sjson.decoder, {metatable = 5})

-- Keys that are no integers make an object of a list, and such a size is the least.
if real and not test.lua51 then
  eq(sjson.encode({[n "1.5"] = 2}), '{"1.5":2}'); eq(sjson.encode({[n "2.7"] = 1}), '{"2.7":1}')
  local both = sjson.encode({[1] = 1, [n "1.5"] = 2})
  eq(both == '{"1":1,"1.5":2}' or both == '{"1.5":2,"1":1}', true)
  local e = sjson.encoder({1, 2, 3})
  eq(e:read(n "2.7"), "["); eq(e:read(2), "1,")
elseif real then -- Lua 5.1 cuts them
  eq(sjson.encode({[n "1.5"] = 2}), "[null]"); eq(sjson.encode({[n "2.7"] = 1}), "[null,null]")
  eq(sjson.encode({[1] = 1, [n "1.5"] = 2}), "[1]")
  eq(sjson.encoder({1, 2, 3}):read(n "2.7"), "[1")
end

-- Numbers are printed as the chip prints them.
if real then
  local zero = n "0.0"
  eq(sjson.encode({-zero, zero / zero, 1 / zero, n "0.1", n "1e20", 16777216, n "12345678.5"}), test.lua51 and
    "[0,null,null,0.1,1e+20,16777216,12345678.5]" or
    "[0,null,null,0.100000001,1.00000002e+20,16777216,12345678]")
  eq(sjson.decode("[0.00000000000000000012]")[1], 0)
end
print "sjson: ok"
