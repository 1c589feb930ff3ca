s = coap.Server()
s:listen(5683)
s:var("s") s:func("f")
c = coap.Client()
c:get("coap://10.0.0.1/a/b?c", "payload")
c:post(coap.NON, "coap://10.0.0.1/a")
s:close()
c, s = nil
collectgarbage()
