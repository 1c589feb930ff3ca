-- jsonstream: JSON that is larger than the RAM, read and written in pieces.
--
--   local json = require "jsonstream"
--   local r = json.reader({ "list", "*", "dt" }, function(value, path) print(path[2], value) end)
--   socket:on("receive", function(_, piece) assert(r:write(piece)) end)
--   ... assert(r:finish())
--
--   local next = json.writer({ name = "log", rows = json.list(lines) }, 512)
--   local piece = next() while piece do socket:send(piece) ... end
--
-- The reader gives the values that a path leads to: names of fields, indices from 1, and "*" for
-- any. A value is a string, a number, true, false, the reader's null, or a table with all that is in it;
-- that table is all that is kept. The writer takes functions that give one value after the other.
--
-- Cost: a reader takes about 700 bytes of RAM and what it keeps, a writer 400 and its piece. The module
-- itself takes more than 22 KB, so it belongs into the flash store, where it takes 3 to 4.
local M = {}

local find, sub, byte, char = string.find, string.sub, string.byte, string.char

-- utf8 is a character in UTF-8.
local function utf8(n)
  local function six(unit) return 128 + (n - n % unit) / unit % 64 end -- of the number's bits, from a unit on
  local last = 128 + n % 64
  if n < 128 then return char(n) end
  if n < 2048 then return char(192 + (n - n % 64) / 64, last) end
  if n < 65536 then return char(224 + (n - n % 4096) / 4096, six(64), last) end
  return char(240 + (n - n % 262144) / 262144, six(4096), six(64), last)
end

local PLAIN = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function hex(text, at)
  local digits = sub(text, at, at + 3)
  return find(digits, "^%x%x%x%x$") and tonumber(digits, 16)
end

