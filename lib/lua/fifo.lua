-- fifo: a queue of values, and a queue of what is to be sent over a socket.
--
--   local fifo = require "fifo"
--   local q = fifo.new(16)                    -- at most 16 values; without a number any
--   q:queue("one", work)                      -- calls work("one", true) if nothing is under way
--   q:dequeue(work)                           -- the next one, when work is done
--
--   local send = fifo.socket(socket)          -- instead of socket:send
--   send("HTTP/1.0 200 OK\r\n\r\n") send("<html>") send(function() print "all sent" end)
--
-- The functions and their results are those of the firmware's Lua modules fifo and fifosock, so that
-- what is made for those runs with this, too.
--
-- Cost: a queue takes about 100 bytes of RAM and 8 to 16 for each value; socket() about 600.
local M = {}

local Fifo = {}
Fifo.__index = Fifo

-- new makes a queue of at most so many values.
function M.new(most)
  return setmetatable({ _go = true, _most = most }, Fifo)
end

-- dequeue gives the first value to k(value, isLast). It is gone then, unless k returns another one to
-- stand in its place. With nil, true the value does not count, and the next one is given. false: there
-- was none, or none that counts; then the next queue() calls its k.
function Fifo:dequeue(k)
  local again = true
  while again do
    local first = self[1]
    if first == nil then
      self._go = true
      return false
    end
    local other
    other, again = k(first, self[2] == nil)
    if other ~= nil then
      self[1] = other
      return true
    end
    table.remove(self, 1)
  end
  return true
end

-- queue adds a value. If dequeue has found nothing before, k gets the first one at once. It returns
-- nil and says why if the queue is full.
function Fifo:queue(value, k)
  if value == nil then error("fifo: nil cannot be queued", 2) end
  local n = #self
  if self._most and n >= self._most then return nil, "fifo: " .. n .. " values are queued" end
  self[n + 1] = value
  if k ~= nil and self._go then
    self._go = false
    self:dequeue(k)
  end
  return true
end

local PACKET = 1460 -- bytes that net sends at once

-- take takes text out of a queue: strings together up to a packet, or what a function gives. A function
-- runs when all that stands before it has left. again tells that one wants to be called once more.
local function take(q)
  local parts, size = {}, 0
  while q[1] ~= nil and size < PACKET do
    local first = q[1]
    if type(first) == "function" then
      if size > 0 then break end
      local text, other = first()
      if other then q[1] = other else table.remove(q, 1) end
      if text and #text > PACKET then
        table.insert(q, 1, text:sub(PACKET + 1))
        text = text:sub(1, PACKET)
      end
      if text and #text > 0 then return text end
      if other then return nil, true end
    else
      local room = PACKET - size
      parts[#parts + 1] = first:sub(1, room)
      size = size + #parts[#parts]
      if #first > room then q[1] = first:sub(room + 1) else table.remove(q, 1) end
    end
  end
  if size > 0 then return table.concat(parts) end
end

-- socket gives a function that sends strings, in order and as few packets as there can be, and what
-- functions give: text or nil, and a function to stand in the place of this one, or nil. The function for
-- "sent" is taken. The second result ends it: call that in the function for "disconnection", since
-- socket and queue refer to each other.
function M.socket(sock, most)
  local q, busy = M.new(most), false
  local pump
  local function later() if sock then pump() end end
  function pump()
    local text, again = take(q)
    busy = text ~= nil or again == true
    if not sock then return end -- a function has ended it
    if text then
      sock:send(text)
    elseif again then
      node.task.post(later)
    end
  end
  sock:on("sent", later)
  return function(what)
    if not sock then return nil, "fifo: the socket is closed" end
    local ok, why = q:queue(what)
    if ok and not busy then pump() end
    return ok, why
  end, function()
    if sock then sock:on("sent", nil) end
    sock, q = nil, M.new()
  end
end

M.wrap = M.socket -- its name in the module fifosock

return M
