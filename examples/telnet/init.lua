-- A Lua prompt over the network: "telnet 127.0.0.1 8023" with Moonlet, port 23 of
-- the module on a board.
--
-- What the prompt says goes into a pipe, from which this program sends one piece
-- after the other: the next one only when the network has taken the last, so that
-- a long text needs little memory.
local PIECE = 1024          -- bytes per packet
local IDLE = 30 * 60        -- seconds until a client is asked for a sign of life

wifi.setmode(wifi.STATIONAP, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }

local busy = false          -- somebody is connected

local function session(socket)
  if busy then
    socket:on("sent", function(s) s:close() end)
    socket:send("Somebody else is here. Please try again later.\r\n")
    return
  end
  busy = true

  local output              -- the pipe
  local sending = false

  local function sendNext()
    -- A packet on its way takes 1.6 KB in one piece, for which Lua's collector does not run
    -- by itself.
    if node.heap() < 12288 then collectgarbage() end
    local piece = output and output:read(PIECE)
    sending = piece ~= nil and #piece > 0
    if sending then socket:send(piece) end
  end

  node.output(function(pipe)
    output = pipe
    if not sending then sendNext() end
    return false            -- "sent" goes on with what is left
  end, 0)

  socket:on("sent", sendNext)
  socket:on("receive", function(_, text)
    -- Telnet programs begin with a negotiation (byte 255 and its options).
    text = text:gsub("\255[\251-\254].", ""):gsub("\r", "")
    if #text > 0 then node.input(text) end
  end)
  socket:on("disconnection", function()
    node.output()           -- back to the serial port
    busy, sending, output, socket = false, false, nil, nil
    print("telnet: the client has gone")
  end)

  print(("Welcome. %d bytes of memory are free."):format(node.heap()))
  node.input("\n")          -- shows the prompt
end

-- The server is kept in a global variable: one that nothing refers to is
-- collected, and its port closes.
telnetServer = net.createServer(IDLE)
telnetServer:listen(23, session)
