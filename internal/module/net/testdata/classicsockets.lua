local s, c = net.createServer(net.UDP), net.createConnection(net.UDP, 0)
for _, u in ipairs{s, c} do
  u:on("receive", function() end) u:on("sent", function() end) u:on("receive", print)
  u:close()
end
net.createServer(net.TCP, 30) net.createConnection(net.TCP)
s, c = nil, nil
collectgarbage() collectgarbage()
print "classic: ok"
