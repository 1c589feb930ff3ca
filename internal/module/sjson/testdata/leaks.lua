-- Not for the firmware's luac.cross -e: its host build compiles app/sjson/jsonsl.c
-- without json_config.h, so that two parts disagree about a structure and
-- references are lost. The module's build does it right.
-- Nothing stays behind.
local function refs()
  local n = 0
  for k in pairs(debug.getregistry()) do if type(k) == "number" then n = n + 1 end end
  return n
end
local function work()
  sjson.decode'{"a":[1,{"b":"c"}]}'
  sjson.decode('{"a":[1,null]}', {null = "N", metatable = {checkpath = function() return true end}})
  sjson.encode{a = {1, {b = "c"}}}
  sjson.encoder({a = {1}}, {null = "N"}):read(3)
  pcall(sjson.decode, "[[[x")
  pcall(sjson.encode, {{{coroutine.create(function() end)}}})
  collectgarbage()
end
for i = 1, 50 do work() end
local before = refs()
for i = 1, 50 do work() end
assert(refs() <= before + 1) -- how many there are at once depends on the collector
print "leaks: ok"
