local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

-- What the chip is.
eq(test.isinteger(node.chipid()), true)
eq(node.flashsize(), 4194304)
assert(node.heap() > 1000)
eq(select("#", node.info()), 8)
eq(node.info("hw").flash_size, 4096)
eq(node.info("hw").chip_id, node.chipid())
eq(type(node.info("sw_version").git_branch), "string")
eq(type(node.info("build_config").ssl), "boolean")
eq(node.info("lfs").lfs_size, 0)
fails("invalid option", node.info, "none")
eq(node.getcpufreq(), node.startup().frequency)
eq(node.setcpufreq(node.CPU160MHZ), 160)
eq(node.setcpufreq(50), 80)
local raw, reason = node.bootreason()
eq(test.isinteger(raw), true) eq(select("#", node.bootreason()), 2)
assert(test.integral and node.dsleepMax() == test.maxinteger or node.dsleepMax() > 10000 * 1000000)
fails("node.sleep() is unavailable", node.sleep, {})

-- The Lua Flash Store is not there.
eq(node.LFS.get "x", nil) eq(node.LFS.list(), nil) eq(node.flashindex "x", nil)
eq(node.LFS.anything, nil) eq(node.LFS.time, not test.lua51 and 0 or nil) eq(node.LFS.config.lfs_mapped, 0)
eq(node.LFS.config.lfs_base, -0x40200000)
eq(node.LFS.reload "x.img", "No LFS partition allocated")
eq(node.flashreload "x.img", "No LFS partition allocated")
if not test.lua51 then fails("bad argument #1", node.LFS.reload) end

-- Random numbers.
for _ = 1, 200 do
  local x = node.random() assert(x >= 0 and x <= 1)
  local n = node.random(6) assert(n >= 1 and n <= 6)
  n = node.random(-3, 3) assert(n >= -3 and n <= 3)
  node.random(test.mininteger, test.maxinteger)
  node.random(0, test.maxinteger)
