-- settings: values in the file system that survive a power cut at any moment.
--
--   local settings = require "settings"
--   local s = settings.open("device", { name = "node", interval = 60 }, { version = 2,
--     migrate = function(old, from) old.interval = (old.minutes or 1) * 60 return old end })
--   s:set("interval", s:get("interval") * 2)
--   s:save()                                -- true: written, false: nothing has changed
--
-- Values are strings of any bytes, numbers, booleans, and tables of them, settings.depth (6)
-- deep at most. They are data: no file is ever run. A value that was not set is that of the
-- defaults. A table that get gives may be changed; set puts the change in its place.
--
-- There are three files, NAME.s1 to NAME.s3, each with a number that grows and a checksum. save
-- writes over the oldest one and reads it back, so the newest one is whole all the time, and if
-- the file system damages that when it is cut off, there is one more. open takes the newest that
-- is whole: s.number is the number of its save, 0 if there is none, and s.damaged says how many
-- files were there and of no use.
--
-- Cost: in RAM the values, and while it loads or saves the text of a file, twice at most.
local M = { depth = 6, max = 2048, files = 3 }

local head = "settings 1\n"

-- checksum is eight digits that tell whether any byte was changed. Its numbers fit into
-- integers of 32 bits and floats of 64.
local function checksum(text, length)
  local a, b = 1, length % 32749
  for i = 1, length do
    a = (a + text:byte(i)) % 32749
    b = (b + a) % 32749
  end
  return ("%04x%04x"):format(a, b)
end

-- number is the text of a number: one that the same build reads as the same number.
local function number(n)
  if n % 1 == 0 and n >= -2147483647 and n <= 2147483647 then
    return ("%d"):format(n) .. (math.type and math.type(n) == "float" and ".0" or "")
  end
  local text = ("%.9g"):format(n)
  if tonumber(text) ~= n then text = ("%.17g"):format(n) end
  if tonumber(text) ~= n then error("settings: " .. tostring(n) .. " is no number that can be kept", 0) end
  return text
end

