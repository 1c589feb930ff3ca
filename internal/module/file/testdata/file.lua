local function eq(got, want) assert(got == want, ("got %q, want %q"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

for name in pairs(file.list()) do if name:find "^t_" then file.remove(name) end end

-- Both models.
fails("open a file first", file.read)
fails("open a file first", file.write, "x")
eq(file.open("t_none"), nil)
fails("open a file first", file.flush)
local f = file.open("t_a", "w+")
eq(f:write "one\n", true)
eq(f:writeline "two", true)
eq(file.write "thr", true)                    -- the file that was opened last
eq(file.write "ee", true)
eq(f:flush(), true)
eq(f:seek(), 13)
eq(f:seek("set", 4), 4)
eq(f:readline(), "two\n")
eq(f:readline(), "three")
eq(f:readline(), nil)
eq(f:seek("set", -1), nil)
eq(f:seek("set", 99), nil)
eq(f:seek(), 13)                              -- at the end, as SPIFFS leaves it
eq(f:seek("end", -5), 8)
eq(f:read(2), "th")
eq(f:read "e", "re")
eq(f:read(0), "")
f:close()
fails("open a file first", f.read, f)
eq(file.read(), nil)                          -- closed, but the address is known
f:close()
file.close()

-- Without objects: one file at a time.
file.open("t_a") eq(file.readline(), "one\n") eq(file.seek "end", 13)
file.close()
eq(file.read(), nil) eq(file.write "x", nil) eq(file.flush(), nil) eq(file.seek(), nil)
f = file.open "t_a"
local other = file.open "t_a"
f:close()                                     -- the other one is no longer the last
file.close()
eq(other:readline(), "one\n")
other:close()
fails("wrong arg range", other.read, other, "ab")

file.open("t_a", "a") eq(file.writeline "four", true) file.close()
eq(file.getcontents "t_a", "one\ntwo\nthreefour\n")

-- Modes.
f = file.open("t_a") eq(f:write "x", nil) eq(f:read(3), "one") f:close()
f = file.open("t_a", "a+") f:write "!" f:seek "set" eq(f:read(3), "one") f:close()
f = file.open("t_a", "w") eq(f:read(), nil) f:close()
eq(file.stat("t_a").size, 0)

-- Whole files.
local long = ("0123456789"):rep(330)
eq(file.putcontents("t_b", long), true)
eq(file.getcontents "t_b", long)
eq(file.getcontents "t_none", nil)
eq(select("#", file.getcontents "t_none"), 0)
f = file.open "t_b"
eq(#f:read(), 1024) eq(#f:read(2000), 2000) eq(#f:read(2000), 276) eq(f:read(1), nil)
f:close()
eq(file.putcontents("t_c", "a\0b"), true)
eq(file.getcontents "t_c", "a\0b")
f = file.open "t_c" eq(f:read "\0", "a\0") eq(f:read "\0", "b") f:close()

-- Names.
eq(file.exists "t_b", true) eq(file.exists "/FLASH/t_b", true) eq(file.exists "/SD0/t_b", false)
eq(file.rename("t_b", "t_c"), false)
eq(file.rename("t_b", "t_B/x"), true)
eq(file.exists "t_b", false)
eq(#file.getcontents "t_B/x", #long)
local s = file.stat "t_B/x"
eq(s.name, "t_B/x") eq(s.size, #long) eq(s.is_dir, false) eq(s.time.year, 1970) eq(s.time.sec, 0)
eq(file.stat "t_none", nil)
local n = 0
for name, size in pairs(file.list "^t_[bB]") do n = n + 1 eq(name, "t_B/x") eq(size, #long) end
eq(n, 1)
fails("malformed pattern", file.list, "[")
local toolong = ("x"):rep(32)
for _, g in ipairs {file.open, file.exists, file.remove, file.stat, file.getcontents} do
  fails("filename invalid", g, toolong)
  fails("filename invalid", g, "a\0b")
end
fails("filename invalid", file.rename, "t_a", toolong)
eq(file.exists(("x"):rep(31)), false)

-- At most four files at once.
local open = {}
for i = 1, 4 do open[i] = assert(file.open("t_" .. i, "w")) end
eq(file.open("t_5", "w"), nil)
file.remove "t_1"                             -- needs a descriptor, so nothing happens
eq(file.exists "t_1", true)
for i = 1, 4 do open[i]:close() end
file.remove "t_1" eq(file.exists "t_1", false)
for i = 1, 9 do file.open("t_x", "w") end     -- a collection closes what nobody keeps
collectgarbage() collectgarbage()
assert(file.open("t_x", "w")):close()

-- Space.
local remaining, used, total = file.fsinfo()
eq(remaining + used, total)
file.putcontents("t_y", "x")
local _, more = file.fsinfo()
eq(more - used, 502)                          -- a page of index and one of data
local addr, size = file.fscfg()
assert(addr > 0 and size > total)

fails("invalid option", file.on, "alarm")
fails("Callback should be function or nil", file.on, "rtc", 1)
file.on("rtc", function() end) file.on("rtc", nil)
for name in pairs(file.list()) do if name:find "^t_" then file.remove(name) end end
print "file: ok"
