-- telnet: the Lua prompt over the network, for one guest at a time.
--
--   local telnet = require "telnet"
--   telnet.open { password = "a secret" }   -- all keys: port = 23, password, idle = 1800, welcome
--   telnet.close()
--
-- Whatever Lua prints goes to the guest and not to the serial port until he leaves. He gets the
-- output in pieces of 1 KB, the next one when the last has arrived. His input is taken apart
-- into lines, and the interpreter gets the next line when most of the output has left. Another
-- guest gets a sentence. A password is asked for before anything else.
--
-- Nothing is encrypted, the password included. Who is at the prompt can do everything.
--
-- Cost: from the flash store 1.5 to 3 KB of RAM while nobody is there, and 3 KB more for a guest.
-- From RAM 14 KB more. docs/library-servers.md has the figures.
local M = {}
local server, leave -- leave ends the session

local PIECE = 1024 -- bytes in one packet
local LINE, CHUNK = 512, 2048 -- bytes in a line of input, and in lines of which each goes on with the one before
local FULL = 8 -- records of 256 bytes in the pipe, beyond which no line is taken
local LOST = "\r\n(output is lost)\r\n"
local SCARCE, CRITICAL = 12288, 6144 -- free heap, below which garbage is collected, and output is lost
local BREAK = ") ]] ]=] ]==] ]===] )\n" -- is wrong wherever it stands, so it ends what is half typed
local PAUSE = 5000 -- ms
local LOGIN, STALL = 60, 60 -- seconds for the password, and until a guest who does not read has to leave

-- filter makes a function that takes away from a stream what telnet programs negotiate, and
-- makes line feeds of all ends of lines. Anything may be split over packets.
local function filter()
  local state, cr = 0, false -- 0 text, 1 behind IAC, 2 an option follows, 3 subnegotiation, 4 IAC in one
  return function(s)
    local text, at = "", 1
    while at <= #s do
      if state == 0 or state == 3 then
        local iac = s:find("\255", at, true) or #s + 1
        if state == 0 then text = text .. s:sub(at, iac - 1) end
        if iac <= #s then state = state + 1 end
        at = iac + 1
      else
        local c = s:byte(at)
        if state == 1 and c == 255 then text = text .. "\255" end
        if state == 4 then state = c == 240 and 0 or 3
        elseif state == 1 and c >= 250 and c < 255 then state = c == 250 and 3 or 2
        else state = 0 end
        at = at + 1
      end
    end
    text = text:gsub("%z", "")
    if cr and text ~= "" then text, cr = text:gsub("^\n", ""), false end
    cr = cr or text:sub(-1) == "\r"
    return (text:gsub("\r\n?", "\n"))
  end
end

-- scarce tells whether less heap is free than that, garbage aside. A packet on its way takes 1.6 KB
-- in one piece, for which Lua does not collect by itself.
local function scarce(bytes)
  if node.heap() < bytes then collectgarbage() end
  return node.heap() < bytes
end

-- send tells whether a socket has taken a text. lwIP does not collect Lua's garbage.
local function send(socket, text)
  scarce(SCARCE)
  if pcall(socket.send, socket, text) then return true end
  collectgarbage()
  return (pcall(socket.send, socket, text))
end

