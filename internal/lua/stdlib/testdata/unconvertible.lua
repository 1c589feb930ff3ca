-- Where a library asks for a number without asking whether there is one, it gets 0.
local function is(want, got) assert(got == want, "got '" .. tostring(got) .. "', want '" .. tostring(want) .. "'") end
local f = load "local a = 1 return a"
is(string.dump(f, 0), string.dump(f, 1.5)); is(string.dump(f, 0), string.dump(f, "x")); is(string.dump(f, 0), string.dump(f, {}))
is(false, (pcall(string.dump, f, 3))); is(string.dump(f, 1), string.dump(f, "1"))
local step, s = utf8.codes("añb")
is(1, step(s, 1.5)); is(1, step(s, "x")); is(1, step(s, nil)); is(2, step(s, "1")); is(nil, step(s, 4))

-- Checks that work otherwise than the manual makes believe.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok and tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
for code, kind in pairs{["return 1"] = "text", [string.dump(load "return 1")] = "binary"} do
  local f, msg = load(code, "x", "") -- the empty mode refuses everything
  is(nil, f); is("attempt to load a " .. kind .. " chunk (mode is '')", msg)
end
fails("attempt to get length of a table value", function() return #string end)
fails("attempt to get length of a table value", table.unpack, string)
is(0, rawlen(string)); is(0, #{})

-- A numeral that is too long is cut, and its end is no option.
fails("invalid format option '9'", string.pack, "c999999999999", "a")
fails("invalid format option '8'", string.pack, "c2147483648", "a")
fails("string longer than given size", string.pack, "c1", "ab")
fails("string expected", string.pack, "c999999999999", {})
return nil
