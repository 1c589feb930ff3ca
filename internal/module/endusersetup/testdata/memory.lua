enduser_setup.start("name", print, print)
enduser_setup.stop()
enduser_setup.start()
