local function eq(want, ...)
  local got = table.concat({ ... }, " ")
  assert(got == want, ("got %s, want %s"):format(got, want))
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local c = color_utils

-- Green, red, blue.
eq("0 255 0", c.hsv2grb(0, 255, 255))
eq("255 255 0", c.hsv2grb(60, 255, 255))
eq("255 0 0", c.hsv2grb(120, 255, 255))
eq("255 0 255", c.hsv2grb(180, 255, 255))
eq("0 0 255", c.hsv2grb(240, 255, 255))
eq("0 255 255", c.hsv2grb(300, 255, 255))
eq("0 255 0", c.hsv2grb(360, 255, 255))
eq("127 255 0", c.hsv2grb(30, 255, 255))
eq("99 100 99", c.hsv2grb(0, 0, 100)) -- grey has a tint
eq("99 99 100", c.hsv2grb(200, 0, 100))
eq("0 0 0", c.hsv2grb(77, 88, 0))

eq("0 129 0 126", c.hsv2grbw(0, 128, 255))
eq("0 1 0 99", c.hsv2grbw(0, 0, 100))

eq("255 0 0", c.colorWheel(0)) -- it begins with green
eq("0 255 0", c.colorWheel(120))
eq("0 0 255", c.colorWheel(240))
eq("255 0 0", c.colorWheel(360))

eq("0 255 255", c.grb2hsv(0, 255, 0))
eq("120 255 200", c.grb2hsv(200, 0, 0))
eq("240 248 1", c.grb2hsv(0, 0, 1))
eq("331 255 255", c.grb2hsv(0, 255, 127))
eq("65535 0 0", c.grb2hsv(256, 0, 0)) -- cut to bytes, all are equal

for _, f in ipairs { c.hsv2grb, c.hsv2grbw } do
  fails("should be a 0-360", f, 361, 0, 0)
  fails("should be a 0-360", f, -1, 300, 0)
  fails("should be 0-255", f, 0, 256, 0)
  fails("should be 0-255", f, 0, 0, -1)
  fails("number expected, got no value", f, 1000, 0)
  if not test.lua51 then
    fails("number has no integer representation", f, tonumber "0.5", 0, 0)
  elseif not test.integral then
    eq(table.concat({ f(1, 255, 255) }, " "), f(tonumber "1.9", 255, 255))
    fails("should be a 0-360", f, tonumber "-1.5", 0, 0)
  end
end
fails("should be a 0-360", c.colorWheel, 361)
fails("greyscale value cannot be converted to hsv", c.grb2hsv, 7, 7, 7)
fails("number expected, got string", c.grb2hsv, 7, 7, "x")

print "color_utils: ok"
