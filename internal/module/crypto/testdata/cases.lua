-- Prints a line for each case, for the comparison with the C code, and of the editions with each other.
local seed = 4711
local function next24() -- 24 bits, with numbers that fit in all editions
  seed = seed * 75 % 65537
  local high = seed % 4096
  seed = seed * 75 % 65537
  return high * 4096 + seed % 4096
end
local function rnd(n) return next24() % n end

local function bytes(n)
  local t = {}
  for i = 1, n do t[i] = string.char(rnd(256)) end
  return table.concat(t)
end

local function show(f, ...)
  local ok, r = pcall(f, ...)
  if ok then r = (r:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
  print(ok, r)
end

local mechs = { "MD5", "sha1", "Sha256", "SHA384", "sha512", "md2" }
local ciphers = { "AES-ECB", "aes-cbc", "AES-CBC", "aes" }
local keys = { 16, 16, 16, 16, 24, 32, 5 }
for i = 1, 1000 do
  local mech = mechs[rnd(#mechs) + 1]
  local text, key = bytes(rnd(300)), bytes(rnd(150))
  show(crypto.hash, mech, text)
  show(crypto.hmac, mech, text, key)
  show(crypto.sha1, text)
  show(crypto.mask, text, bytes(rnd(9)))
  show(function()
    local h = rnd(2) == 0 and crypto.new_hash(mech) or crypto.new_hmac(mech, key)
    for k = 1, rnd(6) do h:update(bytes(rnd(130))) end
    local digest = h:finalize()
    return rnd(3) > 0 and digest or digest .. h:finalize()
  end)
  local f = rnd(2) == 0 and crypto.encrypt or crypto.decrypt
  show(f, ciphers[rnd(#ciphers) + 1], bytes(keys[rnd(#keys) + 1]), bytes(rnd(70)), bytes(rnd(20)))
end
