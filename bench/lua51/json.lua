-- A parser and a writer of JSON: string.byte, find and sub, small tables.
local escapes = {["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
  ['"'] = '\\"', ["\\"] = "\\\\"}
local plain = {}
for byte, escape in pairs(escapes) do plain[escape:sub(2)] = byte end
plain["/"] = "/"

local function quoted(s)
  return '"' .. s:gsub('[%c"\\]', function(c)
    return escapes[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local write = {}
local function encode(value, out) write[type(value)](value, out) end
write["nil"] = function(_, out) out[#out + 1] = "null" end
write.boolean = function(value, out) out[#out + 1] = value and "true" or "false" end
write.string = function(value, out) out[#out + 1] = quoted(value) end
write.number = function(value, out)
  out[#out + 1] = value % 1 == 0 and ("%d"):format(value) or ("%.6g"):format(value)
end
write.table = function(value, out)
  if value[1] ~= nil then
    for i, element in ipairs(value) do
      out[#out + 1] = i == 1 and "[" or ","
      encode(element, out)
    end
    out[#out + 1] = "]"
    return
  end
  local keys = {}
  for k in pairs(value) do keys[#keys + 1] = k end
  table.sort(keys)
  out[#out + 1] = "{"
  for i, k in ipairs(keys) do
    out[#out + 1] = (i > 1 and "," or "") .. quoted(k) .. ":"
    encode(value[k], out)
  end
  out[#out + 1] = "}"
end
local function text(value)
  local out = {}
  encode(value, out)
  return table.concat(out)
end

local parse

local function fail(at, what) error("at " .. at .. ": " .. what) end

-- skip returns the first place from at on that is not white, and its byte.
local function skip(s, at)
  local b = s:byte(at)
  if b == 32 or b == 10 or b == 13 or b == 9 then
    at = s:find("[^ \n\r\t]", at) or #s + 1
    b = s:byte(at)
  end
  return at, b
end

-- parsedString reads a string behind its first quote.
local function parsedString(s, at)
  local stop = s:find('["\\]', at)
  if not stop then fail(at, "a string without end") end
  if s:byte(stop) == 34 then return s:sub(at, stop - 1), stop + 1 end
  local parts = {}
  while true do
    parts[#parts + 1] = s:sub(at, stop - 1)
    if s:byte(stop) == 34 then return table.concat(parts), stop + 1 end
    local c = s:sub(stop + 1, stop + 1)
    at = stop + 2
    if c == "u" then
      parts[#parts + 1] = string.char(tonumber(s:sub(at, at + 3), 16))
      at = at + 4
    else
      parts[#parts + 1] = plain[c] or fail(stop, "no such escape")
    end
    stop = s:find('["\\]', at) or fail(at, "a string without end")
  end
end

local function parsedNumber(s, at)
  local _, last = s:find("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  local n = last and tonumber(s:sub(at, last))
  if not n then fail(at, "not a value") end
  return n, last + 1
end

local function parsedArray(s, at)
  local array, n, b = {}, 0
  at, b = skip(s, at)
  if b == 93 then return array, at + 1 end
  while true do
    n = n + 1
    array[n], at = parse(s, at)
    at, b = skip(s, at)
    if b == 93 then return array, at + 1 end
    if b ~= 44 then fail(at, "no comma in an array") end
    at = at + 1
  end
end

local function parsedObject(s, at)
  local object, b, key = {}
  at, b = skip(s, at)
  if b == 125 then return object, at + 1 end
  while true do
    at, b = skip(s, at)
    if b ~= 34 then fail(at, "no key") end
    key, at = parsedString(s, at + 1)
    at, b = skip(s, at)
    if b ~= 58 then fail(at, "no colon") end
    object[key], at = parse(s, at + 1)
    at, b = skip(s, at)
    if b == 125 then return object, at + 1 end
    if b ~= 44 then fail(at, "no comma in an object") end
    at = at + 1
  end
end

local words = {[116] = {"true", true}, [102] = {"false", false}, [110] = {"null"}}

function parse(s, at)
  local b
  at, b = skip(s, at)
  if b == 123 then return parsedObject(s, at + 1) end
  if b == 91 then return parsedArray(s, at + 1) end
  if b == 34 then return parsedString(s, at + 1) end
  local word = words[b]
  if not word then return parsedNumber(s, at) end
  local stop = at + #word[1]
  if s:sub(at, stop - 1) ~= word[1] then fail(at, "not a value") end
  return word[2], stop
end

local seed = 7
local function random(n) seed = (seed * 1101 + 12345) % 0x100000 return math.floor(seed / 16) % n end
local names = {"lamp", "door \"left\"", "sensor\n2", "pump/3", "tab\there", "bell \1", "clock"}
local things = {}
for i = 1, 160 do
  local tags = {}
  for k = 1, 1 + random(5) do tags[k] = names[1 + random(#names)]:sub(1, 3) .. random(50) end
  things[i] = {id = i, name = names[1 + random(#names)], tags = tags, on = random(2) == 0,
    place = {x = random(1000) / 8, y = -random(1000) * 37 / 100, floor = random(9)},
    history = {random(100000), random(100), -random(10), {}, "seen"}}
end

local first = text(things)
local total = 0
for round = 1, 60 do
  local copy = parse(round % 2 == 0 and first or first:gsub(",", ",\n  "), 1)
  local again = text(copy)
  if again ~= first then error("the text is not the same in round " .. round) end
  total = total + #again + copy[round].id
end
local ok, message = pcall(parse, '{"a": [1, 2 3]}', 1)
local sum = 0
for i = 1, #first do sum = (sum * 31 + first:byte(i)) % 0x10000 end
print(#first, total, sum, ok, message:match("at.*"))
