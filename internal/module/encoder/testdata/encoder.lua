local function eq(got, want) assert(got == want, ("got %q, want %q"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

-- The pairs of RFC 4648.
for plain, code in pairs {
  [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy",
} do
  eq(encoder.toBase64(plain), code)
  eq(encoder.fromBase64(code), plain)
end
eq(encoder.toBase64("\251\239\255"), "++//")
eq(encoder.toHex "\0\127\128\255aZ", "007f80ff615a")
eq(encoder.fromHex "007F80fF615a", "\0\127\128\255aZ")
eq(encoder.toHex "", "")
eq(encoder.fromHex "", "")
eq(encoder.toHex(12), "3132") -- a number is its digits
eq(encoder.fromHex(12), "\18")

-- Bits that no byte needs are not looked at.
eq(encoder.fromBase64 "Zh==", "f")
eq(encoder.fromBase64 "Zm9=", "fo")

for _, bad in ipairs { "A", "AB", "ABC", "====", "A===", "=AAA", "AA=A", "AA==AAAA", "AAA\n", "AA\n=", "AAA-", "AA_A",
  "AAA\0", "Zm9v\r\n==" } do
  fails("Invalid base64 string", encoder.fromBase64, bad)
end
for _, bad in ipairs { "0", "0g", "g0", "0x", " 0", "00\0\0", "00 00 " } do
  fails("Invalid hex string", encoder.fromHex, bad)
end
fails("bad argument #1 to 'toHex' (string expected, got no value)", function() local s = encoder.toHex() end)
for _, f in pairs(encoder) do
  fails("string expected, got table", f, {})
  fails("string expected, got nil", f, nil)
end

-- All bytes, all lengths; then nothing is left on the heap.
local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
local function round()
  for n = 0, 256 do
    local s = all:sub(257 - n)
    eq(encoder.fromBase64(encoder.toBase64(s)), s)
    eq(encoder.fromHex(encoder.toHex(s)), s)
  end
end
local function left()
  round()
  collectgarbage()
  return collectgarbage "count"
end
left()
local before = left()
assert(left() < before + 1) -- some strings of the API are kept for a while

print "encoder: ok"
