local function eq(got, want) assert(got == want, ("got %q, want %q"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function bin(s) return (s:gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end)) end

-- "abc", from the standards (RFC 1321, FIPS 180-4).
local abc = {
  MD5 = "900150983cd24fb0d6963f7d28e17f72",
  SHA1 = "a9993e364706816aba3e25717850c26c9cd0d89d",
  SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  SHA384 = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  SHA512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" ..
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
}
-- "Jefe" signs "what do ya want for nothing?" (RFC 2202, 4231).
local signed = {
  MD5 = "750c783e6ab0b503eaa86e310a5db738",
  SHA1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
  SHA256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
}
for name, want in pairs(abc) do
  eq(hex(crypto.hash(name, "abc")), want)
  eq(hex(crypto.hash(name:lower(), "abc")), want)
  eq(hex(crypto.hash(name .. "\0 and more", "abc")), want) -- a string of C
  local h = crypto.new_hash(name)
  eq(select("#", h:update "a"), 0)
  h:update ""
  h:update "bc"
  eq(hex(h:finalize()), want)
  h:update "abc" -- goes on with zeros
  assert(hex(h:finalize()) ~= want)

  -- Keys that are short, as long as a block, and longer: as one string and in pieces.
  for _, n in ipairs { 0, 1, 63, 64, 65, 127, 128, 129, 300 } do
    local key, text = ("k"):rep(n), ("text"):rep(n)
    local s = crypto.new_hmac(name, key)
    for i = 1, #text, 50 do s:update(text:sub(i, i + 49)) end
    eq(hex(s:finalize()), hex(crypto.hmac(name, text, key)))
  end
end
for name, want in pairs(signed) do eq(hex(crypto.hmac(name, "what do ya want for nothing?", "Jefe")), want) end
eq(hex(crypto.sha1 "abc"), abc.SHA1)
eq(hex(crypto.sha1 ""), "da39a3ee5e6b4b0d3255bfef95601890afd80709")

-- Objects do not know of each other.
local a, b = crypto.new_hash "sha256", crypto.new_hash "md5"
a:update "ab" b:update "a" a:update "c" b:update "bc"
eq(hex(a:finalize()), abc.SHA256)
eq(hex(b:finalize()), abc.MD5)

eq(crypto.mask("some text", "\1\2"), "rmlg!vdzu")
eq(crypto.mask("", "x"), "")
eq(crypto.mask(crypto.mask(("long "):rep(100), "abc"), "abc"), ("long "):rep(100))
fails("invalid argument: mask", crypto.mask, "text", "")

-- FIPS 197, and SP 800-38A for the chained mode.
local key = bin "000102030405060708090a0b0c0d0e0f"
local plain = bin "00112233445566778899aabbccddeeff"
eq(hex(crypto.encrypt("AES-ECB", key, plain)), "69c4e0d86a7b0430d8cdb78070b4c55a")
eq(hex(crypto.encrypt("aes-ecb", key .. bin "1011121314151617", plain)), "dda97ca4864cdfe06eaf70a0ec0d7191")
eq(hex(crypto.encrypt("AES-ECB", key .. bin "101112131415161718191a1b1c1d1e1f", plain)), "8ea2b7ca516745bfeafc49904b496089")
eq(hex(crypto.encrypt("AES-CBC", bin "2b7e151628aed2a6abf7158809cf4f3c",
  bin "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51", key)),
  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2")
for _, mode in ipairs { "AES-ECB", "AES-CBC" } do
  for n = 0, 50 do
    local text = ("x"):rep(n)
    local code = crypto.encrypt(mode, key, text, "vector")
    eq(#code, test.div(n + 15, 16) * 16)
    eq(crypto.decrypt(mode, key, code, "vector"), text .. ("\0"):rep(#code - n))
  end
end
eq(crypto.encrypt("AES-CBC", key, "text", ""), crypto.encrypt("AES-ECB", key, "text"))
eq(crypto.encrypt("AES-CBC", key, "text", nil), crypto.encrypt("AES-CBC", key, "text", ("\0"):rep(16)))
eq(crypto.encrypt("AES-CBC", key, "text", "iv"), crypto.encrypt("AES-CBC", key, "text", "iv" .. ("\0"):rep(14) .. "more"))
for _, n in ipairs { 0, 15, 17, 31, 33 } do fails("crypto op failed", crypto.encrypt, "AES-ECB", ("k"):rep(n), "text") end
fails("unknown cipher: DES", crypto.decrypt, "DES\0", key, "text")
fails("unknown cipher: ", crypto.encrypt, "")

for _, f in ipairs { crypto.hash, crypto.fhash, crypto.hmac, crypto.new_hash, crypto.new_hmac } do
  fails("unknown hash mech", f, "MD2", {})
  fails("unknown hash mech", f, "")
  fails("(string expected, got no value)", f)
end
fails("bad argument #2 to '" .. test.named "crypto.new_hmac" .. "' (string expected, got no value)", crypto.new_hmac, "md5")
fails("bad argument #3 to '" .. test.named "crypto.hmac" .. "' (string expected, got no value)", crypto.hmac, "md5", "text")
fails("bad argument #4 to '" .. test.named "crypto.encrypt" .. "' (string expected, got table)", crypto.encrypt, "AES-ECB", key, "text", {})
fails("crypto.hash expected, got table", a.update, {}, "text")
fails("string expected, got nil", a.update, a, nil)
eq(getmetatable(a).__index.update, a.update)

-- The sizes that the objects have on the heap, with and without a key.
local function size(f, ...)
  collectgarbage()
  local o = f(...) -- the stack may grow
  local before = collectgarbage "count"
  o = f(...)
  return (collectgarbage "count" - before) * 1024
end
if not test.integral then -- whose count is of kilobytes
  for name, sizes in pairs {
    MD5 = { 92, 64 }, SHA1 = { 92, 64 }, SHA256 = { 104, 64 }, SHA384 = { 208, 128 }, SHA512 = { 208, 128 },
  } do
    local head = size(crypto.new_hash, "MD5") - 12 - 92
    eq(size(crypto.new_hash, name) - head, 12 + sizes[1])
    eq(size(crypto.new_hmac, name, "key") - head, 12 + sizes[1] + sizes[2])
  end
end

print "crypto: ok"
