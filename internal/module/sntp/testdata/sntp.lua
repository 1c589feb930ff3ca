-- What the manual describes, against the time server of the simulated network.
local step = {}
local function next_step() local f = table.remove(step, 1) if f then f() else print "sntp: ok" end end
local function never() error("not to be called") end

step[1] = function()
  assert(rtctime.get() == 0)
  assert(sntp.sync(nil, function(sec, usec, server, info)
    assert(sec >= 1767225600 and sec < 1767225700 and usec >= 0 and usec < 1000000, sec)
    assert(server == "192.168.0.1", server)
    assert(info.offset_s == 1767225600, info.offset_s)
    assert(info.offset_us == nil and info.stratum == 1 and info.leap == 0 and info.pending_leap == 0)
    assert(info.root_delay_us == 0 and info.root_dispersion_us > 900 and info.root_maxerr_us >= info.root_dispersion_us)
    local now, us, rate = rtctime.get()
    assert(now - sec <= 1 and rate == 0)
    next_step()
  end, never) == nil)
  local fine, message = pcall(sntp.sync)
  assert(not fine and message == "sync in progress", message)
end

-- The anycast address: whoever answers is the server.
step[2] = function()
  sntp.sync("224.0.1.1", function(sec, usec, server, info)
    assert(server == "192.168.0.1" and info.offset_s == nil)
    assert(math.abs(info.offset_us) < 10, info.offset_us)
    next_step()
  end, never)
end

-- A list; names that nobody has are left out.
step[3] = function()
  sntp.sync({"nowhere.example", "192.168.0.1", "1.pool.ntp.org"}, function(_, _, server) assert(server == "192.168.0.1") next_step() end, never)
end

-- All names wrong: the first one is told.
step[4] = function()
  sntp.sync({"nowhere.example", "else.example"}, never, function(code, name)
    assert(code == 1 and name == "nowhere.example")
    next_step()
  end)
end

-- Nobody answers.
step[5] = function()
  sntp.sync("192.168.0.9", never, function(code, name)
    assert(code == 4 and name == nil)
    next_step()
  end)
end

-- Names that cannot be are told at once, also with a repetition.
step[6] = function()
  local told
  sntp.sync("", never, function(...) told = table.concat({...}, " ") end, 1)
  assert(told == "1 ", told)
  sntp.sync({("x"):rep(129)}, never, function(code, name) told = code .. #name end)
  assert(told == "1129", told)
  local fine, message = pcall(sntp.sync, ("x"):rep(129), function() end, function() end)
  assert(not fine and message == "need <128 hostname", message)
  next_step()
end

-- The offset has eight bits, and is between the clock and the servers.
step[7] = function()
  assert(sntp.getoffset() == 0)
  sntp.setoffset(37)
  assert(sntp.getoffset() == 37)
  rtctime.set(1767225600 + 3600)
  sntp.sync(nil, function(sec, usec, _, info)
    assert(info.offset_s and info.offset_s > -3700, info.offset_s)
    sntp.setoffset(300)
    assert(sntp.getoffset() == 44)
    sntp.setoffset(0)
    local fine, message = pcall(sntp.setoffset)
    assert(not fine and message:find("number expected, got no value"), message)
    next_step()
  end, never)
end

next_step()
