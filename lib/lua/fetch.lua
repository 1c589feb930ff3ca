-- fetch: requests to servers by HTTP and HTTPS, one callback for each.
--
--   local fetch = require "fetch"
--   fetch.get("http://server.lan/state", nil, function(status, headers, body)
--     if not status then return print("no answer: " .. headers) end
--     print(status, headers["content-type"], body)
--   end)
--   fetch.request{ url = …, method = "PUT", body = text or function, headers = {…},
--     on = { head = f, data = f }, limit = bytes, from = byte, connect = ms, timeout = ms,
--     redirects = 3, head = bytes, done = f }
--
-- done is called once, as done(status, headers, body), or done(nil, why) if there was no whole
-- answer. A body that is shorter than the server announced is no whole answer. With on.data, the
-- pieces of the body go there, and body is nil; on.head gets status and headers before. Both get
-- the request last, which has hold, unhold and stop.
--
-- Cost: about 1 KB of RAM for a request besides what lwIP takes, and the body if nobody takes
-- its pieces. The store is the place for this file.
local M = { redirects = 3, connect = 15000, timeout = 20000, head = 2048, limit = 4096 }

local PIECE = 1400 -- less than a segment, so that each send has one "sent"
local R = {} -- methods of a request
R.__index = R

-- split takes a URL to pieces: scheme, host, port, path.
local function split(url)
  if url:find("[%c ]") then return nil end
  local scheme, authority, path = url:match("^(%a+)://([^/?#]*)([^#]*)")
  if not scheme then return nil end
  local host, port = authority:match("^([%w%.%-_]+):?(%d*)$")
  scheme = scheme:lower()
  if not host or #port > 5 or scheme ~= "http" and scheme ~= "https" then return nil end
  port = port == "" and (scheme == "https" and 443 or 80) or tonumber(port)
  if port < 1 or port > 65535 then return nil end
  return scheme, host, port, path:sub(1, 1) == "/" and path or "/" .. path
end

-- join is the URL that a reference means in what r has got.
local function join(r, to)
  if to:find("^%a[%w+.-]*:") then return to end
  if to:sub(1, 2) == "//" then return r.scheme .. ":" .. to end
  local root = r.scheme .. "://" .. r.host .. ":" .. ("%d"):format(r.port)
  if to:sub(1, 1) == "/" then return root .. to end
  local path = r.path:match("^[^?]*")
  if to:sub(1, 1) == "?" then return root .. path .. to end
  return root .. path:match("^.*/") .. to
end

-- after sets what happens if nothing else does in that time: the request fails for a reason, or a
-- function is called.
local function after(r, ms, what)
  r.what = what
  r.timer:stop()
  r.timer:interval(ms)
  if not r.held then r.timer:start() end
end

-- hangUp leaves the connection. Callbacks of it that still come are for nobody: r.turn tells. That
-- the request has no socket any more also ends the circle over the registry.
local function hangUp(r)
  local s = r.socket
  r.socket, r.turn, r.state, r.rest = nil, r.turn + 1, nil, ""
  if s then pcall(s.close, s) end
end

local function finish(r, ...)
  local done = r.done
  if not done then return end
  r.done = nil
  hangUp(r)
  r.timer:unregister()
  r.timer = nil
  r.on, r.body, r.out, r.parts = nil, nil, nil, nil
  return done(...)
end

local function fail(r, why) finish(r, nil, why) end

-- Sending. r.out is what is to be sent, from r.outAt on; r.body gives what follows.

