-- The io library of the host profile.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local function is(want, ...)
  local got = {}
  for i = 1, select("#", ...) do got[i] = tostring((select(i, ...))) end
  got = table.concat(got, "|")
  assert(got == want, "got '" .. got .. "', want '" .. want .. "'")
end
local name = os.tmpname()
local function put(text) local f = assert(io.open(name, "w")) f:write(text) f:close() end
local function get() local f = assert(io.open(name)) local s = f:read("a") f:close() return s end

-- open, close, type, tostring
do
  local f = io.open(name, "w")
  assert(io.type(f) == "file" and tostring(f):find("^file %(0x%x+%)$") and io.type(1) == nil and type(f) == "userdata")
  assert(f:close() == true)
  assert(io.type(f) == "closed file" and tostring(f) == "file (closed)")
  fails("attempt to use a closed file", f.close, f); fails("attempt to use a closed file", f.read, f)
  fails("attempt to use a closed file", f.seek, f); fails("FILE* expected, got no value", f.close); fails("FILE* expected, got table", f.read, {})
end
do
  is("nil|/no/such/file: No such file or directory|2", io.open("/no/such/file"))
  is("nil|" .. name .. "/x: Not a directory|20", io.open(name .. "/x"))
  for _, m in ipairs {"r", "w", "a", "r+", "w+", "a+", "rb", "wb", "ab", "r+b", "w+b", "a+b", "rbb"} do
    put("x")
    assert(io.open(name, m), m):close()
  end
  for _, m in ipairs {"", "x", "rw", "+r", "rb+", "r++", "b"} do fails("invalid mode", io.open, name, m) end
  fails("value expected", io.type)
end

-- write and read
do
  put("")
  local f = io.open(name, "w")
  assert(f:write("a", 1, " ", 2.5, " ", 3.0, "\n", "") == f)
  assert(f:write() == f)
  fails("string expected, got nil", f.write, f, nil); fails("bad argument #1 to 'write'", function() f:write({}) end)
  f:close()
  is("a1 2.5 3\n", get())
  f = io.open(name)
  is("nil|Bad file descriptor|9", f:write("x"))
  f:close()
  f = io.open(name, "w")
  is("nil|Bad file descriptor|9", f:read())
  f:close()
