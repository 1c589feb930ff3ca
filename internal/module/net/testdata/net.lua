-- The module is a station with the address 192.168.0.111; the name "here" is known.
-- Its own address leads nowhere, as in the firmware. Its servers are on the host, which the
-- gateway's address leads to: port80 is where the one on port 80 is found there.
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or not tostring(err):find(want, 1, true) then error(tostring(err) .. " instead of " .. want, 2) end
end
local function list(...)
  local t = test.pack(...)
  for i = 1, t.n do t[i] = tostring(t[i]) end
  return table.concat(t, " ")
end
local me = wifi.sta.getip()
eq(me, "192.168.0.111")
local host = "192.168.0.1"

-- Interfaces and name servers.
local i = net.ifinfo()
eq(list(#i.hwaddr, i.ip, i.netmask, i.gateway), "6 192.168.0.111 255.255.255.0 192.168.0.1")
eq(list(i.dhcp.server_ip, i.dhcp.client_ip, i.dhcp.ntp_server), "192.168.0.1 192.168.0.111 nil")
eq(select("#", net.ifinfo(1)), 0) eq(select("#", net.ifinfo(2)), 0)
eq(list(net.dns.getdnsserver(), net.dns.getdnsserver(1)), "192.168.0.1 nil")
net.dns.setdnsserver("8.8.8.8", 1)
eq(net.dns.getdnsserver(1), "8.8.8.8")
fails("server index out of range [0-1]", net.dns.getdnsserver, 2)
fails("invalid dns server ip", net.dns.setdnsserver, "0.0.0.0")
fails("invalid dns server ip", net.dns.setdnsserver, "nonsense")
eq(select("#", net.multicastJoin("any", "224.0.0.251")), 0) eq(select("#", net.multicastLeave("", "224.0.0.251")), 0)
fails("invalid if ip", net.multicastJoin, "x", "224.0.0.251") fails("wrong arg type", net.multicastJoin)
fails("invalid multicast ip", net.multicastJoin, "any", "x")
eq(net.TCP, 1) eq(net.UDP, 2)

-- Arguments.
local sk, sv, us = net.createConnection(), net.createServer(5), net.createUDPSocket()
fails("not connected", sk.close, sk) fails("not connected", sv.close, sv) fails("not connected", us.close, us)
fails("not connected", sk.send, sk, "x") fails("no data to send", sk.send, sk, "") fails("socket is not open/bound yet", sk.ttl, sk)
fails("specify port", sk.connect, sk, 0) fails("not a function", sk.connect, sk, 1, "x", 2)
fails("invalid callback name", sk.on, sk, "nonsense") fails("invalid callback function", sk.on, sk, "sent", 1)
fails("invalid callback name", us.on, us, "connection")
fails("no callback specified", sk.dns, sk, "here") fails("need callback", sv.listen, sv, 80) fails("invalid IP address", sv.listen, sv, 80, "x", print)
fails("need port", us.send, us, 0, "1.2.3.4", "x") fails("invalid IP address", us.send, us, 1, "here", "x") fails("no data to send", us.send, us, 1, "1.2.3.4", "")
fails("invalid user data", sk.close, 5) fails("invalid user data", sk.send, sv, "x") fails("invalid user data", sk.on, sv, "sent", print)
eq(list(sk:getpeer()), "nil nil") eq(list(sk:getaddr()), "nil nil") eq(list(sv:getaddr()), "nil nil")
fails("illegal argument", sk.connect, sk, 1, "") eq(list(sk:getpeer()), "nil nil")
fails("illegal argument", net.dns.resolve, "", print) fails("function expected", net.dns.resolve, "x")
fails("lwip error -12", net.ping, "", print) fails("no received callback specified", net.ping, "here")
fails("invalid sent callback, function expected", net.ping, "here", 1, print, 5)
collectgarbage()

-- Names. Literal addresses call back at once.
local names = {}
net.dns.resolve("1.2.3.4", function(...) names[#names + 1] = list(...) end)
sk:dns("5.6.7.8", function(s, ip) eq(s, sk) names[#names + 1] = ip end)
eq(table.concat(names, ","), "nil 1.2.3.4,5.6.7.8")
fails("in the callback", sk.dns, sk, "5.6.7.8", function() error "in the callback" end)
sk = nil

local left = 0
local function begin() left = left + 1 end
local function finish(name)
  left = left - 1
  if left == 0 then
    collectgarbage() collectgarbage()
    print "net: ok"
  end
end

-- expects compares what comes in pieces with a text, and tells whether that is all of it.
-- The heap is small, and all that follows happens at the same time.
local function expects(text)
  local at = 1
  return function(data)
    eq(data, text:sub(at, at + #data - 1))
    at = at + #data
    return at > #text
  end
end

-- A port that is no integer is 0: lwIP chooses one. Lua 5.1 cuts it. Indices of name servers are bytes.
if not test.integral then
  local any = net.createServer()
  any:listen(tonumber "80.5", print)
  local chosen = any:getaddr()
  if test.lua51 then eq(chosen, 80) else assert(chosen ~= 80 and chosen > 1024, chosen) end
  any:close()
end
eq(net.dns.getdnsserver(-1), nil) eq(net.dns.getdnsserver(-256), net.dns.getdnsserver(0))

-- A server and clients.
local connected, whole = false, expects(("x"):rep(5000) .. "end")
begin()
sv:listen(80, function(c)
  local port, ip = c:getaddr()
  eq(port, 80) eq(ip, me)
  c:on("connection", function(s) eq(s, c) connected = true end)
  c:on("receive", function(s, data)
    eq(s, c)
    assert(#data <= 1460)
    if whole(data) then
      whole = nil
      s:send "first "
      s:send("second", function(s)
        s:on("sent", nil)
        s:send(("y"):rep(2920))
        fails("out of memory", s.send, s, "y")
        s:close()
        fails("not connected", s.close, s)
      end)
      fails("out of memory", s.send, s, ("z"):rep(2921))
    end
  end)
end)
fails("already listening", sv.listen, sv, 80, print)
fails("out of memory", net.createServer().listen, net.createServer(), 80, print)
eq(list(sv:getaddr()), "80 0.0.0.0")

do
  local dns, all = false, false
  local whole = expects("first second" .. ("y"):rep(2920))
  local sk = net.createConnection()
  sk:on("dns", function(s, ip) eq(ip, host) dns = true end)
  sk:on("connection", function(s)
    eq(s, sk)
    eq(list(s:getpeer()), port80 .. " " .. host)
    eq(select(2, s:getaddr()), me)
    eq(s:ttl(), 255) eq(s:ttl(3), 3) eq(s:ttl(), 3)
    local n = 0
    s:on("sent", function(s)
      n = n + 1
      if n < 5 then s:send(("x"):rep(1000)) elseif n == 5 then s:send "end" end
    end)
    s:send(("x"):rep(1000))
  end)
  sk:on("receive", function(s, data) all = whole(data) end)
  sk:on("disconnection", function(s, err)
    eq(err, 0)
    fails("not connected", s.close, s)
    eq(all, true) eq(connected, true) eq(dns, true)
    sv:close()
    fails("not connected", sv.close, sv)
    finish()
  end)
  sk:connect(port80, host)
  fails("already connected", sk.connect, sk, port80, host)
end
collectgarbage()                          -- a socket in use holds itself

-- Nobody there.
begin()
do
  local sk = net.createConnection()
  sk:on("disconnection", function() error "not the right one" end)
  sk:on("reconnection", function(s, err) eq(err, -9) finish() end)
  local closed = net.createServer()
  closed:listen(81, print)
  closed:close()
  sk:connect(port81, host)
end
begin()
do
  local sk = net.createConnection()
  sk:on("disconnection", function(s, err) eq(err, -8) finish() end)
  sk:connect(80, me)
end
begin()
do
  local sk = net.createConnection()
  local dns
  sk:on("dns", function(s, ip) eq(ip, nil) dns = tmr.now() end)
  sk:on("disconnection", function(s, err) eq(err, -8) assert(dns) finish() end)
  sk:connect(80, "unknown.example")
end
begin()
net.dns.resolve("HERE", function(s, ip) eq(s, nil) eq(ip, "127.0.0.1") finish() end)

-- Flow control: while a socket is on hold, no more comes in than one window.
begin()
do
  local srv, got, held = net.createServer(), 0
  srv:listen(7000, function(c)
    c:on("receive", function(c, data)
      got = got + #data
      if held == nil then
        held = true
        c:hold()
        tmr.create():alarm(500, tmr.ALARM_SINGLE, function()
          eq(got, 5840)
          held = false
          c:unhold()
        end)
      end
      if got == 12 * 1460 then
        eq(held, false)
        c:close()
        srv:close()
      end
    end)
  end)
  local sk, n = net.createConnection(), 0
  local function more(s)
    if n < 12 then n = n + 1 s:send(("x"):rep(1460)) end
  end
  sk:on("connection", more) sk:on("sent", more)
  sk:on("disconnection", function(s, err)
    -- The last segment was not confirmed yet when the socket was closed.
    eq(err, -9) eq(got, 12 * 1460)
    finish()
  end)
  sk:connect(port7000, host)
end

-- Datagrams.
begin()
us:listen(5000)
fails("already listening", us.listen, us, 5001)
fails("address in use", net.createUDPSocket().listen, net.createUDPSocket(), 5000)
eq(list(us:getaddr()), "5000 0.0.0.0")
eq(us:ttl(9), 9) eq(us:ttl(), 9)
us:on("receive", function(s, data, port, ip)
  eq(s, us) eq(ip, "127.0.0.1")
  s:send(port, ip, "re: " .. data)
end)
do
  local sent = false
  local c = net.createUDPSocket()
  c:on("receive", function(s, data, port, ip)
    eq(data, "re: hello") eq(sent, true) eq(port, port5000) eq(ip, host)
    s:close() us:close()
    finish()
  end)
  c:send(port5000, host, "hello", function(s) eq(s, c) sent = true end)
  eq(list(c:getaddr()), "4096 0.0.0.0")
end

-- Ping.
begin()
local pings = {}
net.ping("127.0.0.1", 2, function(...) pings[#pings + 1] = list(...) end, function(...)
  eq(table.concat(pings, ","):gsub(" %d+,", " t,"):gsub(" %d+$", " t"), "32 127.0.0.1 1 t,32 127.0.0.1 2 t")
  eq(list(...):match"^127.0.0.1 2 0 64 2%d%d%d$" ~= nil, true)
  finish()
end)
begin()
net.ping("unknown.example", function(...) eq(list(...), "0") finish() end)