-- before gives the keys of a table an order, so that the same values are the same text.
local function before(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return ta < tb end
  if ta == "boolean" then return a and not b end
  return a < b
end

local write
-- entries puts what is in a table behind the parts of a text.
local function entries(parts, t, depth)
  if depth >= M.depth then error("settings: tables are more than " .. M.depth .. " deep", 0) end
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys, before)
  parts[#parts + 1] = "{"
  for _, k in ipairs(keys) do
    if type(k) == "table" then error("settings: a key that is a table cannot be kept", 0) end
    write(parts, k, depth)
    write(parts, t[k], depth + 1)
  end
  parts[#parts + 1] = "}"
end

-- write puts the text of a value behind the parts of a text.
function write(parts, v, depth)
  local kind = type(v)
  if kind == "string" then
    parts[#parts + 1] = #v .. ":"
    parts[#parts + 1] = v
  elseif kind == "number" then
    parts[#parts + 1] = "=" .. number(v) .. ";"
  elseif kind == "boolean" then
    parts[#parts + 1] = v and "T" or "F"
  elseif kind == "table" then
    entries(parts, v, depth)
  else
    error("settings: a " .. kind .. " cannot be kept", 0)
  end
end

local read
-- fields reads a table, behind its brace.
local function fields(text, at, depth)
  local t = {}
  if depth >= M.depth then return nil end
  while at and text:sub(at, at) ~= "}" do
    local k, v
    k, at = read(text, at, M.depth)
    if not at then return nil end
    v, at = read(text, at, depth + 1)
    if at then t[k] = v end
  end
  return t, at and at + 1
end

-- read reads a value and gives it, and where the next one begins; no place if it is none.
function read(text, at, depth)
  local c = text:sub(at, at)
  if c == "T" or c == "F" then return c == "T", at + 1 end
  if c == "{" then return fields(text, at + 1, depth) end
  if c == "=" then
    local digits, next = text:match("^([^;]+);()", at + 1)
    -- A build with integers takes the whole part of what one with floats has written.
    local n = digits and (tonumber(digits) or tonumber(digits:match("^%-?%d+")))
    return n, n and n == n and next
  end
  local length, from = text:match("^(%d+):()", at)
  local to = length and from + tonumber(length)
  if to and to <= #text + 1 then return text:sub(from, to - 1), to end
end

-- load gives values, number and version of a file; nothing if it is not whole.
local function load(name)
  local text = file.getcontents(name)
  local length = #(text or "") - 8
  if length <= #head or text:sub(1, #head) ~= head or text:sub(-8) ~= checksum(text, length) then return nil end
  local count, version, at = text:match("^(%d+) (%d+)\n()", #head + 1)
  local values, last = nil, nil
  if at then values, last = read(text, at, 0) end
  if type(values) == "table" and last == length + 1 then return values, tonumber(count), tonumber(version) end
end

-- same tells whether a file has that text. It reads it in pieces.
local function same(name, text)
  local f = file.open(name)
  if not f then return false end
  local at, equal = 1, true
  while equal and at <= #text do
    local piece = f:read(256) or ""
    equal = piece ~= "" and text:sub(at, at + #piece - 1) == piece
    at = at + #piece
  end
  equal = equal and at == #text + 1 and f:read(1) == nil
  f:close()
  return equal
end

-- copy copies a table and the tables in it.
local function copy(v)
  if type(v) ~= "table" then return v end
  local t = {}
  for k, e in pairs(v) do t[k] = copy(e) end
  return t
end

-- whole gives the text of a file with these values, or nil and how long it would be.
local function whole(s, count)
  collectgarbage() -- a buffer may be refused where garbage would make room
  local parts, length = { head, ("%d %d\n"):format(count, s.version) }, 8
  write(parts, s.values, 0)
  for _, part in ipairs(parts) do length = length + #part end
  if length > M.max then return nil, length end
  local text = table.concat(parts)
  parts = nil
  return text .. checksum(text, #text)
end

-- order gives the file to write next, one that is not whole or the oldest, and the newest one.
local function order(counts)
  local oldest, latest = 1, 1
  for slot = 2, M.files do
    if counts[slot] < counts[oldest] then oldest = slot end
    if counts[slot] > counts[latest] then latest = slot end
  end
  return oldest, latest
end

local S = {}
S.__index = S

-- get is a value, or that of the defaults.
function S:get(key)
  local v = self.values[key]
  if v == nil then v = copy(self.defaults[key]) end
  return v
end

-- set changes a value; nil lets it be that of the defaults again.
function S:set(key, value)
  if type(key) ~= "string" then error("settings: the name of a value is no string", 2) end
  local ok, why = pcall(write, {}, value == nil or value, 1)
  if not ok then error(why, 2) end
  self.values[key] = value
end

-- save writes the values if they are others than in the file. It gives true if it has written,
-- false if nothing has changed, or nil and a message.
function S:save()
  local slot, last = order(self.counts)
  local ok, text, length = pcall(whole, self, self.number)
  if not ok then error(text, 2) end
  if text and self.number > 0 and same(self.name .. ".s" .. last, text) then return false end
  local name = self.name .. ".s" .. slot
  text, length = whole(self, self.number + 1)
  if not text then return nil, "settings: " .. length .. " bytes are more than " .. M.max end
  for _ = 1, 3 do -- what a power cut has left in flash may damage the first one
    if file.putcontents(name, text) and same(name, text) then
      self.number = self.number + 1
      self.counts[slot] = self.number
      return true
    end
  end
  return nil, "settings: " .. name .. " cannot be written"
end

-- remove removes the files; the values are the defaults then.
function S:remove()
  for slot = 1, M.files do
    file.remove(self.name .. ".s" .. slot)
    self.counts[slot] = 0
  end
  self.values, self.number = {}, 0
end

-- newest loads the newest file that is whole, and tells its version.
local function newest(s)
  local version
  for slot = 1, M.files do
    local name = s.name .. ".s" .. slot
    collectgarbage() -- for the file's buffer
    local values, count, of = load(name)
    s.counts[slot] = count or 0
    if values and count > s.number then
      s.values, s.number, version = values, count, of
    elseif not values and file.exists(name) then
      s.damaged = s.damaged + 1
    end
  end
  return version
end

-- open loads settings.
function M.open(name, defaults, options)
  if type(name) ~= "string" or name == "" or #name > 28 then error("settings: the name has to have 1 to 28 bytes", 2) end
  if defaults ~= nil and type(defaults) ~= "table" then error("settings: the defaults are no table", 2) end
  options = options or {}
  local version = options.version or 1
  if type(version) ~= "number" or version < 0 or version % 1 ~= 0 then error("settings: the version is no whole number", 2) end
  local s = { name = name, defaults = defaults or {}, version = version,
    values = {}, number = 0, counts = {}, damaged = 0 }
  local from = newest(s)
  if from and from ~= version and options.migrate then
    local values = options.migrate(s.values, from)
    if type(values) ~= "table" then error("settings: migrate gives no table", 2) end
    s.values = values
  end
  return setmetatable(s, S)
end

return M
