-- Blinks the LED that most boards have at pin 4 (GPIO2); it shines at level 0.
local LED, level = 4, gpio.HIGH

gpio.mode(LED, gpio.OUTPUT)
gpio.write(LED, level)

tmr.create():alarm(500, tmr.ALARM_AUTO, function()
  level = 1 - level
  gpio.write(LED, level)
end)
