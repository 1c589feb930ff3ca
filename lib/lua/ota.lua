-- ota: updates of the flash store over the air.
--
--   -- init.lua
--   dofile("ota.lc").boot()
--   collectgarbage()
--   node.LFS.get("main")()
--   -- in the application, when it is online, and when it has done what it is for
--   ota.check{ url = "http://server.lan/thermostat.txt" }
--   ota.good()
--
-- The URL is that of a description, lines of text:
--
--   version 1.5
--   size 23040
--   sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
--   image thermostat-1.5.img
--
-- The image comes into a file, is compared with its hash and loaded at the next start. Until the
-- new application has said good, the old image is kept. After three starts without that it is
-- loaded again, and the new one is never installed again.
--
-- Files: ota.a and ota.b are images, ota.0 and ota.1 say in turn which is which. This file must be
-- in the file system, so that it is there whatever is in the store. check requires otacheck and
-- fetch, which belong into the store. Needs the firmware's crypto with SHA-256.
local M = { boots = 3, loads = 3, say = print }

local NOTES = { "ota.0", "ota.1" }

local function say(...) return M.say("ota: " .. table.concat({ ... })) end

local function hex(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- hasher is a hash to be updated, nil if the firmware has none.
local function hasher()
  local ok, h = pcall(function() return crypto.new_hash("SHA256") end)
  return ok and h or nil
end

local function hashOf(text)
  local h = hasher()
  if not h then return "" end
  h:update(text)
  return hex(h:finalize()):sub(1, 16)
end

-- The state. It is written to the older one of two files, with a hash; what is cut off does not
-- count, and the other file does. cur and new are images; phase is "idle", "get" (new is on its
-- way) or "trial"; want names the image that is to be loaded.

local function imageLine(key, i)
  return i and ("%s %s %d %s %s\n"):format(key, i.file, i.size, i.hash, i.version) or ""
end

local function encode(s)
  local text = ("seq %d\nphase %s\nwant %s\ntries %d\nboots %d\nbefore %s\nbad %s\n"):format(
    s.seq, s.phase, s.want or "-", s.tries, s.boots, s.before, s.bad)
  text = text .. imageLine("cur", s.cur) .. imageLine("new", s.new)
  return text .. "end " .. hashOf(text) .. "\n"
end

local function decode(text)
  local body, sum = (text or ""):match("^(.*\n)end (%x+)\n$")
  if not body or hashOf(body) ~= sum then return nil end
  local s = {}
  for key, value in body:gmatch("(%w+) ([^\n]*)\n") do
    if key == "cur" or key == "new" then
      local name, size, hash, version = value:match("^(%S+) (%d+) (%x+) (.*)$")
      value = { file = name, size = tonumber(size), hash = hash, version = version }
    end
    s[key] = tonumber(value) or value
  end
  s.bad, s.before = tostring(s.bad), tostring(s.before)
  if s.want == "-" then s.want = nil end
  return s
end

local function read()
  local a, b = decode(file.getcontents(NOTES[1])), decode(file.getcontents(NOTES[2]))
  if a and b then return a.seq > b.seq and a or b end
  return a or b
end

-- remove removes a file. After a power cut SPIFFS may have it twice, and find now one, now the other.
local function remove(name)
  for _ = 1, 4 do
    if not file.exists(name) then return end
    file.remove(name)
  end
end

-- write tells whether the state could be written.
local function write(s)
  s.seq = s.seq + 1
  local name, text = NOTES[s.seq % 2 + 1], encode(s)
  remove(name)
  return file.putcontents(name, text) and file.getcontents(name) == text
end

local function fresh() return { seq = 0, phase = "idle", tries = 0, boots = 0, before = "-", bad = "" } end

-- forget ends what is done with the new image. If it is bad it will not be installed again.
local function forget(s, bad)
  if bad and s.new then s.bad = (s.bad .. " " .. s.new.hash):sub(-260) end -- the last four
  local name = s.new and s.new.file
  s.new, s.phase, s.want = nil, "idle", nil
  write(s)
  if name then remove(name) end
end

-- Loading.

-- mark tells one filling of the store from another one, "-" if it is empty.
local function mark()
  if not node.LFS.list() then return "-" end
  return tostring(node.LFS.time) .. "/" .. tostring(node.LFS.config.lfs_used)
end

-- intact tells whether a file is the image that it should be.
local function intact(i)
  local h, f = hasher(), file.open(i.file)
  if not h or not f then return false end
  local size = 0
  while true do
    local piece = f:read(512)
    if not piece then break end
    size = size + #piece
    h:update(piece)
    if size % 4096 == 0 then -- loading needs large pieces of the heap
      piece = nil
      collectgarbage()
      tmr.wdclr()
    end
  end
  f:close()
  return size == i.size and hex(h:finalize()) == i.hash
end

-- load loads the image that is wanted. It returns only if that is not possible, with the reason, and whether
-- the image is to blame: a file that SPIFFS has damaged behind a power cut is only fetched once more.
local function load(s)
  local i = s[s.want]
  collectgarbage()
  if not i or not intact(i) then return "there is no image, or it is damaged" end
  if s.tries == 0 then s.before = mark() end
  s.tries = s.tries + 1
  if not write(s) then return "the state cannot be written" end
  collectgarbage()
  say("loading version ", i.version)
  return node.LFS.reload(i.file) or "the firmware does not load it", true
end

local want
-- failed goes on when the wanted image cannot be loaded. The other one is, if the store is empty.
local function failed(s, why, blame)
  say("version ", s[s.want] and s[s.want].version or "?", ": ", why)
  if s.want == "new" then
    forget(s, blame)
    if mark() == "-" and s.cur then return want(s, "cur") end
    return
  end
  if s.new and mark() ~= "-" then -- the version that should go stays, as there is no other one
    s.cur, s.new = s.new, nil
  end
  s.want, s.phase = nil, "idle"
  write(s)
end

-- want has an image loaded.
function want(s, which)
  s.want, s.tries = which, 0
  failed(s, load(s))
end

-- loaded goes on when the wanted image is in the store.
local function loaded(s)
  local which = s.want
  s.want, s.tries = nil, 0
  if which == "new" then
    s.phase, s.boots = "trial", 0
    return
  end
  say("back at version ", s.cur.version)
  if s.phase == "trial" then return forget(s, false) end -- it is among the bad ones already
  write(s)
end

-- wanted looks whether the image that was wanted has been loaded.
local function wanted(s)
  local now = mark()
  if s.tries > 0 and now ~= "-" and (now ~= s.before or s.tries >= M.loads) then
    return loaded(s) -- or these are two images of the same time and size
  end
  if s.tries >= M.loads then return failed(s, "it cannot be loaded", true) end
  return failed(s, load(s))
end

-- expire restarts the module if the notes say that a version is still on trial. It waits in a timer, so it
-- must not know the rest of this file, which would stay in RAM. Both notes are whole: trial has just written.
local function expire()
  local last, phase = -1, nil
  for i = 0, 1 do
    local seq, text = (file.getcontents("ota." .. i) or ""):match "^seq (%d+)\nphase (%a+)"
    if seq and tonumber(seq) > last then last, phase = tonumber(seq), text end
  end
  if phase ~= "trial" then return end
  print "ota: the version on trial has not said good"
  node.restart()
end

-- trial counts the starts of a version that has not said good yet.
local function trial(s, o)
  s.boots = s.boots + 1
  if s.boots > (o.boots or M.boots) then
    say("version ", s.new.version, " does not work")
    s.bad = (s.bad .. " " .. s.new.hash):sub(-260)
    if s.cur then return want(s, "cur") end
    s.cur, s.new, s.phase = s.new, nil, "idle" -- there is nothing to go back to
    write(s)
    return
  end
  write(s)
  say("version ", s.new.version, " on trial, start ", s.boots)
  if o.within then tmr.create():alarm(o.within * 1000, tmr.ALARM_SINGLE, expire) end
end

-- boot is what the first line of init.lua calls. It returns the state as state does.
function M.boot(o)
  local s = read()
  if not s then return nil end
  if not s.want and mark() == "-" and (s.cur or s.phase == "trial") then
    say("the store is empty")
    want(s, s.phase == "trial" and "new" or "cur")
  elseif s.want then
    wanted(s)
  end
  if s.phase == "trial" then trial(s, o or {}) end
  return M.state()
end

-- state is a table with phase, version (of the image in the store, if it is known) and next (of the one
-- that is on its way).
function M.state()
  local s = read() or fresh()
  local t = s.phase == "trial"
  local i = t and s.new or s.cur
  return { phase = s.phase, version = i and i.version, next = not t and s.new and s.new.version or nil }
end

-- good is what an application says when it has done what it is for. The old image goes.
function M.good()
  local s = read()
  if not s or s.phase ~= "trial" then return false end
  local old = s.cur
  s.cur, s.new, s.phase = s.new, nil, "idle"
  if not write(s) then return false end
  if old then remove(old.file) end
  return true
end

-- adopt says that a file is the image which is in the store. It is renamed.
function M.adopt(name, version)
  local s, h, f = read() or fresh(), hasher(), file.open(name)
  if s.cur or s.phase ~= "idle" or not h or not f then return false end
  local size = 0
  for piece in function() return f:read(1024) end do
    size = size + #piece
    h:update(piece)
  end
  f:close()
  remove("ota.a")
  if not file.rename(name, "ota.a") then return false end
  s.cur = { file = "ota.a", size = size, hash = hex(h:finalize()), version = version }
  return write(s)
end

-- check looks for another version and installs it; otacheck.lua tells more.
function M.check(o)
  return require("otacheck")({ say = say, hex = hex, hasher = hasher, read = function() return read() or fresh() end,
    write = write, forget = forget, remove = remove }, o)
end

return M
