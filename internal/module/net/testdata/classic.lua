-- The module is a station; port80 and port5000 tell where its servers are on the host, which the
-- gateway's address leads to, and the name "here" is one of the host.
local function eq(got, want) if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or not err:find(want, 1, true) then error(tostring(err), 2) end
end
local nop = function() end
local host = "192.168.0.1"

-- New and old constructors.
local function server(s) assert(s.listen and not s.send) return s end
local function socket(s) assert(s.hold and s.connect and not s.listen) return s end
local function udp(s) assert(s.listen and s.connect and s.send and not s.hold) return s end
local made
server(net.createServer()) server(net.createServer(30)) server(net.createServer(net.TCP)) server(net.createServer(net.TCP, 30))
server(net.createServer(net.TCP, 30, function(s) made = server(s) end)) server(made)
server(net.createServer(net.TCP, function(s) made = "called" end)) eq(made, "called")
fails("wrong arg type", net.createServer, net.TCP, 0) fails("wrong arg type", net.createServer, net.TCP, 28801)
socket(net.createConnection()) socket(net.createConnection(net.TCP)) socket(net.createConnection(net.TCP, 0))
socket(net.createConnection(net.TCP, 1)) socket(net.createConnection(net.TCP, false))
socket(net.createConnection(net.TCP, 0, function(s) made = socket(s) end)) socket(made)
udp(net.createServer(net.UDP)) udp(net.createConnection(net.UDP)) udp(net.createConnection(net.UDP, 0, udp))

-- Arguments.
local us, uc = net.createServer(net.UDP), net.createConnection(net.UDP, 0)
fails("method not supported", us.on, us, "connection", nop) fails("function expected", us.on, us, "receive")
fails("invalid IP address", us.listen, us, 5000, "x") fails("net.classicudp expected", us.listen, {}, 5000)
fails("net.classicudp expected", us.listen, net.createUDPSocket(), 5000)
fails("number expected", us.listen, us) fails("number expected", uc.connect, uc)
eq(us:send("x"), nil) eq(us:close(), nil)
fails("illegal argument", uc.connect, uc, 1, "") uc:close()
fails("need <128 domain", uc.dns, uc, ("x"):rep(129), nop)

-- A server answers who sent last; a client sends to one.
local log, sent, otherSent = {}
local function say(...) log[#log + 1] = table.concat({...}, " ") end
us:listen(5000) us:listen(5000)
fails("remote ip/port unavailable", us.send, us, "x")
fails("need <1460 payload", us.send, us, ("x"):rep(1461))
us:on("receive", function(s, data, ...)
  eq(s, us) eq(select("#", ...), 0)
  say("server", data)
  s:send("answer to " .. data, function(s2) eq(s2, us) sent = true end)
end)
uc:on("receive", function(s, data)
  eq(s, uc) say("client", data)
  if data == "answer to 1" then
    local other = net.createConnection(net.UDP)
    other:on("sent", function(s) eq(s, other) otherSent = true end)
    other:on("receive", function(s, data)
      say("other", data)
      tmr.create():alarm(500, 0, function()   -- when they know that it was sent
        assert(sent and otherSent)
        other:close() uc:close() us:close() us:close()
        table.sort(log)
        eq(table.concat(log, ", "), "client answer to 1, other answer to 2, server 1, server 2")
        us, uc, log = nil, nil, nil
        collectgarbage() collectgarbage()
        print "classic: ok"
      end)
    end)
    other:connect(port5000, "here")
    other:send("2")                      -- before the name is known: this one is lost
    tmr.create():alarm(1000, 0, function() if log and #log < 3 then other:send("2") end end)
  end
end)
uc:connect(port5000, host)
uc:send("") uc:send("1")
