-- otacheck: the part of ota that looks for another version and fetches it. ota.check requires it.
--
--   ota.check{ url = "http://server.lan/thermostat.txt", name = "thermostat", keep = true,
--     restart = true, headers = {…}, timeout = ms, connect = ms, done = function(result, text) end }
--
-- done is called once: "current", "bad", "failed", "trial" or "install", upon which the module
-- restarts.
local SLOTS = { "ota.a", "ota.b" }
local FLUSH = 4096 -- bytes of an image that a power cut may cost

local ota -- what ota gives: say, hex, hasher, read, write, forget and remove
local job -- the check that is under way

local function finish(result, why)
  local done = job.done
  job = nil
  ota.say(why)
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
  local i, h = j.state.new, ota.hasher()
  local at = 0
  local function bad(why, never)
    ota.forget(j.state, never)
    return finish("failed", "version " .. i.version .. " " .. why)
  end
  local function install()
    local why = fits(i.file)
    if why then return bad(why, true) end
    local s = j.state
    s.want, s.tries = "new", 0
    if not ota.write(s) then return bad("cannot be noted: the file system is full") end
    finish("install", "version " .. i.version .. " is there")
    if j.restart ~= false then node.restart() end
  end
  local function step()
    local f = file.open(i.file)
    if not f then return bad("cannot be read") end
    f:seek("set", at)
    local began = at
    for _ = 1, 8 do
      local piece = f:read(512)
      if not piece then break end
      at = at + #piece
      h:update(piece)
    end
    f:close()
    collectgarbage()
    if at < i.size and at == began + 4096 then return node.task.post(step) end
    if at ~= i.size then return bad("cannot be read") end
    if ota.hex(h:finalize()) ~= i.hash then return bad("is not what its description says: another hash") end
    install()
  end
  node.task.post(step)
end

-- begin notes what is to be fetched, and returns how many bytes of it are there already.
local function begin(s, d)
  if s.new and s.new.hash == d.hash and s.phase == "get" then
    local stat = file.stat(s.new.file)
    if not stat or stat.size <= d.size then return stat and stat.size or 0 end
    ota.remove(s.new.file)
    return 0
  end
  local slot = s.cur and s.cur.file == SLOTS[1] and SLOTS[2] or SLOTS[1]
  if job.keep == false and s.cur then
    ota.remove(s.cur.file)
    s.cur = nil
  end
  ota.remove(slot)
  s.new = { file = slot, size = d.size, hash = d.hash, version = d.version }
  s.phase = "get"
  return ota.write(s) and 0 or nil
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
      if status == 206 or status == 416 then ota.remove(name) end -- begins anew next time
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
    if why == "the file system is full" or have > d.size then ota.forget(s, false) end
    if not status then return finish("failed", ("version %s: %s; %d of %d bytes are there"):format(d.version, why or err, have, d.size)) end
    if have ~= d.size then
      ota.forget(s, false)
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
    if s.phase == "get" then ota.forget(s, false) end
    return finish("current", "version " .. d.version .. " is up to date")
  end
  if s.bad:find(d.hash, 1, true) then return finish("bad", "version " .. d.version .. " did not work") end
  local have = begin(s, d)
  if not have then return finish("failed", "the file system is full") end
  if have == d.size then return verify() end
  local left = file.fsinfo()
  if left < d.size - have + d.size / 16 + 2048 then
    ota.forget(s, false)
    return finish("failed", ("version %s: the file system has no room for %d bytes"):format(d.version, d.size))
  end
  download(d, have)
end

return function(parts, o)
  if job then error("ota: a check is under way", 3) end
  ota = parts
  local fetch = require "fetch"
  if not fetch.join(o.url or "", "") then error("ota: no URL", 3) end
  job = { url = o.url, name = o.name, done = o.done, keep = o.keep, restart = o.restart, headers = o.headers,
    timeout = o.timeout, connect = o.connect, state = ota.read(), fetch = fetch }
  if not ota.hasher() then
    return node.task.post(function() finish("failed", "the firmware has no SHA-256 (module crypto)") end)
  elseif job.state.want or job.state.phase == "trial" then
    return node.task.post(function() finish("trial", "a version is on trial") end)
  end
  fetch.get(o.url, { limit = 1024, headers = o.headers, timeout = o.timeout, connect = o.connect }, described)
end
