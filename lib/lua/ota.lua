-- ota: updates of the flash store over the air.
--
--   -- init.lua
--   require("ota").boot()
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
-- Files: ota.a and ota.b are images, ota.0 and ota.1 say in turn which is which.
-- Needs: fetch for check, the firmware's crypto with SHA-256.
local M = { boots = 3, loads = 3, say = print }

local SLOTS, NOTES = { "ota.a", "ota.b" }, { "ota.0", "ota.1" }
local FLUSH = 4096 -- bytes of an image that a power cut may cost

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

-- write tells whether the state could be written.
local function write(s)
  s.seq = s.seq + 1
  local name, text = NOTES[s.seq % 2 + 1], encode(s)
  return file.putcontents(name, text) and file.getcontents(name) == text
end

local function fresh() return { seq = 0, phase = "idle", tries = 0, boots = 0, before = "-", bad = "" } end

-- forget ends what is done with the new image. If it is bad it will not be installed again.
local function forget(s, bad)
  if bad and s.new then s.bad = (s.bad .. " " .. s.new.hash):sub(-260) end -- the last four
  local name = s.new and s.new.file
  s.new, s.phase, s.want = nil, "idle", nil
  write(s)
  if name then file.remove(name) end
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
    local piece = f:read(1024)
    if not piece then break end
    size = size + #piece
    h:update(piece)
    tmr.wdclr()
  end
  f:close()
  return size == i.size and hex(h:finalize()) == i.hash
end

-- load loads the image that is wanted. It returns only if that is not possible, with the reason.
local function load(s)
  local i = s[s.want]
  if not i or not intact(i) then return "there is no image, or it is damaged" end
  if s.tries == 0 then s.before = mark() end
  s.tries = s.tries + 1
  if not write(s) then return "the state cannot be written" end
  say("loading version ", i.version)
  return node.LFS.reload(i.file) or "the firmware does not load it"
end

-- want has an image loaded. If that cannot be, the other one is tried where there is nothing else.
local function want(s, which)
  s.want, s.tries = which, 0
  local why = load(s)
  say(why)
  if which == "new" then
    local old = s.cur
    forget(s, true)
    if mark() == "-" and old then return want(s, "cur") end
    return
  end
  s.want = nil
  if s.new and mark() ~= "-" then -- the version that should go stays, as there is no other one
    s.cur, s.new = s.new, nil
  end
  s.phase = "idle"
  write(s)
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
  local done = now ~= "-" and now ~= s.before
  if not done and s.tries < M.loads then
    local why = load(s)
    if s.want == "cur" and now ~= "-" then say(why) end
    done = false
  elseif not done and now ~= "-" then
    done = true -- two images of the same time and size
  end
  if done then return loaded(s) end
  return want(s, s.want == "new" and s.cur and "cur" or s.want)
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
  if not o.within then return end
  tmr.create():alarm(o.within * 1000, tmr.ALARM_SINGLE, function()
    local now = read()
    if now and now.phase == "trial" then
      say("version ", now.new.version, " has not said good")
      node.restart()
    end
  end)
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
  if old then file.remove(old.file) end
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
  file.remove(SLOTS[1])
  if not file.rename(name, SLOTS[1]) then return false end
  s.cur = { file = SLOTS[1], size = size, hash = hex(h:finalize()), version = version }
  return write(s)
end

-- Checking.

local job -- the check that is under way

local function finish(result, why)
  local done = job.done
  job = nil
  say(why)
  if done then done(result, why) end
end

local function parse(text)
  local d = {}
  for key, value in (text .. "\n"):gmatch("(%w+)[ \t:=]+([^%c]+)%c") do d[key:lower()] = value:gsub("%s+$", "") end
  local size, hash = d.size or "", (d.sha256 or ""):lower()
  if not size:find("^%d+$") or #size > 7 or #hash ~= 64 or hash:find("%X") then return nil end
  if not d.version or #d.version > 40 or not d.image then return nil end
  d.size, d.hash = tonumber(size), hash
  return d
end

-- fits tells why a file can be no image for this firmware, nil if it can.
local function fits(name)
  local f = file.open(name)
  local head = f:read(21) or ""
  f:close()
  if _VERSION == "Lua 5.1" then
    return head:sub(1, 2) ~= "\31\139" and "is no image for Lua 5.1" or nil
  end
  local own = string.dump(function() end):sub(1, 21)
  if head:sub(1, 5) ~= own:sub(1, 5) or head:sub(7) ~= own:sub(7) or head:byte(6) == own:byte(6) then
    return "is no image for this firmware's Lua"
  end
end

