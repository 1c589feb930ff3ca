-- ftp: a server for the files of the file system.
--
--   local ftp = require "ftp"
--   ftp.open { user = "me", password = "a secret" }
--   ftp.close()
--
-- More keys of open: port = 21, idle = 300 (s), clients = 2, readonly = false, passive = the first
-- of as many ports for passive connections (any, if it is missing), and files = function(name),
-- which tells whether a client may know of a file.
--
-- Data go both ways, active and passive. An upload counts when all of it is there: it goes into a
-- file ~ftp1, ~ftp2 ..., which takes the place of the old one at its end. There are no directories:
-- a slash is part of a name. Nothing is encrypted, the password included.
--
-- Cost: from the flash store 2 to 3.5 KB of RAM while nobody is there, 8 to 9.5 KB more for the first
-- client, 2 KB for another one. It does not fit into RAM. docs/library-servers.md has the figures.
local M = {}
local server, leave -- leave ends all sessions

local LINE, PIECE = 255, 1024 -- bytes in a command, and in a packet of data
local SCARCE, RESERVE = 12288, 6144 -- free heap, below which garbage is collected, and commands wait
local LOGIN, WAIT, STALL = 60, 20, 60 -- seconds for the login, for a data connection, and without progress
local FIRST = 14336 -- free heap, below which nobody comes while nobody is there
local PAUSE = 5000 -- ms
local TEMP = "~ftp"

-- scarce tells whether less heap is free than that, garbage aside.
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

-- room tells whether the file system has room for more. Where it has less, the firmware looks for garbage
-- in all of it, 256 times for each page: half a minute for a kilobyte.
local function room()
  local left, _, total = file.fsinfo()
  return left > total / 14 + 8192
end

-- release closes a socket for good, and lets go of what its callbacks know. With reset its end does not
-- wait behind what the other side does not take; that may not be done by a callback of the socket.
local function release(socket, reset)
  for _, event in ipairs { "connection", "receive", "sent", "disconnection" } do socket:on(event, nil) end
  socket:unhold() -- or the end is a reset
  pcall(reset and socket.__gc or socket.close, socket)
end