end
eq(node.random(5, 5), 5)
local seen = {}
for _ = 1, 200 do seen[node.random(4)] = true end
eq(#seen, 4)
fails("interval is empty", node.random, 0)
fails("interval is empty", node.random, 2, 1)
fails("wrong number of arguments", node.random, 1, 2, 3)

-- Settings that survive a restart; those of an attempt for which there was no memory do, too.
if node.startup().frequency ~= 80 then node.startup{} end
eq(node.startup().banner, true) eq(node.startup().frequency, 80) eq(node.startup().command, nil)
local s = node.startup {banner = false, frequency = node.CPU160MHZ, delay_mount = true, command = "=print(1)"}
eq(s.banner, false) eq(s.frequency, 160) eq(s.delay_mount, true) eq(s.command, "=print(1)")
eq(node.startupcommand "@x.lc", true)
eq(node.startup().command, "@x.lc")
s = node.startup {}
eq(s.banner, true) eq(s.frequency, 80) eq(s.delay_mount, false) eq(s.command, nil)
fails("table expected", node.startup, 1)
eq(node.writercr(200, "abcd"), 4) eq(node.readrcr(200), "abcd")
eq(node.writercr(200, "abcde"), 8) eq(node.readrcr(200), "abcde\0\0\0")
eq(select("#", node.readrcr(201)), 0)
local pt = node.getpartitiontable()
eq(pt.lfs_size, 0) eq(pt.spiffs_addr, 0x90000) eq(pt.spiffs_size, 0x36D000)
fails("must be table", node.setpartitiontable)
fails("invalid partition setting", node.setpartitiontable, {lfs = 1})
fails("invalid partition setting", node.setpartitiontable, {lfs_size = "x"})
fails("Partition value out of range", node.setpartitiontable, {lfs_size = 1})
-- a number that is no integer is 0, where nobody asks whether it is one
-- (Lua 5.1 cuts it)
fails("Invalid strip level", node.stripdebug, "x")
if not test.integral then
  fails("Invalid strip level", node.stripdebug, tonumber "0.5")
  eq(node.startup{frequency = tonumber "160.5"}.frequency, test.lua51 and 160 or 80)
end
eq(node.startup{frequency = "160"}.frequency, 160) node.startup{}
fails("Partition value out of range", node.setpartitiontable, {spiffs_size = 0x800000})

-- Compiling.
file.putcontents("n_a.lua", "local x <close-ish = 1")
fails("n_a.lua:1:", node.compile, "n_a.lua")
file.putcontents("n_a.lua", "x = %") -- the message is taken for a format
eq(select(2, pcall(node.compile, "n_a.lua")), test.lua51 and "n_a.lua:1: unexpected symbol near '%'" or "invalid option '%'' to 'lua_pushfstring'")
file.putcontents("n_a.lua", 'x = "%%d\n')
fails([[near '"%d']], node.compile, "n_a.lua")
file.putcontents("n_a.lua", "#!comment\nlocal a, b = ...\nreturn a + b")
node.compile "n_a.lua"
assert(file.stat("n_a.lc").size > 20)
eq(loadfile "n_a.lc"(2, 3), 5)
fails("not a .lua file", node.compile, "n_a.txt")
fails("cannot open n_none.lua", node.compile, "n_none.lua")
fails("filename invalid", node.compile, ("x"):rep(40))
if test.integral then
  file.putcontents("n_a.lua", "return 2147483647")
  fails("value too big or small for target integer type", node.compile, "n_a.lua")
end
file.remove "n_a.lua" file.remove "n_a.lc"
local level = node.stripdebug()
assert(level >= 1 and level <= 3)
node.stripdebug(3) eq(node.stripdebug(), 3) node.stripdebug(level)
local f = function() local q = 1 return q end
eq(test.isinteger(node.stripdebug(2, f)), true)
fails("Invalid strip level", node.stripdebug, 4)
fails("not a valid function", node.stripdebug, 1, "x")

-- Development tools and the manual's names.
if test.lua51 then eq(node.int2float, nil) else eq(node.float2int(node.int2float(12345)), 12345) end
node.osprint(true) node.osprint(false)
eq(node.startupcounts(7)[1].line, 7)
node.egc.setmode(node.egc.ON_MEM_LIMIT, -6144)
fails("limit must be non-zero", node.egc.setmode, node.egc.ON_MEM_LIMIT)
fails("invalid mode", node.egc.setmode, 8)
node.egc.setmode(node.egc.ALWAYS, 4096)
eq(test.isinteger((node.egc.meminfo())), true)
eq(select("#", node.egc.meminfo()), test.lua51 and 2 or 3)
eq(node.onerror, node.setonerror)
eq(node.egc.NOT_ACTIVE, 0) eq(node.egc.ON_ALLOC_FAILURE, 1) eq(node.egc.ON_MEM_LIMIT, 2) eq(node.egc.ALWAYS, 4)
eq(node.CPU80MHZ, 80) eq(node.CPU160MHZ, 160) eq(node.setcpufreq(node.CPU80MHZ), 80)
eq(node.task.LOW_PRIORITY, 0) eq(node.task.MEDIUM_PRIORITY, 1) eq(node.task.HIGH_PRIORITY, 2)
eq(node.flashid(), 0x1640EF)

-- Tasks, highest priority first.
local order = {}
for i = node.task.LOW_PRIORITY, node.task.HIGH_PRIORITY do
  node.task.post(i, function(p) order[#order + 1] = p end)
end
fails("invalid  priority", node.task.post, 3, print)
fails("function expected", node.task.post, 1)
local posted = 0
pcall(function() while true do node.task.post(function() end) posted = posted + 1 end end)
eq(posted, 7)                                    -- of eight; one is taken
fails("Task queue overflow", node.task.post, print)

-- Output through a pipe.
tmr.create():alarm(10, tmr.ALARM_SINGLE, function()
  eq(table.concat(order), "210")
  local got = {}
  node.output(function(p)
    local text = p:read(1000)
    if text then got[#got + 1] = text end
    return false
  end, 0)
  print "through the pipe"
  node.task.post(node.task.LOW_PRIORITY, function()
    node.output()
    eq(table.concat(got), "through the pipe\n")
    -- Errors reach the handler.
    node.onerror(function(msg)
      assert(msg:find "oops" and msg:find "stack traceback")
      node.setonerror()
      print "node: ok"
    end)
    error "oops"
  end)
end)
