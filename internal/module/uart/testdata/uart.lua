local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function config(id) return table.concat({uart.getconfig(id)}, " ") end

eq(config(0), "115200 8 0 1")
eq(uart.setup(1, 9600, 7, uart.PARITY_EVEN, uart.STOPBITS_2), 9600)
eq(config(1), "9600 7 1 2")
eq(uart.setup(1, 12345, 9, 9, 9), 12345)  -- the answer is what was asked for
eq(config(1), "9600 8 0 1")
eq(uart.setup(1, 115200, 8, uart.PARITY_ODD, uart.STOPBITS_1_5), 115200)
eq(config(1), "115200 8 2 3")
uart.write(1, "text", 10, 255)
eq(uart.fifodepth(), 0)
eq(test.isinteger(uart.fifodepth(1, uart.DIR_TX)), true)
eq(uart.DIR_RX, 0) eq(uart.DIR_TX, 1) eq(uart.fifodepth(0, uart.DIR_RX), 0)
eq(uart.STOPBITS_1, 1) eq(uart.STOPBITS_2, 2) eq(uart.STOPBITS_1_5, 3)
eq(uart.PARITY_NONE, 0) eq(uart.PARITY_EVEN, 1) eq(uart.PARITY_ODD, 2)

fails("uart 2 does not exist", uart.setup, 2, 9600, 8, 0, 1)
fails("uart -1 does not exist", uart.write, -1, "x")
fails("invalid number", uart.write, 1, 256)
fails("invalid number", uart.write, 1, -1)
fails("string expected", uart.write, 1, {})
fails("method not supported", uart.on, "error")
fails("method not supported", uart.on)
fails("wrong arg range", uart.on, "data", 256, print)
fails("wrong arg range", uart.on, "data", "ab", print)
fails("Bad UART id; must be 0 or 1", uart.fifodepth, 2)
fails("Bad direction; must be DIR_RX or DIR_TX", uart.fifodepth, 0, 2)
uart.on("data", 4, function() end, 1)
uart.on("data", "\r", function() end, 1)
uart.on("data")
uart.alt(0)
print "uart: ok"
