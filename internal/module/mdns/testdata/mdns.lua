-- The manual's examples, and what is refused.
assert(mdns.register("fishtank", {hardware = 'NodeMCU'}) == nil)
mdns.register("fishtank", {description = "Top Fishtank", service = "http", port = 80, location = 'Living Room'})
mdns.register("fishtank")
mdns.register(5, {port = "81", x = 2})
assert(mdns.close() == nil)
mdns.close()

local function fails(want, ...)
  local fine, message = pcall(mdns.register, ...)
  assert(not fine and message == want:gsub("mdns.register", test.named), message)
end
fails("bad argument #1 to 'mdns.register' (string expected, got no value)")
fails("bad argument #2 to 'mdns.register' (table expected, got nil)", "x", nil)
fails("bad argument #-2 to 'mdns.register' (string expected, got number)", "x", {"y"})
fails("bad argument #-1 to 'mdns.register' (number expected, got string)", "x", {port = "http"})
fails("bad argument #-1 to 'mdns.register' (string expected, got boolean)", "x", {anything = true})
fails("Unable to start mDns daemon", "x", {service = ("s"):rep(116)})
mdns.register("x", {service = ("s"):rep(115)})
local many = {}
for i = 1, 20 do many["key" .. i] = i end
mdns.register("x", many)
mdns.close()
print "mdns: ok"
