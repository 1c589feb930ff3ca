-- Updates over the air. The server has two files: lfs.img, an image of the flash
-- store, and lfs.txt, its size and checksum. The image is fetched into a file of
-- its own and becomes the new one only when it has arrived whole, so that nothing
-- which can happen to a connection or a server touches the one that runs.
local sum = require "sum"
local M = {}

local NEW, IMAGE, CURRENT = "lfs.new", "lfs.img", "lfs.now"

-- get asks for a path. onPiece gets the content piece by piece, onEnd whether it
-- all came, and if not, why.
local function get(settings, path, onPiece, onEnd)
  local socket = net.createConnection()
  local head, expected, got = "", nil, 0
  local function finish(ok, why)
    if onEnd then
      local f = onEnd
      onEnd = nil
      f(ok, why)
    end
  end
  local function content(piece)
    if #piece > 0 then
      got = got + #piece
      onPiece(piece)
    end
  end
  socket:on("receive", function(s, piece)
    if not head then return content(piece) end
    head = head .. piece
    local rest = head:match("\r\n\r\n(.*)$")
    if not rest then return end
    expected = tonumber(head:match("[Cc]ontent%-[Ll]ength: *(%d+)"))
    local status = head:match("^HTTP/%d%.%d (%d+)")
    head = nil
    if status ~= "200" then
      finish(false, "the server says " .. tostring(status))
      return s:close()
    end
    content(rest)
  end)
  socket:on("connection", function(s)
    s:send(("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n"):format(path, settings.host))
  end)
  socket:on("disconnection", function(_, code)
    if head then
      finish(false, "no answer (" .. tostring(code) .. ")")
    elseif expected and got ~= expected then
      finish(false, ("cut off after %d of %d bytes"):format(got, expected))
    else
      finish(true)
    end
  end)
  socket:connect(settings.port, settings.host)
end

-- install makes the file that came the image of the store. The module restarts.
local function install(description)
  file.remove(IMAGE)
  file.rename(NEW, IMAGE)
  file.putcontents(CURRENT, description)
  print("ota: loading the new image")
  local problem = node.LFS.reload(IMAGE)
  file.remove(CURRENT)      -- only reached if nothing was loaded
  print("ota: " .. tostring(problem))
end

local function fetch(settings, description)
  local out = file.open(NEW, "w")
  local state = sum.start()
  get(settings, "/lfs.img", function(piece)
    if out and not out:write(piece) then
      out:close()
      out = nil
    end
    sum.add(state, piece)
  end, function(ok, why)
    if out then out:close() end
    if ok and not out then
      ok, why = false, "the file system is full"
    elseif ok and sum.finish(state) ~= description then
      ok, why = false, "not what lfs.txt describes"
    end
    if ok then
      install(description)
    else
      file.remove(NEW)
      print("ota: the image is left as it is: " .. why)
    end
  end)
end

-- check looks for a new image and installs it.
function M.check(settings)
  local description = ""
  get(settings, "/lfs.txt", function(piece) description = description .. piece end, function(ok, why)
    description = description:match("^%d+ %x+")
    if not ok or not description then
      print("ota: no description of an image: " .. (why or "not understood"))
    elseif description == file.getcontents(CURRENT) then
      print("ota: the image is up to date")
    else
      fetch(settings, description)
    end
  end)
end

-- recover loads the image file once more if the store is empty: the power may have
-- gone while it was written. One attempt, then only an update helps.
function M.recover()
  local redo = "lfs.redo"
  if node.LFS.list() then
    file.remove(redo)
  elseif file.exists(IMAGE) and not file.exists(redo) then
    file.putcontents(redo, "once")
    print("ota: the store is empty, loading the image again")
    print("ota: " .. tostring(node.LFS.reload(IMAGE)))
  end
end

return M
