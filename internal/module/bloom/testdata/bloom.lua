local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function info(f, bits, functions, set, chance)
  eq(table.concat({ f:info() }, " "), ("%d %d %d %d"):format(bits, functions, set, chance))
end

local f = bloom.create(10, 10)
info(f, 256, 15, 0, 1000000)
eq(f:add "apple", false)
eq(f:add "apple", true)
eq(f:check "apple", true)
eq(f:check "pear", false)
eq(f:check "", false)
local _, _, set, chance = f:info()
assert(set > 5 and set <= 15 and chance == 1000000)
f:reset()
info(f, 256, 15, 0, 1000000)
eq(f:check "apple", false)

-- Sizes: one and a half bits for each binary digit of the rate, in whole words.
info(bloom.create(100, 100), 1056, 6, 0, 1000000)
info(bloom.create(1000, 1), 1504, 2, 0, 1000000)
info(bloom.create(1, 0), 256, 15, 0, 1000000)
info(bloom.create(-5, 100), 256, 2, 0, 1000000)
fails("should be a positive integer", bloom.create, 0, 100) -- divides by zero in C
fails("number expected, got no value", bloom.create, 10)
fails("number expected, got string", bloom.create, "x", 1)
fails("bloom.filter expected, got table", f.add, {}, "x")
fails("string expected, got nil", f.add, f, nil)
fails("not enough memory", bloom.create, 100000, 1000)

-- A filter that is as full as it was made for finds all, and little else.
f = bloom.create(200, 100)
for i = 1, 200 do f:add("member " .. i) end
for i = 1, 200 do eq(f:check("member " .. i), true) end
local wrong = 0
for i = 1, 1000 do if f:check("other " .. i) then wrong = wrong + 1 end end
assert(wrong < 40, wrong)
local _, _, _, n = f:info()
assert(n > 20 and n < 200, n)

-- The size on the heap.
if not test.integral then
  local function size(...)
    collectgarbage()
    local before = collectgarbage "count"
    local o = bloom.create(...)
    return (collectgarbage "count" - before) * 1024
  end
  size(1, 1)
  eq(size(100, 100) - size(1, 1), 100) -- (1056 - 256) / 8
end

print "bloom: ok"
