-- The manual's examples, and a client that asks nobody.
assert(coap.CON == 0 and coap.NON == 1 and coap.TEXT_PLAIN == 0 and coap.LINKFORMAT == 40 and coap.XML == 41)
assert(coap.OCTET_STREAM == 42 and coap.EXI == 47 and coap.JSON == 50)

cs = coap.Server()
assert(cs:listen(5683) == nil)
myvar = 1
assert(cs:var("myvar") == nil)
all = '[1,2,3]'
cs:var("all", coap.JSON)
function myfun(payload)
  respond = "hello " .. payload
  return respond
end
assert(cs:func("myfun") == nil)

cc = coap.Client()
assert(cc:get(coap.CON, "coap://192.168.18.100:5683/.well-known/core") == nil)
cc:post(coap.NON, "coap://192.168.18.100:5683/", "Hello")
cc:put("coap://192.168.18.100/x?y=z", "data")
cc:delete(coap.NON, "/again")

local function fails(want, f, ...)
  local fine, message = pcall(f, ...)
  assert(not fine and message:find(want, 1, true), message)
end
fails("wrong arg type", cc.get, cc, 2, "coap://1.2.3.4/")
fails("wrong arg type", cc.get, cc, 1500000000, "coap://1.2.3.4/")
fails("bad argument #3 to '?' (string expected, got no value)", cc.get, cc, 1)
fails("bad argument #2 to '?' (string expected, got table)", cc.get, cc, {})
fails("uri wrong format.", cc.get, cc, "http://1.2.3.4/")
fails("uri wrong format.", cc.get, cc, "coap://h?q")
fails("uri wrong format.", cc.get, cc, "coap://1.2.3.4" .. ("/x"):rep(40))
fails("host too long", cc.get, cc, "coap://" .. ("h"):rep(64))
fails("coap_client expected, got userdata", cc.get, cs, "coap://1.2.3.4/")
fails("coap_server expected, got userdata", cs.listen, cc, 1)
fails("bad argument #1 to 'listen' (number expected, got no value)", function() cs:listen() end)
fails("bad argument #1 to 'var' (string expected, got no value)", function() cs:var() end)
fails("bad argument #2 to 'func' (number expected, got string)", function() cs:func("x", "y") end)

-- What was collected is of no use any more.
local gone = coap.Server()
gone:__gc()
fails("bad argument #1 to '?' (Server/Client expected)", gone.listen, gone, 80)
gone:close()
gone = coap.Client()
gone:__gc()
fails("Server/Client expected", gone.get, gone, "coap://1.2.3.4/")

cs:close()
cs:listen(5683, "1.2.3.4")
cs:listen(80)
cs:close()
cs:close()
print "coap: ok"