-- verify compares the file with the description, in small tasks, and installs it.
local function verify()
  local j = job
  local i, h = j.state.new, hasher()
  local at = 0
  local function bad(why, never)
    forget(j.state, never)
    return finish("failed", "version " .. i.version .. " " .. why)
  end
  local function install()
    local why = fits(i.file)
    if why then return bad(why, true) end
    local s = j.state
    s.want, s.tries = "new", 0
    if not write(s) then return bad("cannot be noted: the file system is full") end
    finish("install", "version " .. i.version .. " is there")
    if j.restart ~= false then node.restart() end
  end
  local function step()
    local f = file.open(i.file)
    if not f then return bad("cannot be read") end
    f:seek("set", at)
    for _ = 1, 4 do
      local piece = f:read(1024)
      if not piece then break end
      at = at + #piece
      h:update(piece)
    end
    f:close()
    if at < i.size and at % 4096 == 0 and at > 0 then return node.task.post(step) end
    if at ~= i.size then return bad("cannot be read") end
    if hex(h:finalize()) ~= i.hash then return bad("is not what its description says: another hash") end
    install()
  end
  node.task.post(step)
end

-- begin notes what is to be fetched, and returns how many bytes of it are there already.
local function begin(s, d)
  if s.new and s.new.hash == d.hash and s.phase == "get" then
    local stat = file.stat(s.new.file)
    if not stat or stat.size <= d.size then return stat and stat.size or 0 end
    file.remove(s.new.file)
    return 0
  end
  local slot = s.cur and s.cur.file == SLOTS[1] and SLOTS[2] or SLOTS[1]
  if job.keep == false and s.cur then
    file.remove(s.cur.file)
    s.cur = nil
  end
  file.remove(slot)
  s.new = { file = slot, size = d.size, hash = d.hash, version = d.version }
  s.phase = "get"
  return write(s) and 0 or nil
end

-- download fetches the rest of the image.
local function download(d, have)
  local s = job.state
  local name, f, why, unsaved, whole = s.new.file, nil, nil, 0, d.size
  local function stop(r, text)
    why = why or text
    r:stop()
  end
  local function head(status, headers, r)
    local range = headers["content-range"]
    local from = range and range:match("^bytes (%d+)-")
    if status == 206 and tonumber(from) == have then
      whole = whole - have
    elseif status == 200 then
      have = 0
    else
      if status == 206 or status == 416 then file.remove(name) end -- begins anew next time
      return stop(r, "the server says " .. status)
    end
    local length = headers["content-length"]
    if length and tonumber(length) ~= whole then return stop(r, "the size is another one than described") end
    f = file.open(name, have > 0 and "a" or "w")
    if not f then stop(r, "the file cannot be opened") end
  end
  local function data(piece, r)
    if not f then return end
    have, unsaved = have + #piece, unsaved + #piece
    if have > d.size then return stop(r, "the size is another one than described") end
    if not f:write(piece) then return stop(r, "the file system is full") end
    if unsaved >= FLUSH then
      f:flush()
      unsaved = 0
    end
  end
  local function done(status, err)
    if f then f:close() end
    if why == "the file system is full" or have > d.size then forget(s, false) end
    if not status then return finish("failed", ("version %s: %s; %d of %d bytes are there"):format(d.version, why or err, have, d.size)) end
    if have ~= d.size then
      forget(s, false)
      return finish("failed", "version " .. d.version .. ": the size is another one than described")
    end
    verify()
  end
  job.fetch.request{ url = job.fetch.join(job.url, d.image), from = have, on = { head = head, data = data }, headers = job.headers,
    timeout = job.timeout, connect = job.connect, done = done }
end

-- described goes on when the description is there.
local function described(status, why, text)
  if status ~= 200 then return finish("failed", "no description: " .. (status and "the server says " .. status or why)) end
  local d = parse(text)
  if not d or job.name and d.name ~= job.name then return finish("failed", "no description: not understood") end
  if not job.fetch.join(job.url, d.image) then return finish("failed", "no description: where is the image?") end
  local s = job.state
  if s.cur and s.cur.hash == d.hash then
    if s.phase == "get" then forget(s, false) end
    return finish("current", "version " .. d.version .. " is up to date")
  end
  if s.bad:find(d.hash, 1, true) then return finish("bad", "version " .. d.version .. " did not work") end
  local have = begin(s, d)
  if not have then return finish("failed", "the file system is full") end
  if have == d.size then return verify() end
  local left = file.fsinfo()
  if left < d.size - have + d.size / 16 + 2048 then
    forget(s, false)
    return finish("failed", ("version %s: the file system has no room for %d bytes"):format(d.version, d.size))
  end
  download(d, have)
end

-- check looks for another version and installs it. done(result, text) is called once: "current", "bad",
-- "failed", "trial" or "install", upon which the module restarts.
function M.check(o)
  if job then error("ota: a check is under way", 2) end
  job = { url = o.url, name = o.name, done = o.done, keep = o.keep, restart = o.restart, headers = o.headers,
    timeout = o.timeout, connect = o.connect, state = read() or fresh(), fetch = require "fetch" }
  if not job.fetch.join(o.url or "", "") then
    job = nil
    error("ota: no URL", 2)
  end
  local why = not hasher() and "the firmware has no SHA-256 (module crypto)"
    or (job.state.want or job.state.phase == "trial") and "a version is on trial"
  if why then
    local result = hasher() and "trial" or "failed"
    return node.task.post(function() finish(result, why) end)
  end
  job.fetch.get(o.url, { limit = 1024, headers = o.headers, timeout = o.timeout, connect = o.connect }, described)
end

return M
