-- log: last words. Lines are kept over resets, so that they tell what was before a crash.
--
--   local log = require "log"
--   log.start({ level = "info" })           -- in init.lua
--   log.info("connected to %s", ssid)       -- debug, info, warn, error
--   local lines, reason = log.last()        -- of the life before, and why it ended
--   for _, line in ipairs(lines) do print(line) end
--
-- A line is the time, the first letter of the level and the text. The time is in seconds since
-- 1970 if rtctime knows it, else "+" and the seconds since the start. An error of Lua that
-- nobody catches is a line as well, with its traceback, by node.setonerror; then the module
-- restarts as always.
--
-- The lines are in a ring in RTC memory: words (96) from slot (32) on, 4 bytes in each, of which
-- two are for the ring itself. It outlives each reset but power-off. Without rtcmem, or if file
-- names one, they are in a file, which becomes NAME.old at size (2,048) bytes. Lines wait in RAM
-- for it (up to buffer, 256 bytes) until there is a warning or an error, or flush is called.
--
-- Cost: about 3 KB of RAM if the code lies in the flash store, and up to buffer with a file; none
-- for the lines.
local M = {}

local magic = 1819240303
local letters = { debug = 1, info = 2, warn = 3, error = 4 }
local state = { level = 5, slot = 32, words = 96 }

-- RTC memory.

-- bytes are the four bytes of a word, which may be negative. Floats of 32 bits hold what is
-- divided here.
local function bytes(w)
  local a, b, c = w % 256, w % 65536, w % 16777216
  local d = (w - c) / 16777216
  return string.char(a, (b - a) / 256, (c - b) / 65536, d < 0 and d + 256 or d)
end

local function word(text)
  local a, b, c, d = text:byte(1, 4)
  return a + b * 256 + c * 65536 + (d < 128 and d or d - 256) * 16777216
end

-- ring tells the size of the ring in bytes, where it goes on, and whether it was full once.
local function ring()
  local size = (state.words - 2) * 4
  local mark, at = rtcmem.read32(state.slot, 2)
  if mark ~= magic + state.words or at < 0 or at >= 2 * size then return size, 0, false end
  local full = at >= size
  return size, full and at - size or at, full
end

