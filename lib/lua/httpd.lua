-- httpd: a server for HTTP/1.1, for several clients at once.
--
--   local server = require("httpd").new{ port = 80 }
--   server:route("GET", "/state", function(request, response)
--     response:send("on", "text/plain")
--   end)
--   server:route("GET", "/*", function(request, response) response:file(request.rest, "www/") end)
--
-- A path that ends in * is for all that begin so; request.rest is what is behind. The longest route
-- counts. HEAD is answered as GET without a body. A handler may answer later.
--
-- request: method, path, rest, headers, body, query(), and on("data", f), on("end", f) if the route was
-- told { stream = true }. response: status, headers, send, write, file, finish.
--
-- Cost: about 1 KB of RAM for a connection that waits, besides what lwIP takes. The store is the place
-- for this file.
local M = {}

local PIECE = 1024 -- bytes of an answer that are read at a time
local HEAD, LINES = 1400, 40 -- bytes and lines at most of a request's head
local REASONS = { [200] = "OK", [201] = "Created", [204] = "No Content", [301] = "Moved Permanently", [302] = "Found",
  [303] = "See Other", [304] = "Not Modified", [400] = "Bad Request", [403] = "Forbidden", [404] = "Not Found",
  [405] = "Method Not Allowed", [408] = "Request Timeout", [411] = "Length Required", [413] = "Content Too Large",
  [414] = "URI Too Long", [417] = "Expectation Failed", [431] = "Header Fields Too Large", [500] = "Internal Server Error",
  [501] = "Not Implemented", [503] = "Service Unavailable", [505] = "HTTP Version Not Supported" }
local TYPES = { html = "text/html", htm = "text/html", css = "text/css", js = "text/javascript", json = "application/json",
  txt = "text/plain", png = "image/png", jpg = "image/jpeg", gif = "image/gif", svg = "image/svg+xml", ico = "image/x-icon",
  csv = "text/csv", xml = "text/xml", pdf = "application/pdf", wasm = "application/wasm" }
local KEPT = { host = true, ["content-type"] = true, authorization = true, cookie = true, ["accept-encoding"] = true }

-- decode undoes percent signs, nil if they are wrong or hide a zero.
local function decode(text)
  local bad = false
  text = text:gsub("%%(.?.?)", function(digits)
    local c = digits:find("^%x%x$") and tonumber(digits, 16)
    if not c or c == 0 then
      bad = true
      return ""
    end
    return string.char(c)
  end)
  return not bad and text or nil
end

-- Connections. c.rest is what has come and was not taken, c.state takes it, c.out makes the next piece of
-- the answer.

local function hangUp(c)
  if not c.socket then return end
  local s = c.socket
  c.socket, c.state, c.out, c.rest = nil, nil, nil, "" -- a circle over the registry ends here
  c.server.clients[c] = nil
  c.server.count = c.server.count - 1
  local gone = c.gone
  c.gone = nil
  pcall(s.close, s)
  if gone then gone() end
end

local nextRequest

-- ended is the end of an answer that has left.
local function ended(c)
  c.out, c.gone = nil, nil
  collectgarbage() -- the next request finds the heap as this one did
  if not c.keep or c.last then return hangUp(c) end
  if c.taken then return nextRequest(c) end
  c.skip = true -- the body of the request is still to come
end

-- flush sends the next piece of an answer. What it sends has left when "sent" comes.
local flush
function flush(c)
  if not c.socket or c.sending then return end
  local piece = c.unsent
  if not piece then
    local out = c.out
    if not out then return end
    local ok, text = pcall(out)
    if not ok then -- what was sent already says that more comes
      print("httpd: " .. tostring(text))
      return hangUp(c)
    end
    if not c.socket then return end
    if text == false then return end -- later
    if text == nil then return ended(c) end
    piece = text
  end
  c.unsent = #piece > 1400 and piece:sub(1401) or nil
  c.sending = pcall(c.socket.send, c.socket, piece:sub(1, 1400))
  if c.sending then return end
  c.unsent = piece
  collectgarbage() -- lwIP has no memory, though there may be garbage
  tmr.create():alarm(50, tmr.ALARM_SINGLE, function() flush(c) end)
end

-- Responses.

local Response = {}
Response.__index = Response

