-- Where updates are found.
return {
  host = "192.168.0.1",     -- the gateway, which is this computer in Moonlet
  port = 8090,
  every = 60,               -- seconds between two looks
}