-- more is what follows what was sent, nil at the end.
local function more(r)
  local body = r.body
  if type(body) ~= "function" then
    r.body = nil
    return body
  end
  local piece = body()
  if not piece then r.body = nil end
  if r.length then return piece end
  if not piece then return "0\r\n\r\n" end
  if piece == "" then return more(r) end -- an empty chunk would be the end
  return ("%x\r\n%s\r\n"):format(#piece, piece)
end

local send
function send(r)
  if r.outAt > #r.out then
    r.out, r.outAt = r.body and more(r) or "", 1
    if r.out == "" then return after(r, r.timeout, "there is no answer") end
  end
  local piece = r.out:sub(r.outAt, r.outAt + PIECE - 1)
  local ok, err = pcall(r.socket.send, r.socket, piece)
  if not ok then -- lwIP has no memory, though there may be garbage
    collectgarbage()
    r.tries = r.tries + 1
    if r.tries > 50 then return fail(r, tostring(err)) end
    return after(r, 20, send)
  end
  r.outAt = r.outAt + #piece
  after(r, r.timeout, "there is no answer")
end

-- head is the head of the request.
local function head(r)
  local port = r.port == (r.scheme == "https" and 443 or 80) and "" or (":%d"):format(r.port)
  local t = { ("%s %s HTTP/1.1\r\nHost: %s%s\r\nConnection: close\r\n"):format(r.method, r.path, r.host, port) }
  for name, value in pairs(r.headers or {}) do t[#t + 1] = name .. ": " .. value .. "\r\n" end
  if r.from and r.from > 0 then t[#t + 1] = ("Range: bytes=%d-\r\n"):format(r.from) end
  if type(r.body) == "function" and not r.length then
    t[#t + 1] = "Transfer-Encoding: chunked\r\n"
  elseif r.body or r.method == "POST" or r.method == "PUT" then
    t[#t + 1] = ("Content-Length: %d\r\n"):format(r.length or #(r.body or ""))
  end
  t[#t + 1] = "\r\n"
  if type(r.body) == "string" and #r.body < 400 then -- in one segment with the head
    t[#t + 1], r.body = r.body, nil
  end
  return table.concat(t)
end

-- Receiving. r.state is the function that takes what has come, r.rest from r.at on; it tells
-- whether to go on.

local open

-- ended is the end of the body.
local function ended(r)
  finish(r, r.status, r.got, r.parts and table.concat(r.parts))
  return false
end

-- take is up to n bytes of what has come.
local function take(r, n)
  local piece = r.rest:sub(r.at, n and r.at + n - 1)
  r.at = r.at + #piece
  return piece
end

-- deliver gives a piece of the body to who wants it, and tells whether the request goes on.
local function deliver(r, piece)
  local turn = r.turn
  r.count = r.count + #piece
  if r.limit and r.count > r.limit then
    fail(r, ("the body is longer than %d bytes"):format(r.limit))
  elseif r.parts then
    r.parts[#r.parts + 1] = piece
  else
    r.on.data(piece, r)
  end
  return r.turn == turn
end

-- line is the next line of what has come, nil if it is not whole.
local function line(r)
  local at = r.rest:find("\n", r.at, true)
  if (at or #r.rest + 1) - r.at > r.lines then
    fail(r, "the head of the answer is too long")
    return nil
  end
  if not at then return nil end
  local text = r.rest:sub(r.at, at - 1)
  r.lines, r.at = r.lines - #text - 1, at + 1
  return (text:gsub("\r$", ""))
end

local function untilEnd(r)
  local piece = take(r)
  return piece ~= "" and deliver(r, piece)
end

local function counted(r)
  local piece = take(r, r.left)
  r.left = r.left - #piece
  if piece ~= "" and not deliver(r, piece) then return false end
  if r.left == 0 then return r.next(r) end
  return piece ~= ""
end

local chunkSize

local function trailer(r)
  local text = line(r)
  if text == "" then return ended(r) end
  return text ~= nil
end

local function chunkEnd(r)
  local text = line(r)
  if not text then return false end
  if text ~= "" then
    fail(r, "a chunk has no end")
    return false
  end
  r.lines, r.state = M.head, chunkSize
  return true
end

local function chunkData(r)
  r.state = chunkEnd
  return true
end

function chunkSize(r)
  local text = line(r)
  if not text then return false end
  local size = text:match("^(%x+)%s*$") or text:match("^(%x+)%s*;")
  if not size or #size > 7 then
    fail(r, "a chunk has no size")
    return false
  end
  r.left = tonumber(size, 16)
  if r.left == 0 then
    r.state = trailer
  else
    r.state, r.next = counted, chunkData
  end
  return true
end

-- redirected follows a redirection, if it is one that can be followed.
local function redirected(r)
  local to = r.got.location
  if not to or r.redirects == 0 or not ("301 302 303 307 308"):find(r.status, 1, true) then return false end
  local scheme, host, port, path = split(join(r, to))
  local again = r.status == 307 or r.status == 308
  if again and type(r.body) == "function" then return false end -- it cannot be sent twice
  if not scheme or r.scheme == "https" and scheme == "http" then
    fail(r, "redirected to " .. to)
    return true
  end
  r.hops = r.hops + 1
  if r.hops > r.redirects then
    fail(r, "redirected too often")
    return true
  end
  if not again and r.method ~= "HEAD" then r.method, r.text = "GET", nil end
  if host ~= r.host then -- what only the first server should know
    for name in pairs(r.headers or {}) do
      local n = name:lower()
      if n == "authorization" or n == "cookie" then r.headers[name] = nil end
    end
  end
  local wait = r.scheme == "https" and 500 or 10 -- until the memory of the old connection is there again
  hangUp(r)
  r.scheme, r.host, r.port, r.path = scheme, host, port, path
  after(r, wait, open)
  return true
end

-- lengthOf is what a header says of the body: a number, nil if nothing, false if nonsense.
local function lengthOf(text)
  if not text then return nil end
  return text:find("^%d+$") and #text < 10 and tonumber(text) or false
end

-- body finds out how the body ends.
local function body(r)
  if r.status < 200 then -- such as 100 Continue
    r.got, r.state = {}, r.first
    return true
  end
  if redirected(r) then return false end
  if r.on.head then
    local turn = r.turn
    r.on.head(r.status, r.got, r)
    if r.turn ~= turn then return false end
  end
  local coding, length = r.got["transfer-encoding"], lengthOf(r.got["content-length"])
  if r.method == "HEAD" or r.status == 204 or r.status == 304 then return ended(r) end
  if coding and coding:lower() ~= "chunked" then
    fail(r, "a body in " .. coding)
    return false
  elseif coding then
    r.lines, r.state = M.head, chunkSize
  elseif length == false then
    fail(r, "the length of the answer is " .. r.got["content-length"])
    return false
  elseif length then
    if r.limit and length > r.limit then
      fail(r, ("the body is longer than %d bytes"):format(r.limit))
      return false
    end
    r.left, r.next, r.state = length, ended, counted
  else
    r.state = untilEnd
  end
  return true
end

local function header(r)
  local text = line(r)
  if not text then return false end
  if text == "" then return body(r) end
  local name, value = text:match("^([%w!#$%%&'*+.^_`|~-]+):%s*(.-)%s*$")
  if not name then
    fail(r, "what comes is no head of an answer")
    return false
  end
  name = name:lower()
  if name == "content-length" and r.got[name] and r.got[name] ~= value then value = r.got[name] .. "," .. value end
  r.got[name] = value
  return true
end

local function first(r)
  local text = line(r)
  if not text then return false end
  local status = (text .. " "):match("^HTTP/1%.%d (%d%d%d) ")
  if not status or status < "100" or status > "599" or status == "101" then
    fail(r, "what comes is no answer")
    return false
  end
  r.status, r.state = tonumber(status), header
  return true
end

local function receive(r, piece)
  r.rest, r.at = r.at <= #r.rest and r.rest:sub(r.at) .. piece or piece, 1
  after(r, r.timeout, "nothing comes any more")
  while r.state and r.state(r) do end
end

local function lost(r, code)
  if r.state == untilEnd and (not code or code == 0) then return ended(r) end
  local why = "the connection was refused or lost"
  if r.state ~= first then
    why = "the answer was cut off"
  elseif r.connected then
    why = "there is no answer"
  end
  fail(r, why .. ((not code or code == 0) and "" or " (" .. tostring(code) .. ")"))
end

-- connect makes a connection and what it calls.
local function connect(r)
  local turn = r.turn
  local s = r.scheme == "https" and tls.createConnection() or net.createConnection()
  r.socket = s
  local function on(event, f)
    s:on(event, function(_, value)
      if r.turn == turn then f(r, value) end
    end)
  end
  on("dns", function(_, address)
    if address then
      r.what = "there is no connection"
    else
      fail(r, "no address of " .. r.host)
    end
  end)
  on("connection", function()
    r.connected, r.tries, r.out, r.outAt = true, 0, head(r), 1
    send(r)
  end)
  on("sent", send)
  on("receive", receive)
  on("disconnection", lost)
  on("reconnection", lost)
  s:connect(r.port, r.host)
end

function open(r)
  if r.scheme == "https" and not tls then return fail(r, "the firmware has no tls") end
  r.got, r.count, r.lines, r.state, r.connected, r.held = {}, 0, r.headMax, first, nil, nil
  r.rest, r.at, r.out, r.outAt, r.body = "", 1, "", 1, r.text
  after(r, r.connectTime, "no address of " .. r.host)
  local ok, err = pcall(connect, r)
  if not ok and r.done then
    hangUp(r)
    after(r, 1, tostring(err)) -- done is never called before request returns
  end
end

-- hold stops the server; what is on its way still comes. No time counts meanwhile. unhold lets it go
-- on.
function R:hold()
  if self.held or not self.socket then return end
  self.held = true
  self.timer:stop()
  self.socket:hold()
end

function R:unhold()
  if not self.held then return end
  self.held = false
  if self.socket then
    self.socket:unhold()
    self.timer:start()
  end
end

-- stop ends a request: done(nil, "stopped").
function R:stop() fail(self, "stopped") end

local function checkHeaders(headers)
  local own = {}
  for name, value in pairs(headers) do
    if name:find("[^%w!#$%%&'*+.^_`|~-]") or name == "" or tostring(value):find("[%c]") then
      error("fetch: a header is none: " .. name, 3)
    end
    own[name] = tostring(value)
  end
  return own
end

-- request sends a request. What it returns has hold, unhold and stop.
function M.request(o)
  local scheme, host, port, path = split(o.url or "")
  if not scheme then error("fetch: no URL: " .. tostring(o.url), 2) end
  if type(o.done) ~= "function" then error("fetch: done is no function", 2) end
  local method = (o.method or "GET"):upper()
  if method:find("%A") then error("fetch: no method: " .. method, 2) end
  local on = o.on or {}
  local r = setmetatable({ scheme = scheme, host = host, port = port, path = path, method = method,
    headers = o.headers and checkHeaders(o.headers), text = o.body, length = o.length, from = o.from, on = on,
    limit = o.limit or not on.data and M.limit, parts = not on.data and {} or nil, done = o.done, headMax = o.head or M.head,
    connectTime = o.connect or M.connect, timeout = o.timeout or M.timeout, redirects = o.redirects or M.redirects,
    first = first, hops = 0, turn = 0, timer = tmr.create() }, R)
  r.timer:register(1000, tmr.ALARM_SEMI, function()
    local what = r.what
    if type(what) == "function" then return what(r) end
    fail(r, what)
  end)
  open(r)
  return r
end

-- join is the URL that a reference in a text with that URL means, nil if it is none for fetch.
function M.join(url, to)
  local r = {}
  r.scheme, r.host, r.port, r.path = split(url)
  local there = r.scheme and join(r, to)
  return there and split(there) and there
end

-- get asks for a URL. o may be nil; it is changed.
function M.get(url, o, done)
  o = o or {}
  o.url, o.done = url, done or o.done
  return M.request(o)
end

return M