-- unescape gives the text of a string, without its quotes; nil if an escape is none. Halves of characters
-- that stand alone become U+FFFD.
local function unescape(text)
  local parts, at = {}, 1
  while true do
    local slash = find(text, "\\", at, true)
    parts[#parts + 1] = sub(text, at, (slash or 0) - 1)
    if not slash then return table.concat(parts) end
    local c = sub(text, slash + 1, slash + 1)
    at = slash + 2
    if c == "u" then
      local n = hex(text, at)
      if not n then return nil end
      at = at + 4
      if n >= 0xD800 and n < 0xDC00 and sub(text, at, at + 1) == "\\u" then
        local second = hex(text, at + 2)
        if second and second >= 0xDC00 and second < 0xE000 then
          n, at = 0x10000 + (n - 0xD800) * 1024 + second - 0xDC00, at + 6
        end
      end
      parts[#parts + 1] = utf8(n >= 0xD800 and n < 0xE000 and 0xFFFD or n)
    elseif PLAIN[c] then
      parts[#parts + 1] = PLAIN[c]
    else
      return nil
    end
  end
end

local MORE = {} -- a token is not whole yet

-- scanString finds the end of the string that begins at a position; its text, and what comes behind it.
local function scanString(text, at)
  local from, escaped = at + 1, false
  while true do
    local stop = find(text, '[%c"\\]', from)
    if not stop then return MORE end
    local c = byte(text, stop)
    if c == 34 then
      local inner = sub(text, at + 1, stop - 1)
      if escaped then inner = unescape(inner) end
      if not inner then return nil, "an escape is none" end
      return inner, stop + 1
    elseif c == 92 then
      if stop == #text then return MORE end
      escaped, from = true, stop + 2
    elseif c == 127 then
      from = stop + 1
    else
      return nil, "a control character is in a string"
    end
  end
end

-- scanNumber reads the number that begins at a position. At the end of the text it may go on.
local function scanNumber(text, at, final)
  local _, stop = find(text, "^-?%d+", at)
  if not stop then return not final and sub(text, at) == "-" and MORE or nil, "a number has no digits" end
  if find(text, "^-?0%d", at) then return nil, "a number begins with 0" end
  local dot, fraction = find(text, "^%.%d*", stop + 1)
  if fraction then
    if fraction == dot and (fraction < #text or final) then return nil, "a number ends with its point" end
    stop = fraction
  end
  local e, exponent = find(text, "^[eE][+-]?%d*", stop + 1)
  if exponent then
    if not find(text, "^[eE][+-]?%d", e) and (exponent < #text or final) then return nil, "an exponent has no digits" end
    stop = exponent
  end
  if stop == #text and not final then return MORE end
  local digits = sub(text, at, stop)
  return tonumber(digits) or digits, stop + 1 -- a build without fractions has text
end

local WORDS = { t = "true", f = "false", n = "null" }

-- scanWord reads true, false or null, as a string.
local function scanWord(text, at, final)
  local word = WORDS[sub(text, at, at)]
  if not word then return nil, "something is no value" end
  local there = sub(text, at, at + #word - 1)
  if there == word then return word, at + #word end
  if not final and there == sub(word, 1, #there) then return MORE end
  return nil, "something is no value"
end

local Reader = {}
Reader.__index = Reader

-- reader makes a reader. A filter is a list of names, indices and "*", or nil for all values that are no
-- tables; on(value, path) is called for what it finds, and the path is good until it returns. Options:
-- depth, of tables in one another (20); most, bytes of a string (1024); null, what a null is (nil).
function M.reader(filter, on, options)
  local o = options or {}
  return setmetatable({ filter = filter or false, on = on, most = o.most or 1024, depth = o.depth or 20, null = o.null,
    rest = "", path = {}, kinds = "", want = "value", before = 0, at = 1 }, Reader)
end

local function fail(r, why)
  r.why = "jsonstream: " .. why .. ", at byte " .. r.before + r.at
  r.rest = ""
  return nil, r.why
end

-- wanted tells whether the filter leads to where the reader is.
local function wanted(r)
  local filter, path = r.filter, r.path
  if not filter then return true end
  if #filter ~= #r.kinds then return false end
  for i = 1, #filter do
    if filter[i] ~= "*" and filter[i] ~= path[i] then return false end
  end
  return true
end

-- place puts a value into the table that is built, or gives it to who wants it.
local function place(r, value, isTable)
  local stack = r.stack
  if stack then
    stack[#stack][r.path[#r.kinds]] = value
  elseif wanted(r) and not (isTable and not r.filter) then
    r.on(value, r.path)
  end
end

-- behind is what may come when a value has ended.
local function behind(r)
  r.want = #r.kinds == 0 and "end" or "more"
end

local function open(r, kind)
  if #r.kinds >= r.depth then return fail(r, "there are more than " .. r.depth .. " tables in one another") end
  if r.stack then
    r.stack[#r.stack + 1] = {}
  elseif r.filter and wanted(r) then
    r.stack = { {} }
  end
  r.kinds = r.kinds .. kind
  r.path[#r.kinds] = kind == "[" and 1 or ""
  r.want = kind == "[" and "value or ]" or "name or }"
  return true
end

local function close(r, kind)
  r.path[#r.kinds] = nil
  r.kinds = sub(r.kinds, 1, -2)
  local stack = r.stack
  if stack then
    local value = table.remove(stack)
    if #stack == 0 then r.stack = nil end
    place(r, value, true)
  end
  behind(r)
  return true
end

-- punctuation takes a character that is no value; nil if it is none, or not here.
local function punctuation(r, c)
  local want, inner = r.want, sub(r.kinds, -1)
  if (c == "]" and inner == "[" and (want == "more" or want == "value or ]"))
    or (c == "}" and inner == "{" and (want == "more" or want == "name or }")) then
    return close(r, c)
  elseif c == "," and want == "more" then
    if inner == "[" then
      r.path[#r.kinds], r.want = r.path[#r.kinds] + 1, "value"
    else
      r.want = "name"
    end
    return true
  elseif c == ":" and want == ":" then
    r.want = "value"
    return true
  elseif (c == "[" or c == "{") and (want == "value" or want == "value or ]") then
    return open(r, c)
  end
  return nil
end

-- step reads the token at a position; the position behind it, MORE, or nil and why not.
local function step(r, text, at, final)
  local c, want = sub(text, at, at), r.want
  if find(c, "[%[%]{},:]") then
    if punctuation(r, c) then return at + 1 end
    if r.why then return nil, r.why end
    return fail(r, "a " .. c .. " is out of place")
  end
  local named = want == "name" or want == "name or }"
  if not named and want ~= "value" and want ~= "value or ]" or named and c ~= '"' then
    return fail(r, "something is out of place")
  end
  local value, stop, is
  if c == '"' then
    value, stop = scanString(text, at)
  elseif find(c, "[-%d]") then
    value, stop = scanNumber(text, at, final)
  else
    value, stop = scanWord(text, at, final)
    is = value
  end
  if value == MORE then return MORE end
  if value == nil then return fail(r, stop) end
  if named then
    r.path[#r.kinds], r.want = value, ":"
    return stop
  end
  if is == "null" then value = r.null elseif is then value = is == "true" end
  place(r, value)
  behind(r)
  return stop
end

local function read(r, text, final)
  local at = 1
  while true do
    at = find(text, "[^ \t\r\n]", at)
    if not at then
      r.rest, r.before, r.at = "", r.before + #text, 0
      return true
    end
    r.at = at
    local stop, why = step(r, text, at, final)
    if stop == MORE then
      r.rest, r.before = sub(text, at), r.before + at - 1
      if #r.rest > r.most then return fail(r, "a string or number has more than " .. r.most .. " bytes") end
      return true
    elseif not stop then
      return nil, why
    end
    at = stop
  end
end

-- write reads a piece of the text; true, or nil and what is wrong with it.
function Reader:write(piece)
  if self.why then return nil, self.why end
  return read(self, self.rest .. piece, false)
end

-- finish tells whether the text was whole.
function Reader:finish()
  if self.why then return nil, self.why end
  local ok, why = read(self, self.rest, true)
  if not ok then return nil, why end
  if self.want ~= "end" or self.rest ~= "" then return fail(self, "the text ends too early") end
  return true
end

local LIST, OBJECT = {}, {}

-- list is a list for a writer: a table, also an empty one, or a function that gives the next value, nil at the end.
function M.list(of) return { [LIST] = of } end

-- object is an object for a writer: a table, or a function that gives the next name and value.
function M.object(of) return { [OBJECT] = of } end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return c == '"' and '\\"' or c == "\\" and "\\\\" or ("\\u%04x"):format(byte(c))
  end) .. '"'
end

local function scalar(value)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "boolean" or value == nil then return value == nil and "null" or tostring(value) end
  if kind == "number" then
    if value ~= value or value - value ~= 0 then error("jsonstream: " .. tostring(value) .. " is no number of JSON", 0) end
    return tostring(value)
  end
  error("jsonstream: a " .. kind .. " cannot be written", 0)
end

-- frame is what is to be written of a table: its next function, its end, and whether there are names.
local function frame(value)
  local list, object = rawget(value, LIST), rawget(value, OBJECT)
  local source = list or object or value
  local isList = list ~= nil or object == nil and value[1] ~= nil
  local f = { close = isList and "]" or "}", names = not isList }
  if type(source) == "function" then
    f.next = source
  elseif isList then
    local i = 0
    function f.next() i = i + 1 return source[i] end
  else
    local key
    function f.next() local value key, value = next(source, key) return key, value end
  end
  return f
end

-- advance writes the next bit: one value, or the end of a table.
local function advance(stack, put, depth)
  local top = stack[#stack]
  local name, value = top.next()
  if name == nil then
    put(top.close)
    stack[#stack] = nil
    return
  end
  put(top.comma or "")
  top.comma = ","
  if top.names then put(quoted(tostring(name)) .. ":") else value = name end
  if type(value) ~= "table" then return put(scalar(value)) end
  if #stack == depth then error("jsonstream: there are more than " .. depth .. " tables in one another", 0) end
  stack[#stack + 1] = frame(value)
  put(stack[#stack].names and "{" or "[")
end

-- writer gives a function that returns the text of a value in pieces of at most size bytes (512), nil at the
-- end. Names of functions' values that are no strings are written as such. depth bounds tables in one
-- another (20).
function M.writer(value, size, depth)
  size = size or 512
  local parts, length, stack = {}, 0, {}
  local function put(text)
    parts[#parts + 1] = text
    length = length + #text
  end
  if type(value) == "table" then
    stack[1] = frame(value)
    put(stack[1].names and "{" or "[")
  else
    put(scalar(value))
  end
  return function()
    while length < size and #stack > 0 do advance(stack, put, depth or 20) end
    if length == 0 then return nil end
    local text = table.concat(parts)
    parts, length = { sub(text, size + 1) }, #text > size and #text - size or 0
    return sub(text, 1, size)
  end
end

return M