-- serve makes what is there only while somebody is connected, and returns a function that begins a
-- session. A session is a table; its job is the transfer that is under way. vacant is called when the
-- last session has ended.
local function serve(o, sessions, vacant)
  local command, timer = {}, tmr.create()
  local during = { ABOR = true, abor = true, STAT = true, stat = true, NOOP = true, noop = true } -- a transfer
  local pump, start

  local function flush(s)
    if s.sending or not s.out or not s.socket then return end
    if send(s.socket, s.out) then s.sending, s.stuck, s.out = true, 0, nil end -- else tick tries again
  end

  local function reply(s, text)
    s.out = (s.out or "") .. text .. "\r\n"
    flush(s)
  end

  -- post lets the next command be looked for in a task; where there is no room for one, tick does it.
  local function post(s)
    s.posted = s.posted or pcall(node.task.post, node.task.LOW_PRIORITY, s.pump)
  end

  -- endData closes the data connection, and the server that waits for one.
  local function endData(s, reset)
    if s.pasv then s.pasv:close() end
    if s.data then release(s.data, reset) end
    s.pasv, s.data, s.address, s.early, s.open, s.eof = nil, nil, nil, nil, nil, nil
  end

  local function drop(s, reset) -- of a transfer, all but what is finished
    local job = s.job
    s.job = nil
    endData(s, reset)
    if job and job.file then job.file:close() end
    if job and job.old then job.old:close() end
    if job and job.temp then file.remove(job.temp) end
  end

  local function endJob(s, text, reset)
    drop(s, reset)
    s.quiet = 0
    reply(s, text)
    post(s)
  end

  local function finish(s, reset)
    if not s.socket then return end
    drop(s, reset)
    release(s.socket, reset)
    s.socket, s.input, sessions[s.slot] = nil, nil, nil
    if next(sessions) == nil then
      timer:unregister()
      vacant()
    end
  end

  local function bye(s, text)
    s.ending, s.quiet = true, 0
    reply(s, text)
  end

  -- used tells whether a transfer of another session concerns a file.
  local function used(name, s)
    for _, other in pairs(sessions) do
      if other ~= s and other.job and other.job.name == name then return true end
    end
  end

  -- path gives the name of a file that a client may use, or replies.
  local function path(s, arg, write)
    local name = ("/" .. arg):gsub("/%.?/", "/"):gsub("/+", "/"):sub(2)
    if write and o.readonly then return reply(s, "550 Nothing can be changed here.") end
    if name == "" or #name > 31 or ("/" .. name .. "/"):find("/../", 1, true) or name:find("%c") or name:sub(1, #TEMP) == TEMP then
      return reply(s, "553 A name has 1 to 31 characters.")
    end
    if o.files and not o.files(name) then return reply(s, "550 " .. name .. " is not for you.") end
    if write and used(name, s) then return reply(s, "450 " .. name .. " is in use.") end
    return name
  end

  local function existing(s, arg, write)
    local name = path(s, arg, write)
    if name and not file.exists(name) then name = reply(s, "550 There is no file " .. name .. ".") end
    return name
  end

  -- push sends the next piece of a file or of a list.
  local function push(s)
    local job = s.job
    if not job.piece then
      scarce(SCARCE) -- a buffer for reading does not collect it either
      local ok, text = pcall(job.next)
      if not ok and job.file then
        collectgarbage()
        ok, text = pcall(job.next)
      end
      if not ok then return endJob(s, "451 " .. tostring(text)) end -- there is no memory for a piece
      job.piece = text
    end
    if not job.piece then
      return endJob(s, job.left and job.left > 0 and "451 The file cannot be read." or "226 That was all.")
    end
    if send(s.data, job.piece) then job.piece, job.flying = nil, true end -- else tick tries again
  end

  -- store writes what came for a file. It tells whether the upload goes on.
  local function store(s, text)
    local job = s.job
    if not room() or not job.file:write(text) then return endJob(s, "452 The file system is full.") end
    job.size = job.size + #text
    return true
  end

  -- commit lets an upload be the file.
  local function commit(s)
    local job = s.job
    job.file:close()
    job.file = nil
    local stat = file.stat(job.temp)
    if not stat or stat.size ~= job.size then return endJob(s, "452 The file system is full.") end
    if used(job.name, s) then return endJob(s, "450 " .. job.name .. " is in use.") end
    file.remove(job.name)
    if not file.rename(job.temp, job.name) then return endJob(s, "451 The file cannot be renamed.") end
    job.temp = nil
    endJob(s, "226 " .. job.size .. " bytes are in " .. job.name .. ".")
  end

  -- complete is for an upload whose data connection has ended. If the control connection ends as well, the
  -- client is gone rather than done, so there is a moment for that.
  local function complete(s)
    local job = s.job
    tmr.create():alarm(100, tmr.ALARM_SINGLE, function()
      if s.job == job then commit(s) end
    end)
  end

  -- take begins an upload, or goes on: what the old file gives comes first, then what came early.
  local function take(s)
    local job = s.job
    if job.left > 0 then
      local text = job.old:read(job.left < PIECE and job.left or PIECE)
      if not text then return endJob(s, "451 The old file cannot be read.") end
      job.left = job.left - #text
      if not store(s, text) then return end
      s.age = 0
      local function on() if s.job == job then take(s) end end
      return pcall(node.task.post, node.task.LOW_PRIORITY, on) or on()
    end
    local text = s.early and s.early:read(PIECE)
    while text do
      if not store(s, text) then return end
      text = s.early:read(PIECE)
    end
    job.ready, s.early = true, nil
    if s.eof then return complete(s) end
    s.data:unhold()
  end

  -- start begins a transfer as soon as there are a job and a connection.
  function start(s)
    if not s.job or not s.open then return end
    s.age = 0
    if not s.job.next then return take(s) end
    if s.data then push(s) else endJob(s, "426 The data connection has ended.") end
  end

  local function received(s, d, text)
    s.age = 0
    d:hold()
    local job = s.job
    if job and job.next then return end
    if not job or not job.ready then -- the window of a connection bounds that
      s.early = s.early or pipe.create()
      return s.early:write(text)
    end
    if not store(s, text) then return end
    local function on() if s.data == d then d:unhold() end end
    return pcall(node.task.post, node.task.LOW_PRIORITY, on) or on() -- the application has its turn
  end

  local function ended(s, d, err)
    release(d)
    s.data, s.eof = nil, true
    local job = s.job
    if err ~= 0 or not s.open or job and job.next then
      local text = s.open and "426 The data connection has ended." or "425 There is no data connection."
      if job then endJob(s, text) else endData(s) end
    elseif job and job.ready then
      complete(s)
    end
  end

  local function attach(s, d)
    s.data, s.age = d, 0
    d:on("receive", function(socket, text) received(s, socket, text) end)
    d:on("sent", function()
      s.age = 0
      if s.job and s.job.next then
        s.job.flying = false
        push(s)
      end
    end)
    d:on("disconnection", function(socket, err) ended(s, socket, err) end)
  end

  -- transfer begins one as soon as there is a connection.
  local function transfer(s, job)
    s.job, s.rest = job, 0
    if s.address then
      local d = net.createConnection()
      attach(s, d)
      d:on("connection", function()
        s.open = true
        start(s)
      end)
      if not pcall(d.connect, d, s.address[2], s.address[1]) then return endJob(s, "425 There is no data connection.") end
    elseif not (s.pasv or s.open) then
      return endJob(s, "425 Say PASV or PORT before.")
    end
    s.age = 0
    reply(s, "150 Now come the data.")
    start(s)
  end

  -- listen waits for a data connection of the same client, and returns the port. The function must not
  -- know the server: it is kept until the server is collected.
  local function listen(s)
    endData(s)
    local p = net.createServer(STALL)
    local ok = pcall(p.listen, p, o.passive and o.passive + s.slot - 1 or 0, function(d)
      local _, ip = d:getpeer()
      if ip ~= s.peer then return d:close() end
      s.pasv:close()
      s.pasv, s.open = nil, true
      attach(s, d)
      start(s)
    end)
    if not ok then return reply(s, "425 There is no port.") end
    s.pasv, s.age = p, 0
    return (p:getaddr())
  end

  -- connect notes where the client waits. Others are not connected to, nor servers.
  local function connect(s, ip, port)
    endData(s)
    if ip ~= s.peer or port < 1024 or port > 65535 then return reply(s, "504 Only to yourself, and to ports from 1024 on.") end
    s.address, s.age = { ip, port }, 0
    reply(s, "200 I shall connect.")
  end

  local function upload(s, arg, offset)
    local name = path(s, arg, true)
    if not name then return end
    local stat = file.stat(name)
    local size = stat and stat.size or 0
    offset = offset or size
    if offset > size then return reply(s, "554 The file has " .. size .. " bytes.") end
    local temp = TEMP .. s.slot
    local job = { name = name, temp = temp, size = 0, left = offset }
    job.old = offset > 0 and file.open(name, "r") or nil
    job.file = room() and (job.old or offset == 0) and file.open(temp, "w")
    s.job = job
    if not job.file then return endJob(s, "452 There is no room for another file.") end
    transfer(s, job)
  end

  -- lister makes a function that gives a list of files piece by piece.
  local function lister(arg, line)
    local names, name, size = file.list(), nil, nil
    arg = arg:gsub("^%-%S* *", ""):gsub("^%.?/", "")
    local pattern = "^" .. arg:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
    if arg == "" or arg == "." then pattern = "" end
    return function()
      local text = ""
      name, size = next(names, name)
      while name do
        if name:find(pattern) and name:sub(1, #TEMP) ~= TEMP and not (o.files and not o.files(name)) then text = text .. line(name, size) end
        if #text > PIECE - 100 then break end
        name, size = next(names, name)
      end
      if not name then names = {} end
      return text ~= "" and text or nil
    end
  end

  local function facts(name, size)
    return "type=file;size=" .. size .. "; " .. name .. "\r\n"
  end

  function command.USER(s, arg)
    s.user, s.logged = arg, false
    reply(s, "331 And the password?")
  end

  function command.PASS(s, arg)
    s.logged = s.user == o.user and arg == o.password
    if s.logged then return reply(s, "230 Welcome.") end
    s.tries, s.wait = s.tries - 1, 2
    if s.tries == 0 then bye(s, "421 That is wrong.") end
  end

  function command.QUIT(s) bye(s, "221 Goodbye.") end
  command.SYST = "215 UNIX Type: L8"
  command.NOOP = "200 I am here."
  command.FEAT = "211-There are\r\n EPRT\r\n EPSV\r\n MLST type*;size*;\r\n REST STREAM\r\n SIZE\r\n UTF8\r\n211 End"
  command.HELP = "214-There are\r\n USER PASS QUIT SYST FEAT NOOP PWD CWD CDUP TYPE MODE STRU PASV EPSV PORT EPRT LIST\r\n"
    .. " NLST MLSD MLST RETR STOR APPE REST DELE RNFR RNTO SIZE MDTM STAT ABOR HELP OPTS ALLO\r\n214 End"
  command.PWD = '257 "/"'
  command.CDUP = "250 There is one directory."
  command.ALLO = "202 Not needed."
  command.MDTM = "550 Files have no time here."

  function command.CWD(s, arg)
    reply(s, arg:find "^[/.]*$" and "250 There is one directory." or "550 There is one directory, /.")
  end

  local function only(what)
    return function(s, arg) reply(s, arg:upper():find(what) and "200 Good." or "504 Not here.") end
  end
  command.TYPE, command.MODE, command.STRU, command.OPTS = only "^[AI]", only "^S$", only "^F$", only "^UTF8"

  function command.PASV(s)
    local port, high = listen(s), 0
    if not port then return end
    while port >= 256 do port, high = port - 256, high + 1 end
    local _, ip = s.socket:getaddr()
    reply(s, "227 Come (" .. ip:gsub("%.", ",") .. "," .. high .. "," .. port .. ").")
  end

  function command.EPSV(s, arg)
    if arg:upper() == "ALL" then return reply(s, "200 Good.") end
    if arg ~= "" and arg ~= "1" then return reply(s, "522 Only (1).") end
    local port = listen(s)
    if port then reply(s, "229 Come (|||" .. port .. "|).") end
  end

  function command.PORT(s, arg)
    local ip, high, low = arg:match "^(%d+,%d+,%d+,%d+),(%d+),(%d+)$"
    if not ip or #high > 3 or #low > 3 then return reply(s, "501 Six numbers.") end
    connect(s, ip:gsub(",", "."), tonumber(high) * 256 + tonumber(low))
  end

  function command.EPRT(s, arg)
    local d, protocol, ip, port = arg:match "^([!-~])(%d+)%1([%x:.]+)%1(%d+)%1$"
    if not d or #port > 5 then return reply(s, "501 (|1|address|port|).") end
    if protocol ~= "1" then return reply(s, "522 Only (1).") end
    connect(s, ip, tonumber(port))
  end

  function command.LIST(s, arg)
    transfer(s, { next = lister(arg, function(name, size)
      return ("-rw-r--r-- 1 %s %s %8s Jan  1  1970 %s\r\n"):format(o.user, o.user, size, name)
    end) })
  end

  function command.NLST(s, arg)
    transfer(s, { next = lister(arg, function(name) return name .. "\r\n" end) })
  end

  function command.MLSD(s, arg)
    if not arg:find "^[/.]*$" then return reply(s, "501 There is one directory.") end
    transfer(s, { next = lister("", facts) })
  end

  function command.MLST(s, arg)
    if arg:find "^[/.]*$" then return reply(s, "250-It is\r\n type=dir; /\r\n250 End") end
    local name = existing(s, arg)
    if name then reply(s, "250-It is\r\n " .. facts(name, file.stat(name).size) .. "250 End") end
  end

  function command.RETR(s, arg)
    local name = existing(s, arg)
    if not name then return end
    local job = { name = name, left = file.stat(name).size - s.rest }
    job.file = job.left >= 0 and file.open(name, "r")
    if not job.file or not job.file:seek("set", s.rest) then
      if job.file then job.file:close() end
      return reply(s, job.left < 0 and "554 The file is shorter." or "450 The file cannot be opened.")
    end
    function job.next()
      local text = job.left > 0 and job.file:read(PIECE) or nil
      job.left = job.left - #(text or "")
      return text
    end
    transfer(s, job)
  end

  function command.STOR(s, arg) upload(s, arg, s.rest) end
  function command.APPE(s, arg) upload(s, arg) end

  function command.REST(s, arg)
    if not arg:find "^%d%d?%d?%d?%d?%d?%d?%d?$" then return reply(s, "501 A number.") end
    s.rest = tonumber(arg)
    reply(s, "350 From there.")
  end

  function command.DELE(s, arg)
    local name = existing(s, arg, true)
    if not name then return end
    file.remove(name)
    reply(s, file.exists(name) and "450 It stays." or "250 It is gone.")
  end

  function command.RNFR(s, arg)
    s.from = existing(s, arg, true)
    if s.from then reply(s, "350 And the new name?") end
  end

  function command.RNTO(s, arg)
    local from = s.from
    if not from then return reply(s, "503 Say RNFR before.") end
    local name = path(s, arg, true)
    if not name then return end
    if file.exists(name) then return reply(s, "553 " .. name .. " is there already.") end
    reply(s, not used(from, s) and file.rename(from, name) and "250 It has a new name." or "450 It keeps its name.")
  end

  function command.SIZE(s, arg)
    local name = existing(s, arg)
    if name then reply(s, "213 " .. file.stat(name).size) end
  end

  function command.STAT(s)
    local job = s.job and (s.job.name or "a list") or "nothing"
    reply(s, "211-You are " .. o.user .. "\r\n Transfer: " .. job .. "\r\n Free heap: " .. node.heap() .. "\r\n211 End")
  end

  function command.ABOR(s)
    if s.job then drop(s) s.quiet, s.out = 0, (s.out or "") .. "426 It is given up.\r\n" end
    endData(s)
    reply(s, "226 Nothing is under way.")
  end

  local function obey(s, line)
    local name, arg = line:gsub("\255[\240-\255]?", ""):match "^(%a+) ?(.*)$"
    name = (name or ""):upper()
    local c = command[name]
    if name ~= "RNTO" then s.from = name == "RNFR" and s.from or nil end
    if not c then return reply(s, "502 That is no command here.") end
    if not s.logged and not (" USER PASS QUIT SYST FEAT NOOP HELP OPTS "):find(" " .. name .. " ", 1, true) then
      return reply(s, "530 Say USER and PASS before.")
    end
    if type(c) == "string" then reply(s, c) else c(s, arg) end
  end

  -- read gives the next line, false if it is too long, or nil if it is not there yet.
  local function read(s)
    while s.input:nrec() > 0 do
      local text = s.input:read(256)
      local ends = text:find("\n", 1, true)
      if ends then s.input:unread(text:sub(ends + 1)) end
      text = text:sub(1, (ends or 0) - 1)
      s.line = s.line and #s.line + #text <= LINE and s.line .. text
      if ends then
        text, s.line = s.line, ""
        return text and text:gsub("\r", "")
      end
    end
  end

  -- pump obeys the next command, if there is one, and all before it is done. Three of them may come
  -- during a transfer.
  function pump(s)
    s.posted = false
    if not s.socket or s.out or s.sending or s.ending or s.wait > 0 then return end
    if s.command == nil then s.command = read(s) end
    local line = s.command
    if line == nil then return s.socket:unhold() end
    if s.job and not (line and during[line:match "^%W*(%a+) *$" or ""]) then return end
    if not s.job and scarce(RESERVE) and s.quiet < WAIT then return end -- connections that linger give theirs back
    s.command, s.quiet = nil, 0
    if not line then
      reply(s, "500 A line has " .. LINE .. " characters at most.")
    elseif scarce(RESERVE / 2) then
      reply(s, "450 There is no memory.")
    else
      obey(s, line)
    end
    post(s)
  end

  local function look(s) -- each second
    s.quiet, s.age = s.quiet + 1, s.age + 1
    s.stuck = (s.sending or s.out) and s.stuck + 1 or 0
    if s.stuck > STALL or s.ending and s.quiet > 5 then return finish(s, s.sending) end
    if s.job and s.age > (s.open and STALL or WAIT) then
      return endJob(s, s.open and "426 The data do not move." or "425 There is no data connection.", s.job.flying)
    elseif not s.job and s.age > WAIT then
      endData(s)
      if not s.ending and s.quiet > (s.logged and o.idle or LOGIN) then return bye(s, "421 Nobody says anything.") end
    elseif s.job and s.job.next and s.data and s.open and not s.job.flying then
      push(s)
    end
    if s.wait > 0 then
      s.wait = s.wait - 1
      if s.wait == 0 and not s.ending then reply(s, "530 That is wrong.") end
    end
    flush(s)
    post(s)
  end

  timer:alarm(1000, tmr.ALARM_AUTO, function()
    for _, s in pairs(sessions) do look(s) end
  end)

  return function(socket, slot)
    local _, peer = socket:getpeer()
    local s = { socket = socket, peer = peer, slot = slot, input = pipe.create(), line = "", tries = 3, wait = 0, quiet = 0, stuck = 0, age = 0, rest = 0 }
    sessions[slot] = s
    function s.pump() pump(s) end
    function s.finish() finish(s) end
    -- What is said in the socket's own callbacks goes out at once, anything else with lwIP's next tick.
    socket:on("receive", function(sk, text)
      sk:hold() -- until pump has taken it
      s.input:write(text)
      pump(s)
    end)
    socket:on("sent", function()
      s.sending = false
      flush(s)
      if s.ending and not s.sending then return finish(s) end
      pump(s)
    end)
    socket:on("disconnection", s.finish)
    reply(s, "220 Good day.")
  end
end

-- open makes the server.
function M.open(options)
  if server then error("ftp: it is open", 2) end
  local o = { port = 21, idle = 300, clients = 2 }
  for key, value in pairs(options or {}) do o[key] = value end
  if type(o.user) ~= "string" or type(o.password) ~= "string" then error("ftp: user or password is missing", 2) end
  for name in pairs(file.list()) do
    if name:find("^" .. TEMP .. "%d+$") then file.remove(name) end -- the power failed during an upload
  end
  local sessions, begin, listen = {}, nil, nil
  local function accept(socket)
    local slot = 1
    while sessions[slot] do slot = slot + 1 end
    local short = scarce(begin and RESERVE or FIRST)
    if slot > o.clients or short then
      socket:on("sent", socket.close)
      pcall(socket.send, socket, "421 Too many are here. Please try again later.\r\n")
      return short and listen(PAUSE)
    end
    begin = begin or serve(o, sessions, function() begin = nil end)
    begin(socket, slot)
  end
  -- listen makes the server. Each connection that this side closes takes memory for some time, so after
  -- too many of them there is none for a while.
  function listen(pause)
    if server then pcall(server.close, server) end -- it may be one that pauses
    server = net.createServer(o.idle)
    if not pause then return server:listen(o.port, accept) end
    local paused = server
    tmr.create():alarm(pause, tmr.ALARM_SINGLE, function()
      if server == paused then listen(scarce(FIRST) and PAUSE) end
    end)
  end
  local ok, err = pcall(listen)
  if not ok then
    server = nil
    error(err, 2)
  end
  function leave()
    for _, session in pairs(sessions) do session.finish() end
  end
end

-- close ends all sessions and the server.
function M.close()
  if not server then return end
  leave()
  pcall(server.close, server)
  server, leave = nil, nil
end

return M
