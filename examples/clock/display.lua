-- Four digits with a TM1637: two wires, clock and data, no bus that others use.
--
-- The display takes bytes, the lowest bit first. A byte begins with the data line going low
-- while the clock is high, and a ninth clock is for the display's answer.
local M = {}

local CLOCK, DATA = 5, 6    -- GPIO14 and GPIO12

-- Segments of 0 to 9, from the top clockwise, the middle last.
local DIGITS = { [0] = 0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F }
local DASH, COLON = 0x40, 0x80

local write, HIGH, LOW = gpio.write, gpio.HIGH, gpio.LOW

local function begin()
  write(CLOCK, HIGH)
  write(DATA, HIGH)
  write(DATA, LOW)
end

local function finish()
  write(CLOCK, LOW)
  write(DATA, LOW)
  write(CLOCK, HIGH)
  write(DATA, HIGH)
end

local function byte(b)
  for i = 0, 7 do
    write(CLOCK, LOW)
    write(DATA, bit.isset(b, i) and HIGH or LOW)
    write(CLOCK, HIGH)
  end
  write(CLOCK, LOW)
  write(CLOCK, HIGH)        -- the answer, which nobody looks at
end

-- show shows four digits, or a dash where there is none. The brightness is 0 to 7.
function M.show(digits, colon, brightness)
  begin()
  byte(0x40)                -- data with addresses that count up
  finish()
  begin()
  byte(0xC0)                -- from the first digit on
  for i = 1, 4 do
    local segments = DIGITS[digits[i]] or DASH
    if i == 2 and colon then segments = segments + COLON end
    byte(segments)
  end
  finish()
  begin()
  byte(0x88 + brightness)   -- on
  finish()
end

gpio.mode(CLOCK, gpio.OUTPUT)
gpio.mode(DATA, gpio.OUTPUT)
return M
