local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

eq(adc.INIT_ADC, 0) eq(adc.INIT_VDD33, 255)
eq(adc.read(0), 512)
eq(adc.readvdd33(), 65535)
eq(adc.readvdd33(0), 65535)
fails("adc 1 does not exist", adc.read, 1)
fails("adc -1 does not exist", adc.read, -1)
fails("number expected, got no value", adc.read)
fails("number expected, got no value", adc.force_init_mode)
fails("Invalid mode", adc.force_init_mode, 1)
fails("Invalid mode", adc.force_init_mode, 254)

-- A byte, so there are other numbers that are the same.
eq(adc.force_init_mode(adc.INIT_ADC), false)
eq(adc.force_init_mode(256), false)
eq(adc.force_init_mode(adc.INIT_VDD33), true)
eq(adc.force_init_mode(adc.INIT_VDD33), false)
eq(adc.force_init_mode(-1), false)
eq(adc.read(0), 512, "before the restart")
eq(adc.readvdd33(), 65535, "before the restart")
eq(adc.force_init_mode(adc.INIT_ADC), true)

print("adc: ok")
