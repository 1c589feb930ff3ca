-- The utf8 library.
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

is("", utf8.char()); is("A", utf8.char(65)); is("\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}",
  utf8.char(0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF))
is("\0", utf8.char(0)); is("\xED\xA0\x80", utf8.char(0xD800))
assert(#utf8.char(table.unpack((function() local t = {} for i = 1, 200 do t[i] = 0x20AC end return t end)())) == 600)
fails("value out of range", utf8.char, -1); fails("value out of range", utf8.char, 0x110000)

is("14", tostring(#utf8.charpattern)); assert(utf8.charpattern == "[\0-\x7F\xC2-\xF4][\x80-\xBF]*")
assert(utf8.nothing == nil and utf8[1] == nil)

local s = "aé€😀z"
is("5", utf8.len(s)); is("0", utf8.len("")); is("1", utf8.len(s, -1)); is("3", utf8.len(s, 4)); is("0", utf8.len(s, 12))
is("nil|3", utf8.len(s, 3)); is("nil|1", utf8.len("\xFF")); is("nil|2", utf8.len("a\xE2\x82")); is("1", utf8.len(s, 1, 1)); is("2", utf8.len(s, 1, 2))
is("nil|1", utf8.len("\xC0\x80")); is("nil|1", utf8.len("\xF4\x90\x80\x80")); is("1", utf8.len("\xED\xA0\x80")); is("nil|1", utf8.len("\xE0\x80\x80"))
is("0", utf8.len("abc", 2, 1)); is("0", utf8.len("abc", 4))
fails("initial position out of string", utf8.len, "abc", 5); fails("final position out of string", utf8.len, "abc", 1, 4)
fails("initial position out of string", utf8.len, "abc", 0)

is("97", utf8.codepoint(s)); is("233|8364|128512|122", utf8.codepoint(s, 2, -1)); is("8364", utf8.codepoint(s, 4))
is("", utf8.codepoint("abc", 3, 2)); fails("out of range", utf8.codepoint, "abc", 0); fails("out of range", utf8.codepoint, "abc", 1, 4)
fails("invalid UTF-8 code", utf8.codepoint, "a\xFFb", 1, 3); fails("invalid UTF-8 code", utf8.codepoint, s, 3)
fails("out of range", utf8.codepoint, "")

is("1", utf8.offset(s, 1)); is("2", utf8.offset(s, 2)); is("4", utf8.offset(s, 3)); is("12", utf8.offset(s, 6)); is("nil", utf8.offset(s, 7))
is("11", utf8.offset(s, -1)); is("1", utf8.offset(s, -5)); is("nil", utf8.offset(s, -6)); is("7", utf8.offset(s, 0, 9)); is("7", utf8.offset(s, 2, 4))
is("1", utf8.offset("", 1)); is("1", utf8.offset("", 0)); is("nil", utf8.offset("", 2)); is("4", utf8.offset("abc", 0, 4))
fails("position out of range", utf8.offset, "abc", 1, 5); fails("initial position is a continuation byte", utf8.offset, s, 1, 3)
fails("position out of range", utf8.offset, "abc", 1, -4)

do
  local out = {}
  for p, c in utf8.codes(s) do out[#out + 1] = p .. ":" .. c end
  is("1:97 2:233 4:8364 7:128512 11:122", table.concat(out, " "))
  for _ in utf8.codes("") do error("unexpected") end
  fails("invalid UTF-8 code", function() for _ in utf8.codes("ab\xFF") do end end)
  fails("invalid UTF-8 code", function() for _ in utf8.codes("\xE2\x82") do end end)
  fails("invalid UTF-8 code", function() for _ in utf8.codes("é\x80") do end end)
  fails("string expected", utf8.codes)
  local n = 0
  for c in s:gmatch(utf8.charpattern) do n = n + 1 end
  assert(n == 5)
end
return "ok"
