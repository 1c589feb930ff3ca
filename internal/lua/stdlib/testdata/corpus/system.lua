-- Numbers in io and os.
local f = io.tmpfile()
local function fill(text)
  f:seek("set", 0)
  f:write(text, "\n", (" "):rep(300), "\n")
  f:seek("set", 0)
end
for _, text in ipairs{"0", "-1", " 12 13", "0x10", "-0x7fffffff", "0xffffffff", "0xffffffffffffffff", "0x1p4", "0x.8", "0x1.8p-1 x", "1.5", "1e5", "1e+5x", "1e", "1e+", ".5", "5.", ".", "-", "+3",
  "--3", "2147483647", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "1e400", "1e39", "nan", "inf", "0x", "0xg", "1_0", "1,5", "99999999999999999999999", ("1"):rep(199), ("1"):rep(200), ("1"):rep(201), "0." .. ("3"):rep(250), "\t\n 7"} do
  fill(text)
  case("read " .. text, function() return f:read("n") end)
  case("then " .. text, function() return f:read("l") end)
  fill(text)
  case("two " .. text, function() return f:read("n", "n") end)
  case("place " .. text, function() return f:seek() end)
end
for i, x in ipairs(edges) do
  case("write " .. i, function()
    fill("")
    f:write(x, " ", x)
    f:seek("set", 0)
    return f:read("l")
  end)
  case("count " .. i, function()
    if x == x and x > 1000 then return "too large" end
    fill("abcdef")
    return f:read(x)
  end)
  case("seek " .. i, function() return f:seek("set", x) end)
  case("date " .. i, function() return os.date("!%Y-%m-%d %H:%M:%S %j", x) end)
  case("table " .. i, function()
    local t = os.date("!*t", x)
    return t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst
  end)
  case("difference " .. i, function() return os.difftime(x, 1) end)
  for _, field in ipairs{"year", "month", "day", "hour", "min", "sec"} do
    case("time " .. field .. " " .. i, function()
      local t = {year = 2020, month = 6, day = 15, hour = 12, min = 30, sec = 15}
      t[field] = x
      local r = os.time(t)
      return r, t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday
    end)
  end
end
for n = 1, 500 do
  case("random time " .. n, function()
    local t = {year = 1970 + draw(67), month = draw(40) - 10, day = draw(100) - 30, hour = draw(100) - 30, min = draw(200) - 50, sec = draw(10000) - 5000}
    local r = os.time(t)
    return r, os.date("!%c", r), t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday
  end)
end
for _, v in ipairs{"x", "12", 1.0, 1.5, {}, true} do
  case("field " .. type(v), function() return os.time{year = 2020, month = v, day = 1} end)
  case("missing " .. type(v), function() return os.time{month = v, day = 1} end)
end