end
do
  put("line1\nline2\n\nlast")
  local f = io.open(name)
  is("line1|line2\n", f:read("l", "L")); is("", f:read()); is("last", f:read("*l")); is("nil", f:read()); is("", f:read("a")); is("nil", f:read(1))
  f:seek("set"); is("li|ne1|", f:read(2, "l", 0)); is("line2\n\nlast", f:read("*a")); is("nil", f:read(0)); is("nil|nil", nil, f:read("L"))
  f:seek("set"); is("line1\nline2\n\nlast", f:read(100)); is("nil", f:read(100))
  f:seek("end"); is("nil", f:read("l", "l"))
  fails("invalid format", f.read, f, "x"); fails("invalid format", f.read, f, "*"); fails("string expected, got table", f.read, f, {})
  f:close()
  put(" 12 -7 0x1F 1.5e2 .5 0x.8p1 +3 nan 99")
  f = io.open(name)
  is("12|-7|31|150.0|0.5|1.0|3|nil", f:read("n", "n", "n", "n", "n", "n", "n", "n"))
  is("nan 99", f:read("a"))
  f:close()
  put("1e 2.5.6 0xg -- " .. ("1"):rep(300))
  f = io.open(name)
  is("nil", f:read("n")); is("2.5", f:read("n")); is("0.6", f:read("n")); is("nil|g ", f:read("n"), f:read(2)); is("nil|- ", f:read("n"), f:read(2)); is("nil", f:read("n"))
  is("100", #f:read("a"))
  f:close()
  put(("x"):rep(5000) .. "\n" .. ("y"):rep(256) .. "\n" .. ("z"):rep(255) .. "\n")
  f = io.open(name)
  is("5000|256|255", #f:read(), #f:read(), #f:read()); f:seek("set"); is("5514", #f:read("a")); f:close()
  put("a\0b\r\nc"); f = io.open(name); is("a\0b\r", f:read()); f:close()
end

-- seek, update modes, append
do
  put("0123456789")
  local f = io.open(name, "r+")
  is("0", f:seek()); is("01|2", f:read(2), f:seek()); is("5", f:seek("cur", 3)); f:write("X"); is("6", f:seek()); is("6789", f:read("a"))
  is("10", f:seek("end")); is("8", f:seek("end", -2)); is("8", f:read(1)); is("nil|Invalid argument|22", f:seek("set", -1)); is("9", f:read(1))
  fails("invalid option 'x'", f.seek, f, "x"); fails("number has no integer representation", f.seek, f, "set", 1.5)
  f:close(); is("01234X6789", get())
  f = io.open(name, "a"); f:write("+"); f:close(); is("01234X6789+", get())
  f = io.open(name, "w+"); f:write("new"); f:seek("set"); is("new", f:read("a")); f:close()
  f = io.open(name, "a+"); f:write("er"); f:seek("set"); is("newer", f:read("a")); f:close()
end

-- buffering
do
  local f = io.open(name, "w")
  assert(f:setvbuf("full", 100) == true); f:write("a"); is("", get()); assert(f:flush() == true); is("a", get())
  assert(f:setvbuf("no") == true); f:write("b"); is("ab", get())
  assert(f:setvbuf("line") == true); f:write("c"); is("ab", get()); f:write("\n"); is("abc\n", get())
  fails("invalid option 'x'", f.setvbuf, f, "x"); fails("string expected, got no value", f.setvbuf, f)
  f:close()
end

-- lines
do
  put("1\n2\n3")
  local out = {}
  for l in io.lines(name) do out[#out + 1] = l end
  is("1|2|3", table.unpack(out))
  out = {}
  for a, b in io.lines(name, 1, "L") do out[#out + 1] = a .. ":" .. tostring(b) end
  is("1:\n|2:\n|3:nil", table.unpack(out))
  local f = io.open(name)
  local it = f:lines("n")
  is("1|2|3", it(), it(), it()); is("", it()); assert(io.type(f) == "file"); f:close()
  fails("file is already closed", it)
  it = io.lines(name); it(); it(); it(); is("", it()); fails("file is already closed", it)
  fails("cannot open file '/no/such' (No such file or directory)", function() for _ in io.lines("/no/such") do end end)
  f = io.open(name)
  f:lines(table.unpack({}, 1, 250))
  fails("too many arguments", f.lines, f, table.unpack({}, 1, 251)); f:close()
end

-- default files
do
  put("in\nput")
  local old = io.input()
  assert(io.type(old) == "file" and old == io.stdin and io.output() == io.stdout)
  local f = io.input(name)
  is("in", io.read()); assert(io.input() == f); is("put", io.read("a")); is("nil", io.read())
  f:close()
  fails("standard input file is closed", io.read); fails("attempt to use a closed file", io.lines)
  io.input(old)
  fails("cannot open file '/no/such' (No such file or directory)", io.input, "/no/such")
  local out = io.output(name)
  io.write("x", 1); assert(io.write("y") == out); io.flush(); is("x1y", get())
  assert(io.close() == true); fails("standard output file is closed", io.write, "x")
  io.output(io.stdout)
  put("l1\nl2"); io.input(name)
  local n = 0
  for _ in io.lines() do n = n + 1 end
  assert(n == 2 and io.type(io.input()) == "file"); io.input():close(); io.input(old)
  is("nil|cannot close standard file", io.stdout:close()); is("nil|cannot close standard file", io.stderr:close())
  assert(io.type(io.stdout) == "file")
end

-- temporary files, popen, collection
do
  local f = io.tmpfile()
  f:write("tmp"); f:seek("set"); is("tmp", f:read("a")); f:close()
  fails("'popen' not supported", io.popen, "true"); fails("invalid mode", io.popen, "true", "rw")
  put("")
  do local g = io.open(name, "w") g:write("kept") g = nil end
  collectgarbage(); collectgarbage()
  is("kept", get())
  local mt = getmetatable(io.stdout)
  assert(mt.__name == "FILE*" and mt.__index == mt and mt.__gc and mt.__tostring)
end
os.remove(name)
return "ok"
