-- Constants of all types.
local n, t, f = nil, true, false
local x = y == nil or y == true or y == false
local i = {0, 1, -1, 255, 65536, 2147483647, -2147483647, 0xFFFFFFFF, 123456789012}
local f = {0.0, 1.0, -1.5, 0.1, 1e7, 1e10, 16777216.0, 123456.789, 1e-5, 1e30, 3.14159265358979, 1/3, 5e-324, 1e999}
local s = {"", "plain", "\a\b\f\n\r\t\v\"\\", "\0\1\31\127\128\255", "UTF-8: \u{e9}\u{20ac}", "a\0b",
  "longer than forty characters, so that it is a long string", "<&>", "\u{2028}", "0x12345678"}
local u = s["k"] .. s[1.0] .. s[2]
