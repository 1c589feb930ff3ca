local sensor, config = bme280_math.setup(("k"):rep(32))
bme280_math.read(sensor, "pppttthh", 100)
bme280_math.qfe2qnh(1000, 100)
