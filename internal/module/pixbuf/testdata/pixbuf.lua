local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
-- A buffer with the given bytes.
local function buf(channels, ...)
  local s = string.char(...)
  return pixbuf.newBuffer(test.div(#s, channels), channels):set(1, s)
end

eq(pixbuf.FADE_IN, 0) eq(pixbuf.FADE_OUT, 1) eq(pixbuf.SHIFT_LOGICAL, 0) eq(pixbuf.SHIFT_CIRCULAR, 1)
local b = pixbuf.newBuffer(2, 3)
eq(b:size(), 2) eq(b:channels(), 3)
eq(tostring(b), "[(0,0,0),(0,0,0)]")
eq(b:dump(), ("\0"):rep(6))
fails("should be a positive integer", pixbuf.newBuffer, 0, 1)
fails("bad argument #2 to '" .. test.named "pixbuf.newBuffer" .. "' (should be a positive integer)", pixbuf.newBuffer, 1, -1)
fails("pixbuf size limits exeeded", pixbuf.newBuffer, 8193, 1)
fails("pixbuf size limits exeeded", pixbuf.newBuffer, 1, 33)
fails("pixbuf.buf expected, got table", b.size, {})

-- set, get, fill
eq(b:set(1, 1, 2, 3), b)
b:set(2, { 4, "5" }) -- what is no integer is 0
eq(tostring(b), "[(1,2,3),(4,5,0)]")
b:set(1, "abcdef")
eq(b:dump(), "abcdef")
eq(table.concat({ b:get(2) }, " "), "100 101 102")
eq(b:set(1, 257, -1, 512):get(1), 1)
fails("index out of range", b.get, b, 3)
fails("index out of range", b.set, b, 0, 1, 2, 3)
fails("string size will exceed strip length", b.set, b, 2, "abcd")
fails("string does not contain whole LEDs", b.set, b, 1, "abcd")
fails("extra values given", b.set, b, 1, 1, 2, 3, 4)
fails("number expected, got no value", b.set, b, 1, 9)
eq(b:get(1), 9)
eq(tostring(b:fill(7, 8, 9)), "[(7,8,9),(7,8,9)]")
fails("need as many values as colors per pixel", b.fill, b, 1, 2)
fails("calling 'fill' on bad self", function() b:fill(1, 2) end)
local wide = pixbuf.newBuffer(1, 32)
eq(select("#", wide:get(1)), 32)

-- Metamethods, sub, replace
assert(buf(2, 1, 2, 3, 4) == buf(2, 1, 2, 3, 4))
assert(buf(2, 1, 2, 3, 4) ~= buf(2, 1, 2, 3, 5))
assert(buf(2, 1, 2, 3, 4) ~= buf(4, 1, 2, 3, 4))
eq(tostring(buf(2, 1, 2) .. buf(2, 3, 4, 5, 6)), "[(1,2),(3,4),(5,6)]")
fails("can only concatenate buffers with same channel count", function() return buf(1, 1) .. buf(2, 1, 2) end)
fails("pixbuf size limits exeeded", function() return pixbuf.newBuffer(5000, 1) .. pixbuf.newBuffer(5000, 1) end)
b = buf(1, 1, 2, 3, 4, 5)
eq(tostring(b:sub(2)), "[(2),(3),(4),(5)]")
eq(tostring(b:sub(-2)), "[(4),(5)]")
eq(tostring(b:sub(2, -2)), "[(2),(3),(4)]")
eq(tostring(b:sub(99)), "[(5)]") -- within the buffer
local empty = b:sub(3, 2)
eq(tostring(empty), "[]")
eq(empty:size(), 0)
eq(empty:sub(1):size(), 0)
eq(empty:dump(), "")
eq(empty:fill(1, 2, 3), empty)
fails("index out of range", empty.get, empty, 1)
fails("does not fit into destination", empty.replace, empty, "x")
fails("start position must be >= 1", empty.shift, empty, 0)
eq(empty .. empty == empty, true)
b:replace("ab", 2)
eq(b:dump(), "\1ab\4\5")
b:replace(buf(1, 9), -1)
eq(b:dump(), "\1ab\4\9")
fails("does not fit into destination", b.replace, b, "abc", 4)
fails("buffers have different channels", b.replace, b, buf(2, 1, 2))
fails("pixbuf.buf expected, got number", b.replace, b, 5)
local three = buf(3, 1, 2, 3)
three:replace("abcd") -- a part of a pixel is left out
eq(three:dump(), "abc")

-- fade
b = buf(2, 10, 21, 100, 255)
b:fade(2)
eq(tostring(b), "[(5,10),(50,127)]")
b:fade(3, pixbuf.FADE_IN)
eq(tostring(b), "[(15,30),(150,255)]")
b = buf(2, 10, 21, 100, 255)
b:fadeI(2)
eq(tostring(b), "[(5,21),(50,255)]")
b:fadeI(3, pixbuf.FADE_IN)
eq(tostring(b), "[(15,21),(150,255)]")
local long = pixbuf.newBuffer(50, 2):fill(1, 7)
long:fadeI(300, pixbuf.FADE_IN) -- in C writes behind the buffer
eq(long, pixbuf.newBuffer(50, 2):fill(255, 7))
fails("fade value should be a strictly positive int", b.fade, b, 0)
fails("fade value should be a strictly positive int", b.fadeI, b, -1)

-- shift
local function shifted(...)
  local s = buf(1, 1, 2, 3, 4, 5)
  s:shift(...)
  return table.concat({ s:dump():byte(1, -1) }, " ")
end
local circular = pixbuf.SHIFT_CIRCULAR
eq(shifted(1), "0 1 2 3 4")
eq(shifted(-2), "3 4 5 0 0")
eq(shifted(5), "0 0 0 0 0")
eq(shifted(0, circular), "1 2 3 4 5")
eq(shifted(2, circular), "4 5 1 2 3")
eq(shifted(-1, circular), "2 3 4 5 1")
eq(shifted(1, circular, 2, 4), "1 4 2 3 5")
eq(shifted(-1, pixbuf.SHIFT_LOGICAL, -3, -2), "1 2 4 0 5")
fails("shifting more elements than buffer size", shifted, 6)
fails("shifting more than sliced window", shifted, 3, circular, 2, 3)
fails("invalid shift type", shifted, 1, 2)
fails("end position must be >= start", shifted, 1, circular, 3, 2)
-- More than 32 bytes, of which C loses some.
long = pixbuf.newBuffer(60, 3)
for i = 1, 60 do long:set(i, i, 2 * i, 3 * i) end
local copy = long:sub(1)
long:shift(20, circular)
eq(long, copy:sub(41) .. copy:sub(1, 40))
long:shift(-20, circular)
eq(long, copy)

-- map
b = buf(3, 1, 2, 3, 4, 5, 6)
eq(b:map(function(x, y, z) return z, x, y end), b)
eq(tostring(b), "[(3,1,2),(6,4,5)]")
local one = pixbuf.newBuffer(2, 1):map(function(x, y, z) return x + y + z end, b)
eq(tostring(one), "[(6),(15)]")
eq(tostring(pixbuf.newBuffer(2, 4):map(function(...) return ... end, b, 1, 2, one)), "[(3,1,2,6),(6,4,5,15)]")
eq(tostring(pixbuf.newBuffer(2, 1):map(function(x, y) return x * y end, buf(1, 1, 2, 3, 4), 2, 3, buf(1, 5, 6, 7), -2)), "[(12),(21)]")
fails("Buffer limits out of order", b.map, b, print, b, 2, 1)
fails("Buffer limits out of order", three.map, three, print) -- a single pixel
fails("Output buffer wrong size", one.map, one, print, buf(1, 1, 2, 3))
fails("Second buffer too short", one.map, one, print, one, 1, 2, one, 2)
fails("number expected, got nil", one.map, one, function() end)
fails("an error", one.map, one, function() error "an error" end)
fails("attempt to yield", coroutine.wrap(function() one:map(coroutine.yield) end))
wide = pixbuf.newBuffer(2, 32)
local n
wide:map(function(...) n = select("#", ...) return ... end, wide, 1, 2, wide)
eq(n, 64)

-- mix
local x, y = buf(2, 0, 100, 200, 255), buf(2, 255, 200, 100, 50)
local out = pixbuf.newBuffer(2, 2)
eq(out:mix(256, x), out)
eq(out, x)
eq(tostring(out:mix(128, x, 128, y)), "[(128,150),(150,153)]")
eq(tostring(out:mix(256, x, 256, y)), "[(255,255),(255,255)]")
eq(tostring(out:mix(256, x, -256, y)), "[(0,0),(100,205)]")
eq(tostring(x:mix(512, x)), "[(0,200),(255,255)]")
eq(out:mix(), out)
fails("buffer not same size or shape", out.mix, out, 1, one)
fails("number expected, got userdata", out.mix, out, x, y)
fails("Requires 4 channel pixbuf", out.mix4I5, out, 256, x)
out = pixbuf.newBuffer(2, 4)
eq(tostring(out:mix4I5(256, buf(4, 31, 255, 0, 128, 1, 255, 10, 0))), "[(31,255,0,128),(1,255,10,0)]")
eq(tostring(out:mix4I5(128, buf(4, 31, 255, 0, 128, 1, 255, 10, 0))), "[(16,248,0,124),(1,128,5,0)]")
out:fill(1, 2, 3, 4)
eq(tostring(out:mix4I5(256, buf(4, 0, 9, 9, 9, 1, 255, 10, 0))), "[(0,0,0,0),(1,2,3,4)]") -- ends with the dark pixel

eq(buf(3, 1, 2, 3, 255, 255, 255):power(), 771)
eq(buf(3, 1, 2, 3, 2, 255, 255):powerI(), 1025)

-- The size on the heap.
if not test.integral then
  local function size(...)
    collectgarbage()
    local before = collectgarbage "count"
    local o = pixbuf.newBuffer(...)
    return (collectgarbage "count" - before) * 1024
  end
  size(1, 1)
  eq(size(100, 3) - size(1, 1), 299)
end

print "pixbuf: ok"
