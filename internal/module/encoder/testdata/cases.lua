-- Prints a line for each case, for the comparison with the C code, and of the editions with each other.
local seed = 12345
local function next24() -- 24 bits, with numbers that fit in all editions
  seed = seed * 75 % 65537
  local high = seed % 4096
  seed = seed * 75 % 65537
  return high * 4096 + seed % 4096
end
local function rnd(n) return next24() % n end

local function bytes(n, from)
  local t = {}
  for i = 1, n do
    local k = rnd(#from) + 1
    t[i] = from:sub(k, k)
  end
  return table.concat(t)
end

local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
local b64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local hex = "0123456789abcdefABCDEF"

local function show(f, s)
  local ok, r = pcall(f, s)
  if ok then r = (r:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
  print(ok, r)
end

for i = 1, 2000 do
  local s = bytes(rnd(40), all)
  show(encoder.toBase64, s)
  show(encoder.toHex, s)
  show(encoder.fromBase64, bytes(rnd(4) == 0 and rnd(20) or 4 * rnd(10), b64) .. ("="):rep(rnd(3)))
  local code = encoder.toBase64(s)
  if #code > 0 then -- with one character changed
    local at = rnd(#code)
    code = code:sub(1, at) .. bytes(1, rnd(2) == 0 and all or b64 .. "=\r\n") .. code:sub(at + 2)
  end
  show(encoder.fromBase64, code)
  show(encoder.fromHex, bytes(rnd(20), rnd(4) == 0 and hex .. "g/:@`G" or hex))
end
