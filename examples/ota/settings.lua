-- Where updates are found.
return {
  url = "http://192.168.0.1:8090/greeting.txt", -- the gateway, which is this computer in Moonlet
  every = 60,                                   -- seconds between two looks
}
