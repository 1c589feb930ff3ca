-- Cases that once differed, each with its name. What the suite, generated programs and the corpus found.
local function case(name, f, ...) print(name, pcall(f, ...)) end
-- A level of the stack was an address, and a collection moves the frames.
case("collection in a traceback", function()
  local function deep(k, f) if k == 0 then return f and f() or 0 end local r = deep(k - 1, f) return r end
  local traceback, n, keep = debug.traceback, 0, {}
  for i = 1, 4000 do
    deep(20 + i % 60)
    local s = deep(i % 9, traceback)
    n = n + #s
    keep[i % 50] = s .. i
  end
  return n
end)
case("traceback joins its arguments", debug.traceback, "m", "x", "y")
case("traceback takes the last one away", debug.traceback, "m", 1, nil)
case("a level below zero", debug.traceback, "m", -1)
case("positions beyond 32 bits", function() return ("abc"):sub(4294967298), ("abc"):byte(4294967297), ("abc"):sub(2147483648), ("abc"):find("b", 4294967297) end)
case("a character beyond an int", string.format, "[%c]", 4294967361)
case("one function, two names", function() return string.gfind == string.gmatch end)
case("a NUL is an exponent mark", function() return loadstring("return 1\0y = 2", "=s") end)
case("a NUL is a second dot", function() return loadstring("return 'a' .\0 'b'", "=s")() end)
case("the second argument first", math.pow, {}, "x")
case("a root of a large number", function() return math.sqrt(1073741823), math.sqrt(1073741824), math.sqrt(2000000000) end)
case("io.output of what cannot be opened", io.output, "no/such/file")
case("a file has the type INT", io.close, 5)
case("write gives true", function() return io.stdout:write("") end)
case("os.rename names the file", os.rename, "no/such/file", "x")
case("os.date leaves what it does not know", os.date, "!%5|%E|%Q|%k|%P|%C", 0)
case("os.time of nothing", os.time, {year = "x"})
case("os.execute gives a number", os.execute, "exit 3")
case("difftime", function() return type(os.difftime) end)
case("invalid mode of a file", io.open, "x", "q")
