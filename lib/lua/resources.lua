-- resources: files that are strings in the flash store, with the functions of a file system.
--
--   local resources = require "resources"
--   local f = resources.open("index.html")
--   print(f.size, f:read(80), f:seek("set", 0))
--   f:close()
--   for piece in resources.pieces("index.html") do send(piece) end
--
-- "moonlet lfs resources", or the key resources of moonlet.toml, makes the module of the store
-- with the contents. Its name is resources.data; set another one to have several. Lua 5.1 makes
-- no string of more than 4,095 bytes, so read and getcontents give no more there.
--
-- Cost: nothing for the contents. A piece that read gives without a number, and each of
-- pieces, is a string of the store of at most 1,024 bytes and takes no RAM; what read gives for
-- a number is copied, as from a file. An open resource takes about 200 bytes.
local M = { data = "resources_data" }

-- contents is the function that has the contents.
local function contents()
  local get = node.LFS and node.LFS.get or node.flashindex
  local f = get(M.data)
  return type(f) == "function" and f or error("resources: the store has no module " .. M.data, 0)
end

-- entry is the size of a resource and the number of its first piece, nil if there is none.
local function entry(f, name)
  if type(name) == "string" then return f(name) end
end

local R = {}
R.__index = R

-- piece is the piece of a place, and how many bytes of it are before.
local function piece(self)
  local before = self.at % self.length
  return self.contents(self.first + (self.at - before) / self.length), before
end

-- take reads up to n bytes of one piece.
local function take(self, n)
  local text, before = piece(self)
  if before > 0 or n < #text then text = text:sub(before + 1, before + n) end
  self.at = self.at + #text
  return text
end

-- line reads up to a character, which it contains.
local function line(self, char)
  local text
  repeat
    local p, before = piece(self)
    local at = p:find(char, before + 1, true)
    p = take(self, at and at - before or self.length)
    text = text and text .. p or p
  until at or self.at >= self.size
  return text
end

-- read gives up to n bytes, or all up to a character with it; without either the rest of the
-- piece. It gives nil at the end.
function R:read(n)
  if not self.contents then error("resources: it is closed", 2) end
  local is_char = type(n) == "string" and #n == 1
  if n ~= nil and not is_char and (type(n) ~= "number" or n < 1) then
    error("resources: what is to be read is neither a number nor a character", 2)
  end
  if self.at >= self.size then return nil end
  if is_char then return line(self, n) end
  local text = take(self, n or self.length)
  if not n or #text >= n or self.at >= self.size then return text end
  local parts, left = { text }, n - #text
  while left > 0 and self.at < self.size do
    text = take(self, left)
    parts[#parts + 1], left = text, left - #text
  end
  return table.concat(parts)
end

-- readline reads a line with its end.
function R:readline() return self:read("\n") end

-- seek sets the place, and gives it; nil if that is out of the resource.
function R:seek(whence, offset)
  if not self.contents then error("resources: it is closed", 2) end
  local from = { set = 0, cur = self.at, ["end"] = self.size }
  local base = from[whence or "cur"]
  if not base then error('resources: seek from "set", "cur" or "end"', 2) end
  local at = base + (offset or 0)
  if at < 0 or at > self.size then return nil end
  self.at = at
  return at
end

-- close ends it; a second time as well.
function R:close() self.contents = nil end

-- open opens a resource for reading, or gives nil.
function M.open(name)
  local f = contents()
  local size, first = entry(f, name)
  if not size then return nil end
  return setmetatable({ contents = f, size = size, first = first, at = 0, length = (f()) }, R)
end

-- size is how many bytes a resource has, nil if there is none.
function M.size(name) return (entry(contents(), name)) end

function M.exists(name) return M.size(name) ~= nil end

-- list gives the sizes by name, as file.list.
function M.list()
  local f, list = contents(), {}
  local _, names = f()
  for name in names:gmatch("[^\n]+") do list[name] = (f(name)) end
  return list
end

-- pieces gives a function for each piece of a resource: it takes no RAM for what it gives.
function M.pieces(name)
  local r = M.open(name)
  if not r then error("resources: there is no " .. tostring(name), 2) end
  return function() return r:read() end
end

-- getcontents is all of a resource in RAM, nil if there is none.
function M.getcontents(name)
  local r = M.open(name)
  return r and (r:read(math.max(r.size, 1)) or "")
end

return M
