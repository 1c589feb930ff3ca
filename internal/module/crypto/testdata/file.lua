local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

-- A file is read by blocks: of no bytes, less than one, one, one and a bit, several.
for _, n in ipairs { 0, 1, 63, 64, 65, 127, 128, 129, 640, 1000 } do
  local text = ("%d"):rep(n):sub(1, n)
  file.putcontents("f", text)
  for _, name in ipairs { "md5", "sha1", "sha256", "sha384", "sha512" } do
    assert(crypto.fhash(name, "f") == crypto.hash(name, text), name)
    assert(crypto.fhash(name, "/FLASH/f\0x") == crypto.hash(name, text), name)
  end
end
for _, name in ipairs { "", "none", "/SD0/f", ("long"):rep(20) } do fails("file does not exist", crypto.fhash, "md5", name) end

-- No file is left open: there are four at most.
for i = 1, 10 do crypto.fhash("md5", "f") end
local files = {}
for i = 1, 4 do files[i] = assert(file.open("f")) end
fails("file does not exist", crypto.fhash, "md5", "f")
for i = 1, 4 do files[i]:close() end
print "file: ok"
