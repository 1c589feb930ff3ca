-- Requests of all kinds, to a server that tests put into the global url; the last one prints.
local n = 0
local function done(code, body, headers)
  n = n + 1
  assert(code == 200 or code == -1, code)
end
local function next(code, body, headers)
  done(code, body, headers)
  http.post(url .. "/post", "A: b\r\n", ("body"):rep(200), done)
end
http.get("http://:1/", nil, done)
http.get(url .. "/redirected", "Own: x\r\n", next)
