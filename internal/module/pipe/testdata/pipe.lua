local function eq(got, want)
  if got ~= want then error(("got %q, want %q"):format(tostring(got), tostring(want)), 2) end
end

-- Records by delimiter, by size and what is left over.
local p = pipe.create()
eq(p:read(), nil)
p:write "one\ntwo\nthree"
eq(p:nrec(), 1)
eq(p:read "\n", "one")
eq(p:read "\n+", "two\n")
eq(p:read "\n", "three")
eq(p:read(), nil)
eq(p:nrec(), 0)
p:write "abcdef"
eq(p:read(4), "abcd")
eq(p:read(4), "ef")
eq(p:read(4), nil)
p:write "" eq(p:nrec(), 0)
p:write "a\0b" eq(p:read "\0", "a") eq(p:read(9), "b")

-- Buffers hold 256 bytes.
local text = {}
for i = 1, 500 do text[i] = ("%03d"):format(i) end
text = table.concat(text)
p:write(text)
eq(p:nrec(), math.floor((#text + 255) / 256))
eq(#p[2], 256)
eq(tostring(p[2]), text:sub(1, 256))
eq(#p, 1 + p:nrec())
eq(p:read(100), text:sub(1, 100))
eq(p:read(#text), text:sub(101))
eq(p:nrec(), 0)
for i = 1, #text, 7 do p:write(text:sub(i, i + 6)) end
eq(p:read "x", text)

-- unread, also of more than fits.
p:write "tail"
p:unread(text)
eq(p:read(#text + 4), text .. "tail")
p:unread "x" p:unread "y"
eq(p:read(2), "yx")
for i = 1, 3 do p:write(text) local s = p:read(#text - 5) p:unread(s) eq(p:read(#text), text) end

-- Iterators.
p:write "1\n2\n3\n"
local got = {}
for rec in p:reader() do got[#got + 1] = rec end
eq(table.concat(got, ","), "1,2,3")
p:write "abcde"
local next_ = p:reader(2)
eq(next_(), "ab") eq(next_("ignored"), "cd") eq(next_(), "e") eq(next_(), nil)

-- Errors.
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
fails("pipe table", p.read, {})
fails("pipe table", p.unread, setmetatable({}, {}), "x")
fails("invalid chunk size", p.read, p, 0)
fails("invalid delimiter", p.read, p, "ab")
fails("invalid delimiter", p.read, p, "")
-- what is no string is written as nothing, and unread does not even look at its pipe then
for _, f in ipairs{"write", "unread"} do
  local q = pipe.create()
  q[f](q); q[f](q, nil); q[f](q, {}); q[f](q, true); q[f](q, ""); q[f](q, 12)
  eq(q:read(100), "12")
end
p.unread(5, {})
fails("function expected", pipe.create, 1)
fails("invalid priority", pipe.create, print, 3)
pipe.create(print, "x") -- not converted: 0, which is low
if not test.integral then -- cut in Lua 5.1, and not converted in 5.3
  pipe.create(print, tonumber "2.5")
  eq(pcall(pipe.create, print, tonumber "3.5"), not test.lua51)
end
assert(tostring(p):match "^Pipe: ")
eq(p.nothing, nil)

-- Reader tasks: the callback decides whether it runs again.
local log = {}
local q
q = pipe.create(function(o)
  log[#log + 1] = "cb"
  eq(o, q)
  local s = o:read(2)
  log[#log + 1] = s or "empty"
  if s == "ef" then return false end
  return true
end)
q:write "abcd" q:write "ef"
node.task.post(node.task.LOW_PRIORITY, function()
  eq(table.concat(log, " "), "cb ab cb cd cb ef")
  -- without a result the task is posted again and again until the result says no
  local n = 0
  local r = pipe.create(function(o) n = n + 1 o:read(10) if n == 5 then return false end end, node.task.HIGH_PRIORITY)
  r:write "x"
  node.task.post(node.task.LOW_PRIORITY, function()
    eq(n, 5)
    print "pipe: ok"
  end)
end)
