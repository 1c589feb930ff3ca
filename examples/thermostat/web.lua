-- A small web server: the page, the same as JSON, and a form to change the target.
--
-- A request may come in several pieces, and an answer leaves in several: the next
-- piece is sent when the "sent" event tells that the last one has arrived. After
-- the last piece the connection is closed there, not before: closing at once would
-- lose what is still on its way.
local thermostat = require("thermostat")

local M = {}

local REQUEST_MAX = 2048    -- bytes
local PIECE = 400           -- bytes of the page that are sent at a time
local PAGE = "page.html"

local function head(status, kind, more)
  return ("HTTP/1.1 %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n%sConnection: close\r\n\r\n")
    :format(status, kind, more or "")
end

-- send sends what the function gives until that is nil, and closes. However short a
-- piece is, TCP needs 1.6 KB for it; several clients at once may have to wait for that.
local function send(socket, nextPiece)
  local function more(s, piece)
    piece = piece or nextPiece()
    if not piece then return s:close() end
    local ok, why = pcall(s.send, s, piece)
    if not ok and why:find("memory") then
      collectgarbage()
      tmr.create():alarm(20, tmr.ALARM_SINGLE, function() more(s, piece) end)
    end
  end
  socket:on("sent", function(s) more(s) end)
  more(socket)
end

-- answer sends one text.
local function answer(socket, status, kind, body, more)
  local text = head(status, kind, ("Content-Length: %d\r\n%s"):format(#body, more or "")) .. body
  send(socket, function()
    local t = text
    text = nil
    return t
  end)
end

local function plain(socket, status, body) answer(socket, status, "text/plain", body .. "\n") end

-- pageFrom returns some lines of the page, beginning at a position of the file, and
-- the position after them. The file is not open in between: clients that go away
-- would leave it open.
local function pageFrom(position, values)
  local f = file.open(PAGE)
  if not f then return nil end
  f:seek("set", position)
  local lines, size = {}, 0
  while size < PIECE do
    local line = f:readline()
    if not line then break end
    position = position + #line
    line = line:gsub("{(%a+)}", values)
    lines[#lines + 1] = line
    size = size + #line
  end
  f:close()
  return size > 0 and table.concat(lines) or nil, position
end

local function sendPage(socket)
  if not file.exists(PAGE) then return plain(socket, "404 Not Found", "page.html is missing") end
  local s = thermostat.status()
  local values = {
    temperature = ("%.1f"):format(s.temperature),
    target = ("%.1f"):format(s.target),
    state = s.heating and "heating" or "resting",
    boost = s.boost > 0 and ("boost, %d min left"):format(math.floor(s.boost / 60) + 1) or "",
  }
  local position
  send(socket, function()
    if not position then
      position = 0
      return head("200 OK", "text/html; charset=utf-8")
    end
    local text
    text, position = pageFrom(position, values)
    return text
  end)
end

local function sendStatus(socket)
  local s = thermostat.status()
  answer(socket, "200 OK", "application/json",
    ('{"temperature":%.1f,"target":%.1f,"heating":%s,"boost":%d,"heap":%d}\n')
    :format(s.temperature, s.target, tostring(s.heating), s.boost, node.heap()))
end

local function setTarget(socket, query, body)
  local target = tonumber((query .. "&" .. body):match("target=([%d.]+)"))
  local ok, why = thermostat.setTarget(target)
  if not ok then return plain(socket, "400 Bad Request", why) end
  answer(socket, "303 See Other", "text/plain", "", "Location: /\r\n")
end

local function handle(socket, method, path, query, body)
  if path == "/" and method == "GET" then
    sendPage(socket)
  elseif path == "/api" and method == "GET" then
    sendStatus(socket)
  elseif path == "/set" and method == "POST" then
    setTarget(socket, query, body)
  elseif path == "/" or path == "/api" or path == "/set" then
    plain(socket, "405 Method Not Allowed", "not like this")
  else
    plain(socket, "404 Not Found", "there is nothing here")
  end
end

-- receiver returns a function that collects a request and has it handled when it
-- is complete.
local function receiver()
  local request = ""        -- nil when it has been answered
  return function(socket, piece)
    if not request then return end
    request = request .. piece
    local _, headEnd = request:find("\r\n\r\n", 1, true)
    local tooLong = #request > REQUEST_MAX
    if not headEnd and not tooLong then return end
    local length = headEnd and tonumber(request:sub(1, headEnd):lower():match("\ncontent%-length: *(%d+)")) or 0
    if tooLong or headEnd + length > REQUEST_MAX then
      request = nil
      return plain(socket, "413 Payload Too Large", "that is too long")
    end
    if #request < headEnd + length then return end
    local method, path, query = request:match("^(%u+) ([^ ?]+)%??([^ ]*) HTTP/1%.%d\r\n")
    local body = request:sub(headEnd + 1, headEnd + length)
    request = nil
    if not method then return plain(socket, "400 Bad Request", "what?") end
    handle(socket, method, path, query, body)
  end
end

function M.start(port)
  M.server = net.createServer(10)
  M.server:listen(port, function(socket) socket:on("receive", receiver()) end)
end

return M