-- session serves a guest. All that it needs is in this function, and goes when he goes.
local function session(socket, o)
  local clean, input, line, posted = filter(), pipe.create(), "", false -- line is its first part, or false if it is too long
  local logged, tries, wait = false, 3, 0 -- wait is seconds until the next try
  local output, piece, sending -- piece is what the network has not taken yet
  local chunk, half = 0, false -- bytes since the prompt was ">", and whether it is ">>"
  local quiet, stuck, ending = 0, 0, false -- seconds without input, and without an answer to a packet
  local timer = tmr.create()

  -- finish gives everything back. The guest has gone, or has to. One who does not read gets a reset: an
  -- end that waits behind what he does not take keeps its memory.
  local function finish(_, _, reset)
    if not socket then return end
    if logged then node.output() end
    if half then pcall(node.input, BREAK) end
    timer:unregister()
    for _, event in ipairs { "receive", "sent", "disconnection" } do socket:on(event, nil) end
    socket:unhold() -- or the end is a reset
    pcall(reset and socket.__gc or socket.close, socket)
    socket, input, output, piece, timer, leave = nil, nil, nil, nil, nil, nil
  end

  -- flush sends the next piece.
  local function flush()
    if sending or not socket then return end
    if not piece and output then
      local ok, text = pcall(output.read, output, PIECE) -- the heap may be in pieces
      piece = not ok and LOST or text
      if piece and piece:find("> $") then half = piece:find(">> $") ~= nil end
      if piece and not half then chunk = 0 end
    end
    if not piece then return ending and finish() end
    if send(socket, piece) then sending, stuck, piece = true, 0, nil end -- else tick tries again
  end

  local function say(s)
    piece = (piece or "") .. s
    flush()
  end

  local function bye(s)
    ending, quiet = true, 0
    if logged then print(s) else say(s .. "\r\n") end
  end

  -- printed is called when there is something in the pipe. What the guest does not fetch is lost
  -- before it takes the last memory.
  local function printed(p)
    if not socket then return false end
    output = p
    local n = p:nrec()
    if n > FULL and (stuck > 5 or stuck > 1 and n > 4 * FULL or scarce(CRITICAL)) then
      while p:read(128) do end
      piece = LOST
    end
    flush()
    return false
  end

  -- login gives the guest the console. It is a task of low priority: what is printed needs one of eight places
  -- for tasks of medium priority, and where there is none, the firmware restarts. So are all that call node.input.
  local function login()
    if not socket then return end
    logged = true
    node.output(printed, 0)
    print(o.welcome or ("Welcome. %s bytes of memory are free."):format(node.heap()))
    node.input("\n") -- shows the prompt
  end

  local function password(line)
    local n = 1
    while n > 0 do line, n = line:gsub("[^\8\127][\8\127]", "", 1) end -- what was typed and taken back
    if line == o.password then
      say("\255\252\1\r\n") -- the guest's program shows again what he types
      return login()
    end
    tries, wait = tries - 1, 2
    if tries == 0 then bye("\r\nThat is wrong.") end
  end

  local function take()
    if not logged then
      password(line or "")
    elseif line and half and (chunk + #line > CHUNK or not pcall(string.rep, "x", 2 * chunk + LINE)) then
      print("telnet: that is too long to be typed in one go") -- the interpreter joins the lines, and needs as much
      node.input(BREAK)
      chunk = 0
    elseif line then
      chunk = chunk + #line
      node.input(line .. "\n")
    else
      print("telnet: a line has " .. LINE .. " bytes at most")
    end
  end

  local pump
  local function post() -- a task behind the interpreter's; where there is no room for one, tick asks again
    posted = posted or pcall(node.task.post, node.task.LOW_PRIORITY, pump)
  end

  -- pump takes the next line, if there is one, and room for what it prints.
  function pump()
    posted = false
    if not socket or ending or wait > 0 then return end
    if output and (output:nrec() > FULL or chunk > CHUNK - 2 * LINE and (sending or output:nrec() > 0)) then return end
    local text = input:read(256)
    if not text then return socket:unhold() end
    local ends = text:find("\n", 1, true)
    if ends then input:unread(text:sub(ends + 1)) end
    text = text:sub(1, (ends or 0) - 1)
    line = line and #line + #text <= LINE and line .. text
    if ends then
      take()
      line = ""
    end
    post()
  end

  local function tick()
    quiet, stuck = quiet + 1, sending and stuck + 1 or 0
    if stuck > STALL or ending and quiet > 5 then return finish(nil, nil, sending) end
    if not ending and quiet > (logged and o.idle or LOGIN) then bye("\r\nNobody types here.") end
    if wait > 0 then
      wait = wait - 1
      if wait == 0 and not ending then say("\r\nPassword: ") end
    end
    flush()
    if socket then post() end
  end

  socket:on("receive", function(s, data)
    if logged and not ending then quiet = 0 end
    s:hold() -- until pump has taken it
    scarce(SCARCE)
    for i = 1, #data, 256 do input:write(clean(data:sub(i, i + 255))) end -- gsub needs 2 KB in one piece for a packet
    post()
  end)
  socket:on("sent", function()
    sending = false
    flush()
    if socket then post() end
  end)
  socket:on("disconnection", finish)
  timer:alarm(1000, tmr.ALARM_AUTO, tick)
  leave = finish
  if o.password then
    say("\255\251\1Password: ") -- so the guest's program does not show it
  elseif not pcall(node.task.post, node.task.LOW_PRIORITY, login) then
    finish()
  end
end

-- open makes the server.
function M.open(options)
  if server then error("telnet: it is open", 2) end
  local o = { port = 23, idle = 1800 }
  for key, value in pairs(options or {}) do o[key] = value end
  if o.password ~= nil and type(o.password) ~= "string" then error("telnet: the password is no string", 2) end
  local listen
  local function accept(socket)
    local short = scarce(CRITICAL)
    if not leave and not short then return session(socket, o) end
    socket:on("sent", socket.close)
    pcall(socket.send, socket, "Somebody else is here. Please try again later.\r\n")
    return short and listen(PAUSE)
  end
  -- listen makes the server. Each connection that this side closes takes memory for some time, so after
  -- too many of them there is none for a while.
  function listen(pause)
    if server then pcall(server.close, server) end -- it may be one that pauses
    server = net.createServer(o.idle)
    if not pause then return server:listen(o.port, accept) end
    local paused = server
    tmr.create():alarm(pause, tmr.ALARM_SINGLE, function()
      if server == paused then listen(scarce(CRITICAL) and PAUSE) end
    end)
  end
  local ok, err = pcall(listen)
  if not ok then
    server = nil
    error(err, 2)
  end
end

-- close ends the session and the server.
function M.close()
  if leave then leave() end
  if server then pcall(server.close, server) end
  server = nil
end

return M
