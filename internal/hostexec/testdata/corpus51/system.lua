-- os and io, as far as the host has them, with names of no directory.
local times = {0, 1, -1, 59, 86399, 86400, 951782400, 951868800, 1000000000, 1234567890, 1709164800, 1709251199, 2147483647, -2147483647, -86400, -1000000000}
if not int then for _, t in ipairs{"4294967296", "1e10", "1e11", "253402300799", "253402300800", "-1e10", "-62135596800", "-62167219200", "1e15", "1e17", "1e18", "0.9", "-0.5", "1e300"} do times[#times + 1] = tonumber(t) end end
for _, t in ipairs(times) do
  for c = 32, 126 do case("!%" .. char(c), os.date, "!%" .. char(c), t) end
  case("%c", os.date, "%c", t) case("none", os.date, nil, t) case("text", os.date, "!%Y-%m-%d %H:%M:%S %j %a", t) case("%", os.date, "!a%", t) case("%%", os.date, "!%%%", t) case("zero", os.date, "!a\0%Y", t) case("!", os.date, "!", t) case("empty", os.date, "", t)
  case("*t", function() local d, r = os.date("!*t", t), {} for k, v in pairs(d) do r[#r + 1] = k .. "=" .. tostring(v) end return concat(r, " ") end)
  case("there and back", function() return os.time(os.date("*t", t) or {}) end) case("*tx", os.date, "!*tx", t)
end
for _, y in ipairs{1970, 1999, 2000, 2024, 2100, 1900, 1, 0, -5, 10000, 40000, 2038} do
  for _, m in ipairs{1, 2, 12, 0, 13, -1, 25, "3"} do
    for _, d in ipairs{1, 28, 29, 31, 0, -1, 400, "7"} do
      case("time", os.time, {year = y, month = m, day = d}) case("time", os.time, {year = y, month = m, day = d, hour = 0}) case("time", os.time, {year = y, month = m, day = d, hour = 25, min = -3, sec = 100, isdst = false})
    end
  end
end
for _, t in ipairs{{}, {year = 2000}, {year = 2000, month = 1}, {month = 1, day = 1}, {year = "x", month = 1, day = 1}, {year = 2000, month = {}, day = 1}, {year = 2000, month = 1, day = true}, {year = 2147483647, month = 1, day = 1}, {year = -2147483647, month = 1, day = 1},
  {year = 2000, month = 2147483647, day = 1}, {year = 2000, month = 1, day = 2147483647}, {year = 1969, month = 12, day = 31, hour = 23, min = 59, sec = 59}, {year = 2000, month = 1, day = 1, sec = 2147483647}, {year = 2000, month = 1, day = 1, isdst = true}} do case("fields", os.time, t) end
case("time", os.time, 5) case("time", os.time, "x") case("date", os.date, 5, 5) case("date", os.date, {}) case("date", os.date, "%c", "x") case("date", os.date, "!%c", "100")
case("clock", function() return type(os.clock()) end) case("time", function() return os.time() > 1000000000 end) case("tmpname", function() local n = os.tmpname() return type(n), os.remove(n), os.remove(n) == nil end)
case("getenv", os.getenv, "NOSUCHVARIABLE") case("getenv", os.getenv) case("execute", os.execute) case("execute", os.execute, "true") case("execute", os.execute, "exit 3") case("execute", os.execute, "kill -9 $$")
case("remove", os.remove, "nofile") case("remove", os.remove, "") case("rename", os.rename, "nofile", "other") case("rename", os.rename, "nofile")
for _, l in ipairs{"C", "POSIX", "", "xx_XX", "all"} do for _, c in ipairs{"all", "collate", "ctype", "monetary", "numeric", "time", "none"} do if l ~= "" then case("setlocale", os.setlocale, l, c) end end end
case("setlocale", os.setlocale) case("setlocale", os.setlocale, nil, "time")
if os.difftime then for _, a in ipairs(times) do for _, b in ipairs(times) do case("difftime", os.difftime, a, b) end case("difftime", os.difftime, a) end end
-- Files.
local contents = {"", "a", "\n", "one\ntwo\nthree", "one\ntwo\n", "1 2 3\n", " 12 -7 +5 0x1F 1e3 .5 5. 1.5e-3 inf nan x9\n", "1e", "1e+", "0x", "--5", "12abc", "5,6", "99999999999", "2147483648 -2147483649", "a\0b\0c\nd\n", "\0\n\0", "abc\0\ndef\nghi", ("x"):rep(300) .. "\n" .. ("y"):rep(600) .. "\0z\n" .. ("w"):rep(255) .. "\n", ("l"):rep(254) .. "\nk\n", "0x1p4 0x.8 1.2.3", "infinity nan(5) in", "\r\n\t 7\v8\f9", "1-2", "1.e2e3", ("9"):rep(250)}
local asked = {{}, {"*l"}, {"*l", "*l", "*l"}, {"*n"}, {"*n", "*n", "*n"}, {"*n", "*l"}, {"*a"}, {"*a", "*a"}, {"*l", "*a"}, {0}, {1}, {2, 3}, {0, "*l", 0}, {5, "*n", "*a"}, {300}, {-1}, {"*L"}, {"l"}, {"x"}, {"*x"}, {"*"}, {""}, {true}, {"*number", "*line", "*all"}, {"*n", "*n", "*n", "*n", "*n", "*n", "*n", "*n", "*n", "*n", "*n"}, {1000000}, {"5"}, {nil, "*l"}}
for _, s in ipairs(contents) do
  local f = assert(io.open("corpus.tmp", "wb")) f:write(s) f:close()
  for _, a in ipairs(asked) do
    case("read", function() local f = io.open("corpus.tmp") local r = {pcall(f.read, f, unpack(a))} for i = 1, 12 do r[i] = show(r[i]) end local rest = f:read("*a") f:close() return concat(r, " ", 1, 12), rest end)
  end
  case("lines", function() local r = {} for l in io.lines("corpus.tmp") do r[#r + 1] = l end return concat(r, "|") end) case("f:lines", function() local f, r = io.open("corpus.tmp"), {} for l in f:lines() do r[#r + 1] = l end f:close() return concat(r, "|") end)
  case("size", function() local f = io.open("corpus.tmp") local n = f:seek("end") f:close() return n end)
  case("dofile", dofile, "corpus.tmp") case("loadfile", loadfile, "corpus.tmp")
  for _, w in ipairs{"set", "cur", "end", "x"} do for _, o in ipairs{0, 1, -1, 3, 100, -100} do case("seek", function() local f = io.open("corpus.tmp") local r = {pcall(f.seek, f, w, o)} for i = 1, 4 do r[i] = show(r[i]) end local rest = f:read(4) f:close() return concat(r, " ", 1, 4), rest end) end end
end
for _, m in ipairs{"r", "w", "a", "r+", "w+", "a+", "rb", "wb+", "w+b", "x", "", "rw", "rx", "r++", "b", "+", "r b", "wx", "rz", "rbbbbbb+", "ab", 5} do
  case("mode", function() local f, e, n = io.open("corpus.tmp", m) if not f then return e, n end local a, b, c = f:write("new") local d, g, h = f:read(3) local r, s, t = f:seek("set") local x = f:read("*a") return io.type(f), a and true, b, c, d, g, h, r, s, t, x, f:close() end)
  case("new", function() os.remove("corpus.new") local f, e, n = io.open("corpus.new", m) if f then f:close() end return f and true, e, n, os.remove("corpus.new") end)
  case("reset", function() local f = io.open("corpus.tmp", "w") f:write("abc\ndef\n") return f:close() end)
end
case("write", function() local f = io.open("corpus.tmp", "w") local r = f:write(1, "a", 2147483647, -5, 1 / 3 * 3, "x\0y") f:close() f = io.open("corpus.tmp") local s = f:read("*a") f:close() return r, s end)
for _, v in ipairs(edges) do if v == v then case("write", function() local f = io.open("corpus.tmp", "w") f:write(v, " ") f:close() f = io.open("corpus.tmp") local s = f:read("*a") f:seek("set") local n = f:read("*n") f:close() return s, n end) end end
for _, v in ipairs{true, {}, print} do case("write", function() local f = io.open("corpus.tmp", "w") local r = {pcall(f.write, f, "a", v, "b")} f:close() return unpack(r) end) end
case("closed", function() local f = io.open("corpus.tmp") f:close() return tostring(f), io.type(f), pcall(f.read, f) end) case("closed", function() local f = io.open("corpus.tmp") f:close() return pcall(f.close, f) end) case("closed", function() local f = io.open("corpus.tmp") local n = f:lines() f:close() return pcall(n) end)
case("closed", function() local n = io.lines("corpus.tmp") while n() do end return pcall(n) end) case("type", io.type, 5) case("type", io.type, io.stdout) case("type", io.type) case("std", function() return io.stdout:close() end) case("std", function() return io.stdin:read("*a"), io.stdin:read("*l"), io.stdin:read("*a"), io.stdin:read(0) end) case("std", function() return io.stdout:read() end)
case("setvbuf", function() local f = io.open("corpus.tmp") local a, b, c, d, e = f:setvbuf("no"), f:setvbuf("full", 1024), f:setvbuf("line"), pcall(f.setvbuf, f, "x") f:close() return a, b, c, d, e end) case("flush", function() local f = io.open("corpus.tmp") local r = f:flush() f:close() return r end)
case("output", function() local f = io.open("corpus.tmp", "w") io.output(f) local same = io.output() == f and rawget(_G, 2) == f io.write("one ", 2, "\n") io.output():close() return same, pcall(io.write, "x") end) case("closed", pcall, io.close) case("closed", pcall, io.flush)
case("input", function() io.input("corpus.tmp") return io.read("*l"), io.read("*l"), rawget(_G, 1) == io.input(), io.close(io.input()), pcall(io.read) end) case("lines", pcall, io.lines) case("lines", pcall, io.lines, nil) case("lines", pcall, io.lines, "nofile") case("lines", pcall, io.lines, {}) case("input", pcall, io.input, "nofile") case("input", pcall, io.input, {}) case("output", pcall, io.output, "no/such/file") case("output", pcall, io.output, print) case("open", pcall, io.open) case("open", pcall, io.open, "nofile", {})
case("gc", function() for i = 1, 10 do io.open("corpus.tmp") end collectgarbage() return true end) case("popen", function() return io.popen, io.tmpfile, io.stdin == io.stdin, io.nothing end) case("getmetatable", function() local m = getmetatable(io.stdout) return m.__index == m, type(m.__gc), m.__name, pcall(m.__tostring, 5) end) case("new field", function() io.x = 1 return io.x, rawget(io, "x"), getmetatable(io) == io end)
for _, f in ipairs{"close", "flush", "lines", "read", "seek", "setvbuf", "write"} do local g = getmetatable(io.stdout)[f] case(f, g) case(f, g, 5) case(f, g, {}) case(f, g, newproxy()) case(f, g, newproxy(true)) case(f, g, "x", "y") end
case("loadfile", loadfile, "nofile.lua") case("dofile", dofile, "nofile.lua") case("loadfile", loadfile, "/") case("require", require, "no.such.module")
os.remove("corpus.tmp")
