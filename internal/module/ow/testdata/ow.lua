-- Pin 1 has three thermometers, 21.5 °C, -10.125 °C and, of 9 bits, 30.9 °C; pin 2 has nothing, pin 5 is held low.
local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function none(...) eq(select("#", ...), 0, "results") end
local function hex(s) return (s:gsub(".", function(c) return ("%02X"):format(c:byte()) end)) end

-- Pins.
fails("no 1-wire for D0", ow.setup, 0)
for _, f in ipairs { "reset", "skip", "select", "write", "write_bytes", "read", "read_bytes", "depower", "reset_search", "target_search", "search" } do
  fails("ow 0 does not exist", ow[f], 0)
  fails("ow 13 does not exist", ow[f], 13)
  fails("ow -1 does not exist", ow[f], -1)
  fails("number expected, got no value", ow[f])
end
fails("ow 13 does not exist", ow.setup, 13)
fails("number expected, got no value", ow.setup)
none(ow.setup(1)) none(ow.setup(2)) none(ow.setup(5))

-- Nobody.
eq(ow.reset(2), 0)
eq(ow.reset(5), 0, "held low")
eq(ow.read(2), 255) eq(ow.read(5), 0)
eq(ow.search(2), nil) eq(ow.search(5), nil)
eq(ow.read_bytes(2, 3), "\255\255\255")
none(ow.read_bytes(2, 0))
eq(#ow.read_bytes(2, 256), 256)
fails("Attempt to read too many characters", ow.read_bytes, 2, 257)
fails("Attempt to read too many characters", ow.read_bytes, 2, -1)

-- Arguments.
fails("wrong arg range", ow.write, 2, 256)
fails("number expected, got no value", ow.write, 2)
none(ow.write(2, -1)) none(ow.write(2, 255, 1)) none(ow.depower(2))
fails("string expected, got no value", ow.write_bytes, 2)
none(ow.write_bytes(2, "")) none(ow.write_bytes(2, "ab", 1)) none(ow.depower(2))
fails("wrong arg range", ow.select, 2, "1234567")
fails("wrong arg range", ow.select, 2, "123456789")
fails("wrong arg range", ow.select, 2, { 1, 2, 3 })
fails("wrong arg range", ow.select, 2, { 1, 2, 3, 4, 5, 6, 7, 256 })
fails("number expected, got ", ow.select, 2, { 1, 2, 3, 4, 5, 6, 7, {} })
fails("string expected, got ", ow.select, 2)
none(ow.select(2, { -1, 2, 3, 4, 5, 6, 7, 255 }))
fails("wrong arg range", ow.target_search, 2, 256)
fails("number expected, got no value", ow.target_search, 2)

-- Checksums. The code is that of Maxim's application note 27, the text that of catalogues of checksums.
eq(ow.crc8("\2\28\184\1\0\0\0"), 162) eq(ow.crc8(""), 0)
fails("wrong arg range", ow.crc8, ("x"):rep(256))
eq(ow.crc16("123456789"), 0xBB3D) eq(ow.crc16("", 7), 7)
eq(ow.crc16("789", ow.crc16("123456")), 0xBB3D)
fails("wrong arg range", ow.crc16, "", 65536)
eq(ow.check_crc16("123456789", 0xFF - 0x3D, 0xFF - 0xBB), true)
eq(ow.check_crc16("123456789", 0x3D, 0xBB), false)
eq(ow.check_crc16("789", 0xFF - 0x3D, 0xFF - 0xBB, ow.crc16("123456")), true)
fails("wrong arg range", ow.check_crc16, "", 0, 0, 65536)
fails("wrong arg range", ow.check_crc16, ("x"):rep(256), 0, 0)
fails("number expected, got no value", ow.check_crc16, "")
fails("number expected, got no value", ow.check_crc16, "", 1)

-- Search.
eq(ow.reset(1), 1)
local function all(alarm)
  local list = {}
  while true do
    local rom = ow.search(1, alarm)
    if not rom then return list end
    eq(#rom, 8) eq(ow.crc8(rom:sub(1, 7)), rom:byte(8), hex(rom))
    list[#list + 1] = rom
  end
end
local parts = all()
eq(#parts, 3) eq(#all(0), 3)
local codes = {}
for i, rom in ipairs(parts) do codes[i] = hex(rom):sub(1, 14) end
table.sort(codes)
eq(table.concat(codes, " "), "280000A1B2C3D4 28FF0000000002 28FF0000000003")
ow.search(1) none(ow.reset_search(1)) eq(ow.search(1), parts[1])
none(ow.target_search(1, 0x28)) eq(ow.search(1), parts[1])
ow.target_search(1, 0x29) eq(ow.search(1):byte(1), 0x28, "there is no other family")
ow.reset_search(1)

-- Temperatures, in sixteenths.
local function pad(rom)
  eq(ow.reset(1), 1) none(ow.select(1, rom)) ow.write(1, 0xBE)
  local p = ow.read_bytes(1, 9)
  eq(ow.crc8(p:sub(1, 8)), p:byte(9))
  return p
end
local function temperature(rom)
  local p = pad(rom)
  local t = p:byte(1) + 256 * p:byte(2)
  return t < 32768 and t or t - 65536
end
local byCode = {}
for _, rom in ipairs(parts) do byCode[hex(rom):sub(13, 14)] = rom end
local warm, cold, coarse = byCode.D4, byCode["02"], byCode["03"]
ow.reset(1) none(ow.skip(1)) ow.write(1, 0xB8)
eq(ow.reset(1), 1) none(ow.skip(1)) ow.write(1, 0x44, 1)
tmr.create():alarm(751, tmr.ALARM_SINGLE, function()
  eq(temperature(warm), 344) eq(temperature(cold), -162) eq(temperature(coarse), 30 * 16 + 8)
  eq(#all(1), 3, "alarms: all are colder than their lower bound")

  -- Scratchpad and EEPROM.
  ow.reset(1) ow.select(1, { warm:byte(1, 8) }) ow.write_bytes(1, "\78\30\10\0")
  eq(hex(pad(warm)):sub(5, 10), "1E0A1F", "9 bits")
  ow.reset(1) ow.select(1, warm) ow.write(1, 0x44)
  eq(ow.read(1), 0, "busy")
  tmr.create():alarm(95, tmr.ALARM_SINGLE, function()
    eq(ow.read(1), 255, "done")
    eq(#all(1), 2, "alarms")
    ow.reset(1) ow.select(1, warm) ow.write(1, 0xB8) eq(ow.read(1), 255)
    eq(hex(pad(warm)):sub(5, 10), "4B467F", "recalled")
    ow.reset(1) ow.select(1, warm) ow.write(1, 0xB4) eq(ow.read(1), 255, "it has a supply")
    ow.reset(1) ow.select(1, cold) ow.write(1, 0xB4) eq(ow.read(1), 0, "it has none")

    -- A bus whose bits take longer, and one that resets nobody.
    none(ow.set_timings(500, 60, 420, 10, 60, 70, 10, 4, 7, 60))
    eq(temperature(warm), 344)
    none(ow.set_timings(470))
    eq(ow.reset(1), 0)
    none(ow.set_timings(480, nil, "410"))
    eq(ow.reset(1), 1)
    print("ow: ok")
  end)
end)
