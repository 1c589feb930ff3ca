-- Every function of the library with wrong arguments: nothing, one to three values of every type.
local function values()
  return {nil, true, 1, -1, 0, "x", "5", {}, print, coroutine.create(function() end), function() end, newproxy(), 2147483647}, 13
end
local skip = {["coroutine.yield"] = 1, ["coroutine.running"] = 1, ["os.exit"] = 1, ["os.execute"] = 1, ["os.tmpname"] = 1, ["os.clock"] = 1, ["os.time"] = 1, ["os.date"] = 1, ["os.remove"] = 1,
  ["os.rename"] = 1, ["debug.debug"] = 1, ["debug.getregistry"] = 1, ["io.read"] = 1, ["io.write"] = 1, ["io.lines"] = 1, ["io.output"] = 1, ["io.input"] = 1, ["io.close"] = 1, ["io.flush"] = 1,
  print = 1, collectgarbage = 1, gcinfo = 1, setfenv = 1, module = 1, ["math.randomseed"] = 1, ["string.rep"] = 1, ["string.dump"] = 1, ["debug.getstrings"] = 1,
  dofile = 1, loadfile = 1, ["os.getenv"] = 1, ["package.loadlib"] = 1, ["table.setn"] = 1}
-- Functions that would fill a table up to the largest number, or that C's lack of a check lets crash.
local small = {["table.insert"] = 1, ["table.remove"] = 1, ["table.concat"] = 1, unpack = 1, ["coroutine.wrap"] = 1, xpcall = 1, ["math.random"] = 1}
local names = {}
local function list(prefix, t)
  for k, v in pairs(t) do if type(v) == "function" and not skip[prefix .. k] then names[#names + 1] = prefix .. k end end
end
list("", ROM and getmetatable(ROM).__index or {})
list("", {ipairs = ipairs, pairs = pairs, newproxy = newproxy, require = require})
for _, lib in ipairs{"string", "table", "math", "coroutine", "debug", "os", "io"} do list(lib .. ".", _G[lib]) end
table.sort(names)
local realprint = print
print = function() end
local function find(name)
  local lib, f = name:match("^(%w+)%.(%w+)$")
  if lib then return _G[lib][f] end
  return _G[name]
end
local function try(name, n, ...)
  if not chosen() then return end
  local f = name == "print" and realprint or find(name)
  local r = {pcall(f, ...)}
  for i = 1, 12 do r[i] = show(r[i]) end
  realprint(name .. " " .. n .. "\t" .. concat(r, " ", 1, 6))
end
for _, name in ipairs(names) do
  local v, n = values()
  try(name, "")
  for i = 1, n do
    v = values()
    if not (small[name] and i == n) then try(name, i, v[i]) end
    for j = 1, n do
      v = values()
      if not (small[name] and (i == n or j == n)) then try(name, i .. "," .. j, v[i], v[j]) end
      if i > 2 then
        for k = 1, n do
          v = values()
          if not (small[name] and (i == n or j == n or k == n)) then try(name, i .. "," .. j .. "," .. k, v[i], v[j], v[k]) end
        end
      end
    end
  end
end
print = realprint