-- put writes bytes into the ring, in the words that they are in.
local function put(text)
  local size, at, full = ring()
  local half = size / 2
  if #text > half then text = text:sub(1, half - 1) .. "\n" end
  local base = state.slot + 2
  while #text > 0 do
    local before = at % 4
    local i = base + (at - before) / 4
    local n = math.min(4 - before, #text)
    local old = bytes(rtcmem.read32(i))
    rtcmem.write32(i, word(old:sub(1, before) .. text:sub(1, n) .. old:sub(before + n + 1)))
    text, at = text:sub(n + 1), at + n
    if at == size then at, full = 0, true end
  end
  rtcmem.write32(state.slot, magic + state.words, full and at + size or at)
end

-- kept is the text of the ring, without the rest of a line that is half gone.
local function kept()
  local size, at, full = ring()
  local parts = {}
  for i = state.slot + 2, state.slot + state.words - 1 do parts[#parts + 1] = bytes(rtcmem.read32(i)) end
  local text = table.concat(parts)
  if not full then return text:sub(1, at) end
  return (text:sub(at + 1) .. text:sub(1, at)):gsub("^[^\n]*\n", "", 1)
end

-- Files.

-- flush writes the lines that wait.
function M.flush()
  if not state.file or #state.waiting == 0 then return end
  local f = file.open(state.file, "a+")
  if not f then return end
  f:write(state.waiting)
  local size = f:seek("end", 0)
  f:close()
  state.waiting = ""
  if size and size >= state.size then
    file.remove(state.file .. ".old")
    file.rename(state.file, state.file .. ".old")
  end
end

-- wait lets lines wait for the file.
local function wait(text, level)
  if #text > state.size then text = text:sub(1, state.size - 1) .. "\n" end
  state.waiting = state.waiting .. text
  if level >= 3 or #state.waiting > state.buffer then M.flush() end
end

-- each calls a function with each line there is, the oldest first.
local function each(func)
  if not state.file then
    for l in kept():gmatch("([^\n]*)\n") do func(l) end
    return
  end
  for _, name in ipairs { state.file .. ".old", state.file } do
    local f = file.open(name)
    local l = f and f:readline()
    while l do
      func((l:gsub("\n$", "")))
      l = f:readline()
    end
    if f then f:close() end
  end
  for l in state.waiting:gmatch("([^\n]*)\n") do func(l) end
end

-- Lines.

local function time()
  local now = rtctime and rtctime.get() or 0
  return now > 0 and tostring(now) or "+" .. tmr.time()
end

-- add adds a line; more than one if there are line ends in the text.
local function add(level, letter, text)
  text = time() .. " " .. letter .. " " .. text .. "\n"
  if state.print then print((text:sub(1, -2))) end
  if state.file then return wait(text, level) end
  put(text)
end

for name, level in pairs(letters) do
  M[name] = function(format, ...)
    if level < state.level then return end
    local text = tostring(format)
    if select("#", ...) > 0 then
      local ok, formatted = pcall(string.format, text, ...)
      text = ok and formatted or text .. " (" .. formatted .. ")"
    end
    add(level, name:sub(1, 1):upper(), text)
  end
end

local begin = "-- start "

-- failed is what happens at an error that nobody has caught.
local function failed(text)
  print(text)
  -- The traceback has its most important lines first.
  pcall(add, 4, "E", tostring(text):sub(1, state.file and 512 or 240))
  node.restart()
end

-- lines gives the newest lines that there are, up to n of them (40).
function M.lines(n)
  local list = {}
  each(function(l)
    list[#list + 1] = l
    if #list > (n or 40) then table.remove(list, 1) end
  end)
  return list
end

-- last gives the lines of the life before this one, up to n of them (40), and the reason why it
-- ended, as node.bootreason says it.
function M.last(n)
  local list, done, reason = {}, {}, nil
  each(function(l)
    if l:sub(1, #begin) == begin then
      list, done, reason = {}, list, tonumber(l:sub(#begin + 1))
    elseif #list < (n or 40) then
      list[#list + 1] = l
    else
      table.remove(list, 1)
      list[#list + 1] = l
    end
  end)
  return done, reason
end

-- clear forgets all lines.
function M.clear()
  if not state.file then return rtcmem.write32(state.slot, magic + state.words, 0) end
  state.waiting = ""
  file.remove(state.file)
  file.remove(state.file .. ".old")
end

local function number(options, name, default, least, most)
  local v = options[name]
  if v == nil then v = default end
  if type(v) ~= "number" or v < least or v > most or v % 1 ~= 0 then
    error(("log: %s is no number from %d to %d"):format(name, least, most), 3)
  end
  return v
end

-- start begins a life. Options are those above, and print = true to print each line as well.
function M.start(options)
  local o = options or {}
  local level = letters[o.level or "info"]
  if not level then error('log: the level is "debug", "info", "warn" or "error"', 2) end
  if o.file ~= nil and (type(o.file) ~= "string" or o.file == "" or #o.file > 27) then
    error("log: the name of the file has to have 1 to 27 bytes", 2)
  end
  local slot = number(o, "slot", 32, 0, 117)
  state = { level = level, print = o.print, file = o.file or not rtcmem and "log" or nil, waiting = "",
    size = number(o, "size", 2048, 256, 65536), buffer = number(o, "buffer", 256, 0, 4096),
    slot = slot, words = number(o, "words", math.min(96, 128 - slot), 10, 128 - slot) }
  local _, reason = node.bootreason()
  if state.file then
    wait(begin .. reason .. "\n", 1)
  else
    put(begin .. reason .. "\n")
  end
  local hook = node.setonerror or node.onerror
  if hook then hook(failed) end
end

return M