-- head is the head of an answer.
local function head(r, length)
  local c = r.c
  local t = { ("HTTP/1.1 %d %s\r\n"):format(r.status, REASONS[r.status] or "Status") }
  for name, value in pairs(r.headers) do t[#t + 1] = name .. ": " .. tostring(value):gsub("%c", " ") .. "\r\n" end
  if length then
    if r.status ~= 204 and r.status ~= 304 then t[#t + 1] = ("Content-Length: %d\r\n"):format(length) end
  elseif c.old then
    c.keep = false
  else
    t[#t + 1] = "Transfer-Encoding: chunked\r\n"
  end
  if not c.keep then t[#t + 1] = "Connection: close\r\n" elseif c.old then t[#t + 1] = "Connection: keep-alive\r\n" end
  t[#t + 1] = "\r\n"
  return table.concat(t)
end

-- start gives the connection what makes the answer, piece by piece.
local function start(r, out)
  local c = r.c
  if r.done or not c.socket or c.response ~= r then return false end
  r.done = true
  c.out = out
  flush(c)
  return true
end

-- send sends a text as the whole answer.
function Response:send(text, kind)
  text = text or ""
  if kind then self.headers["Content-Type"] = kind end
  local first, at = head(self, #text), 1
  if self.status == 204 or self.status == 304 or self.c.head then text = "" end
  if #first + #text <= 1400 then
    first, text = first .. text, ""
  end
  return start(self, function()
    if first then
      local t = first
      first = nil
      return t
    end
    if at > #text then return nil end
    local piece = text:sub(at, at + PIECE - 1)
    at = at + #piece
    return piece
  end)
end

-- write sends what a function makes, which is called again when the last piece has left, until it returns nil.
-- If it returns false it is asked again after ready(). length is that of all pieces, if it is known.
function Response:write(producer, length)
  local first, c, over = head(self, length), self.c, false
  local chunked, nothing = not length and not c.old, c.head
  return start(self, function()
    if first then
      local t = first
      first = nil
      return t
    end
    if over or nothing then return nil end
    local piece = producer()
    if piece == nil then
      over = true
      return chunked and "0\r\n\r\n" or nil
    end
    if piece == "" then return false end
    return piece and chunked and ("%x\r\n%s\r\n"):format(#piece, piece) or piece
  end)
end

-- ready goes on with an answer whose function returned false.
function Response:ready() flush(self.c) end

-- safe tells whether a name may be that of a file that is sent. Programs never are.
local function safe(name)
  return #name < 32 and not name:find("[%c\\]") and not name:find("..", 1, true) and not name:find("^/")
    and not name:find("%.lua$") and not name:find("%.lc$")
end

local function read(f, at) return f:seek("set", at) and f:read(PIECE) end

-- file sends a file: one with a name that the program chose, one that a prefix is put in front of, or one
-- of a list, as { ["logo.png"] = "img3.png", ["a.css"] = true }.
function Response:file(name, from)
  local c = self.c
  if name == "" or name:sub(-1) == "/" then name = name .. "index.html" end
  if type(from) == "table" then
    if not from[name] then return self:fail(404) end
    name = from[name] == true and name or from[name]
  else
    name = (from or "") .. name
  end
  if not safe(name) then return self:fail(404) end
  local ending = name:match("%.(%w+)$") or ""
  if c.request.headers["accept-encoding"] and c.request.headers["accept-encoding"]:find("gzip", 1, true) and file.exists(name .. ".gz") then
    name = name .. ".gz"
    self.headers["Content-Encoding"], self.headers.Vary = "gzip", "Accept-Encoding"
  end
  local stat = file.stat(name)
  if not stat or stat.is_dir then return self:fail(404) end
  if not self.headers["Content-Type"] then self.headers["Content-Type"] = TYPES[ending:lower()] or "application/octet-stream" end
  local at, size = 0, stat.size
  return self:write(function()
    if at >= size then return nil end
    local f = file.open(name) -- not open in between: clients that go would leave it open
    local ok, piece = pcall(read, f, at)
    if not ok then -- Lua 5.3 does not collect garbage for the buffer
      collectgarbage()
      ok, piece = pcall(read, f, at)
    end
    if f then f:close() end
    if not (ok and piece) then error(name .. " cannot be read") end
    piece = piece:sub(1, size - at)
    at = at + #piece
    return piece
  end, size)
end

-- fail answers with an error.
function Response:fail(status, text)
  self.status = status
  return self:send((text or REASONS[status] or "") .. "\n", "text/plain")
end

-- redirect sends the client to another path.
function Response:redirect(to, status)
  self.status, self.headers.Location = status or 303, to
  return self:send("")
end

local function newResponse(c)
  c.response = setmetatable({ c = c, status = 200, headers = {} }, Response)
  return c.response
end

-- refuse ends a connection with an error: what follows on it cannot be understood.
local function refuse(c, status)
  if c.response and c.response.done then -- too late to say so
    hangUp(c)
    return false
  end
  c.keep, c.last, c.state, c.rest, c.taken = false, true, nil, "", true
  if not c.request then c.request = { headers = {} } end
  newResponse(c):fail(status)
  return false
end

-- Requests.

local Request = {}
Request.__index = Request

-- query is what is behind the question mark, as a table. What is wrong in it is left out.
function Request:query(text)
  local t = {}
  for pair in (text or self.search):gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = decode((name:gsub("%+", " "))), decode((value:gsub("%+", " ")))
    if name and value and name ~= "" then t[name] = value end
  end
  return t
end

-- form is the body, of a form, as a table.
function Request:form() return self:query(self.body or "") end

-- on says who gets the body of a request whose route has stream, and who is told its end.
function Request:on(event, f) self["on" .. event] = f end

local function line(c)
  local at = c.rest:find("\n", c.at, true)
  local size = (at or #c.rest + 1) - c.at
  if size > c.left then
    refuse(c, c.state == c.first and 414 or c.seen and 431 or 400)
    return nil
  end
  if not at then return nil end
  local text = c.rest:sub(c.at, c.rest:byte(at - 1) == 13 and at - 2 or at - 1)
  c.left, c.at = c.left - size - 1, at + 1
  return text
end

-- call calls who is for the request. An error in it is an answer, too.
local function call(c)
  local q, r = c.request, c.response
  c.gone = function() if q.onclose then q.onclose() end end
  local ok, err = pcall(c.handler, q, r)
  if ok or not c.socket then return end
  print("httpd: " .. tostring(err))
  if r.done then return hangUp(c) end
  r.headers = {}
  r:fail(500)
end

-- taken is the end of a request: its answer may have left already.
local function taken(c)
  local q = c.request
  c.state, c.taken = nil, true
  if c.skip then return nextRequest(c) end
  if q.stream then
    if q.onend then q.onend() end
  elseif not c.response.done then
    q.body = table.concat(q.parts)
    q.parts = nil
    call(c)
  end
  return false
end

-- body takes a piece of the body, and tells whether there is more to do.
local function body(c, piece)
  local q = c.request
  q.size = q.size + #piece
  if q.parts and not c.skip and not c.response.done then
    if q.size > c.server.body then return refuse(c, 413) end
    q.parts[#q.parts + 1] = piece
  elseif q.ondata and not c.skip then
    q.ondata(piece)
  elseif c.skip and q.size > 16 * c.server.body then
    hangUp(c)
  end
  return c.socket ~= nil and c.state ~= nil
end

local function take(c, n)
  local piece = c.rest:sub(c.at, c.at + n - 1)
  c.at = c.at + #piece
  return piece
end

local function counted(c)
  local piece = take(c, c.length)
  c.length = c.length - #piece
  if piece ~= "" and not body(c, piece) then return false end
  if c.length == 0 then return c.after(c) end
  return piece ~= ""
end

local chunkSize

local function trailer(c)
  local text = line(c)
  if text == "" then return taken(c) end
  return text ~= nil
end

local function chunkEnd(c)
  local text = line(c)
  if not text then return false end
  if text ~= "" then return refuse(c, 400) end
  c.left, c.state = 80, chunkSize
  return true
end

local function chunkData(c)
  c.left, c.state = 2, chunkEnd
  return true
end

function chunkSize(c)
  local text = line(c)
  if not text then return false end
  local size = text:match("^(%x+)$") or text:match("^(%x+)[ \t]*;")
  if not size or #size > 6 then return refuse(c, 400) end
  c.length = tonumber(size, 16)
  c.left = HEAD
  c.state, c.after = c.length == 0 and trailer or counted, chunkData
  return true
end

-- find is the handler of a path, whether its route streams, and what is behind its prefix; or the methods
-- that the path has.
local function find(server, method, path)
  local best, allowed = nil, {}
  if method == "HEAD" then method = "GET" end
  for _, r in ipairs(server.routes) do
    local fits = r.path == path
    if r.wild then fits = path:sub(1, #r.path) == r.path end
    if fits then
      allowed[r.method] = true
      local better = not best or #r.path > #best.path or #r.path == #best.path and best.wild and not r.wild
      if (r.method == method or r.method == "*") and better then best = r end
    end
  end
  return best, allowed
end

-- routed finds out who is for a request, and begins its body.
local function routed(c)
  local q = c.request
  local route, allowed = find(c.server, q.method, q.path)
  newResponse(c)
  c.handler = route and route.handler
  if route then
    q.rest = route.wild and q.path:sub(#route.path + 1) or nil
    q.stream = route.stream
  else
    local list = {}
    if allowed.GET then allowed.HEAD = true end
    for name in pairs(allowed) do list[#list + 1] = name end
    table.sort(list)
    local allow = table.concat(list, ", ")
    c.handler = function(_, r)
      if allow == "" then return r:fail(404) end
      r.headers.Allow = allow
      r:fail(405)
    end
  end
  q.parts, q.size = not q.stream and {} or nil, 0
  if c.length and c.length > c.server.body and not q.stream then return refuse(c, 413) end
  c.state, c.taken, c.skip = c.chunked and chunkSize or counted, false, false
  c.left, c.after = 80, taken
  if c.length == 0 and not c.chunked then
    if not q.stream then return taken(c) end
    call(c)
    return taken(c)
  end
  if c.expect and route then
    c.sending = pcall(c.socket.send, c.socket, "HTTP/1.1 100 Continue\r\n\r\n")
  elseif c.expect then
    c.keep = false -- whether the body comes is up to the client
  end
  c.expect = nil
  if q.stream then
    call(c)
    if not c.socket then return false end
  elseif not route then -- the answer needs no body
    call(c)
  end
  return c.state ~= nil
end

-- complete looks at the head of a request.
local function complete(c)
  local q, h = c.request, c.seen
  if not c.old and not h.host then return refuse(c, 400) end
  if h.both or h["transfer-encoding"] and h["content-length"] then return refuse(c, 400) end
  local coding, length = h["transfer-encoding"], h["content-length"]
  if coding and (coding:lower() ~= "chunked" or c.old) then return refuse(c, c.old and 400 or 501) end
  if length and (not length:find("^%d+$") or #length > 8) then return refuse(c, #length > 8 and not length:find("%D") and 413 or 400) end
  if not coding and not length and (q.method == "POST" or q.method == "PUT" or q.method == "PATCH") then return refuse(c, 411) end
  c.chunked, c.length = coding ~= nil, length and tonumber(length) or 0
  local connection = (h.connection or ""):lower()
  c.keep = c.requests < c.server.keep and (c.old and connection:find("keep-alive", 1, true) or not c.old and not connection:find("close", 1, true))
  c.keep = c.keep and true or false
  if h.expect then
    if h.expect:lower() ~= "100-continue" then return refuse(c, 417) end
    c.expect = true
  end
  c.seen = nil
  return routed(c)
end

local FIRST = { host = true, ["content-length"] = true, ["transfer-encoding"] = true, connection = true, expect = true }

local function header(c)
  local text = line(c)
  if not text then return false end
  if text == "" then return complete(c) end
  c.lines = c.lines + 1
  if c.lines > LINES then return refuse(c, 431) end
  -- Few strings are made here: Lua 5.1 collects before each of them.
  local _, colon = text:find("^[%w!#$%%&'*+.^_`|~-]+:[ \t]*")
  if not colon or text:find("[%z\1-\8\10-\31]", colon) then return refuse(c, 400) end
  local name = text:match("^[^:]+"):lower()
  local special = FIRST[name]
  if not special and not KEPT[name] and not c.server.headers[name] then return true end
  local value = text:match("^(.-)[ \t]*$", colon + 1)
  if special then
    if c.seen[name] and name ~= "connection" then c.seen.both = true end -- how some smuggle requests
    c.seen[name] = value
  end
  if KEPT[name] or c.server.headers[name] then c.request.headers[name] = value end
  return true
end

local function first(c)
  local text = line(c)
  if not text then return false end
  if text == "" and c.left > HEAD - 6 then return true end -- behind a body of old clients
  local method, target, minor = text:match("^(%u+) (%S+) HTTP/1%.(%d)$")
  if not method or #method > 10 then
    return refuse(c, text:find("^%u+ %S+ HTTP/[2-9]") and 505 or 400)
  end
  if target:find("[%c]") then return refuse(c, 400) end
  target = target:gsub("^http://[^/?]*", "")
  local path, search = target:match("^(/[^?#]*)%??([^#]*)")
  path = path and decode(path)
  if not path or path:find("%c") or ("/" .. path .. "/"):find("/../", 1, true) then return refuse(c, 400) end
  c.old, c.head, c.seen, c.lines, c.requests = minor == "0", method == "HEAD", {}, 0, c.requests + 1
  c.request = setmetatable({ method = method, path = path, search = search, headers = {} }, Request)
  c.state = header
  return true
end

-- run takes what has come, as far as it can.
local function run(c)
  while c.state and not c.working do
    c.working = true
    local more = c.state(c)
    c.working = false
    if not more then return end
  end
end

function nextRequest(c)
  c.state, c.first, c.left, c.request, c.response, c.handler, c.time = first, first, HEAD, nil, nil, nil, 0
  if c.held then
    c.held = false
    c.socket:unhold()
  end
  if c.at > #c.rest then
    c.rest, c.at = "", 1
    return true
  end
  run(c)
  return true
end

local function receive(c, piece)
  if not c.socket then return end
  if c.last then return end -- an error has been answered
  if c.state ~= first and c.state ~= header then c.time = 0 end -- a head has its time as a whole
  c.rest, c.at = c.at <= #c.rest and c.rest:sub(c.at) .. piece or piece, 1
  if not c.state then -- requests that come before the answer to the last one
    if #c.rest > 4 * HEAD then return hangUp(c) end
    if not c.held then
      c.held = true
      c.socket:hold()
    end
    return
  end
  run(c)
end

-- room makes room for one more client: a connection that waits for its next request gives its place.
local function room(server)
  local oldest
  for c in pairs(server.clients) do
    if c.requests > 0 and not c.request and c.time > (oldest and oldest.time or 0) then oldest = c end
  end
  if oldest then hangUp(oldest) end
  return oldest ~= nil
end

-- accept begins a connection.
local function accept(server, socket)
  if server.count >= server.limit and not room(server) then
    local text = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
    socket:on("sent", function(s) pcall(s.close, s) end)
    socket:on("receive", function() end)
    if not pcall(socket.send, socket, text) then pcall(socket.close, socket) end
    return
  end
  local c = { server = server, socket = socket, rest = "", at = 1, requests = 0, time = 0 }
  server.clients[c] = true
  server.count = server.count + 1
  nextRequest(c)
  socket:on("receive", function(_, piece) receive(c, piece) end)
  socket:on("sent", function()
    c.sending = false
    c.time = 0
    if c.socket then flush(c) end
  end)
  socket:on("disconnection", function() hangUp(c) end)
  socket:on("reconnection", function() hangUp(c) end)
end

-- tick is each second: it ends what is silent for too long.
local function tick(server)
  for c in pairs(server.clients) do
    c.time = c.time + 1
    if c.time > server.idle and c.socket then
      if c.state and c.request and not c.last and not (c.response and c.response.done) then
        c.time = 0
        refuse(c, 408)
      else
        hangUp(c)
      end
    end
  end
end

local Server = {}
Server.__index = Server

-- route says who is for a method and a path. With { stream = true } the handler is called when the head has
-- come, and the body goes to request:on("data", f).
function Server:route(method, path, handler, o)
  if type(handler) ~= "function" or path:sub(1, 1) ~= "/" then error("httpd: no route", 2) end
  local wild = path:sub(-1) == "*"
  self.routes[#self.routes + 1] = { method = method, path = wild and path:sub(1, -2) or path, wild = wild, handler = handler,
    stream = o and o.stream }
  return self
end

-- close ends the server and its connections.
function Server:close()
  if not self.socket then return end
  self.timer:unregister()
  self.socket:close()
  self.socket = nil
  for c in pairs(self.clients) do hangUp(c) end
end

-- new makes a server that listens.
function M.new(o)
  o = o or {}
  local server = setmetatable({ routes = {}, clients = {}, count = 0, limit = o.clients or 4, idle = o.idle or 20, body = o.body or 1024,
    keep = o.keep or 100, headers = {}, timer = tmr.create() }, Server)
  for _, name in ipairs(o.headers or {}) do server.headers[name:lower()] = true end
  server.socket = net.createServer(math.min(server.idle, 7200))
  server.socket:listen(o.port or 80, function(socket) accept(server, socket) end)
  server.timer:alarm(1000, tmr.ALARM_AUTO, function() tick(server) end)
  return server
end

return M
