-- The table library.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local function is(want, got) assert(got == want, "got '" .. tostring(got) .. "', want '" .. tostring(want) .. "'") end
local cat = table.concat

-- concat
is("", cat({})); is("a", cat({"a"})); is("a,b,3,4.5", cat({"a", "b", 3, 4.5}, ","))
is("b-c", cat({"a", "b", "c"}, "-", 2)); is("b", cat({"a", "b", "c"}, "-", 2, 2)); is("", cat({"a"}, "-", 2, 1))
is("1.0", cat({1.0})); is("a1b", cat({"a", "b"}, 1))
is(("x"):rep(1000, ";"), cat((function() local t = {} for i = 1, 1000 do t[i] = "x" end return t end)(), ";"))
is("10.20.30", cat(setmetatable({}, {__index = function(_, i) return i * 10 end, __len = function() return 3 end}), ".", 1, 3))
fails("invalid value (table) at index 2 in table for 'concat'", cat, {1, {}})
fails("invalid value (nil) at index 3 in table for 'concat'", cat, {1, 2}, ",", 1, 3)
fails("invalid value (boolean) at index 1", cat, {true})
fails("table expected, got no value", cat); fails("string expected, got table", cat, {}, {})
is("z", cat({[math.maxinteger] = "z"}, "-", math.maxinteger, math.maxinteger))

-- insert, remove
do
  local t = {}
  table.insert(t, "b"); table.insert(t, 1, "a"); table.insert(t, 3, "d"); table.insert(t, 3, "c")
  is("abcd", cat(t))
  is("d", table.remove(t)); is("a", table.remove(t, 1)); is("bc", cat(t))
  is(nil, table.remove(t, 3)); is("bc", cat(t))
  is("c", table.remove(t, 2)); is("b", table.remove(t)); is(nil, table.remove(t)); is(0, #t)
  is(nil, table.remove({}, 0)); is("x", table.remove({[0] = "x"}, 0)); is(nil, table.remove({}, 1))
  fails("position out of bounds", table.insert, {}, 2, 1); fails("position out of bounds", table.insert, {}, 0, 1)
  fails("position out of bounds", table.remove, {1, 2}, 4); fails("#1", table.remove, {1, 2}, 4)
  fails("wrong number of arguments to 'insert'", table.insert, {}); fails("wrong number of arguments to 'insert'", table.insert, {}, 1, 2, 3)
  fails("table expected", table.insert, nil, 1); fails("number expected, got string", table.insert, {}, "x", 1)
  local log = {}
  local p = setmetatable({}, {__len = function() return 2 end, __index = function(_, i) return "v" .. i end,
    __newindex = function(_, i, v) log[#log + 1] = i .. "=" .. tostring(v) end})
  table.insert(p, 1, "n")
  is("3=v2 2=v1 1=n", cat(log, " "))
  log = {}
  is("v1", table.remove(p, 1))
  is("1=v2 2=nil", cat(log, " "))
  fails("object length is not an integer", table.insert, setmetatable({}, {__len = function() return "x" end}), 1)
  fails("table expected, got number", table.insert, 5, 1)
end

-- pack, unpack, move
do
  local t = table.pack(1, nil, 3, nil)
  assert(t.n == 4 and t[1] == 1 and t[2] == nil and t[3] == 3)
  is(0, table.pack().n)
  is(3, select("#", table.unpack({1, 2, 3}))); is(4, select("#", table.unpack({}, 1, 4))); is(0, select("#", table.unpack({1}, 2, 1)))
  local a, b = table.unpack({1, 2, 3}, 2); assert(a == 2 and b == 3)
  a, b = table.unpack({1, 2}, -1, 0); assert(a == nil and b == nil)
  is(7, (table.unpack({[math.maxinteger] = 7}, math.maxinteger, math.maxinteger)))
  is(7, (table.unpack({[math.mininteger] = 7}, math.mininteger, math.mininteger)))
  fails("too many results to unpack", table.unpack, {}, 1, 1e7)
  fails("too many results to unpack", table.unpack, {}, math.mininteger, math.maxinteger)
  fails("object length is not an integer", table.unpack, setmetatable({}, {__len = function() return 1.5 end}))

  is("1 1 2 3", cat(table.move({1, 2, 3}, 1, 3, 2), " "))
  is("2 3 3", cat(table.move({1, 2, 3}, 2, 3, 1), " "))
  is("9 1 2", cat(table.move({1, 2}, 1, 2, 2, {9}), " "))
  is("1 2", cat(table.move({1, 2}, 1, 0, 5), " "))
  is(1, table.move({[math.maxinteger] = 1}, math.maxinteger, math.maxinteger, 1, {})[1])
  is(1, table.move({1}, 1, 1, math.maxinteger)[math.maxinteger])
  is("1 2 3", cat(table.move({1, 2, 3}, 1, 3, 1), " "))
  fails("too many elements to move", table.move, {}, math.mininteger, -1, 2)
  fails("too many elements to move", table.move, {}, 0, math.maxinteger, 2)
  fails("destination wrap around", table.move, {}, 1, 2, math.maxinteger)
  fails("table expected", table.move, 1, 1, 2, 3); fails("number expected", table.move, {}, 1, 2)
  local order = {}
  table.move(setmetatable({}, {__index = function(_, i) order[#order + 1] = i return i end}), 1, 3, 2, setmetatable({}, {__newindex = function() end}))
  is("1 2 3", cat(order, " "))
  order = {}
  local same = setmetatable({}, {__index = function(_, i) order[#order + 1] = i end, __newindex = function() end})
  table.move(same, 1, 3, 2)
  is("3 2 1", cat(order, " "))
end

-- sort
do
  local function check(t, lt)
    lt = lt or function(a, b) return a < b end
    for i = 2, #t do assert(not lt(t[i], t[i - 1])) end
  end
  local seed = 42
  local function rnd(n) seed = (seed * 1103 + 12345) % 65536 return seed % n + 1 end
  for _, n in ipairs {0, 1, 2, 3, 4, 5, 10, 50, 99, 100, 101, 500} do
    for _, range in ipairs {1, 3, 1000} do
      local t, sum = {}, 0
      for i = 1, n do t[i] = rnd(range); sum = sum + t[i] end
      table.sort(t); check(t)
      table.sort(t, function(a, b) return a > b end); check(t, function(a, b) return a > b end)
      for i = 1, n do sum = sum - t[i] end
      assert(sum == 0 and #t == n)
    end
  end
  local t = {"b", "a", "C", "", "aa", "\0"}
  table.sort(t); is("|\0|C|a|aa|b", cat(t, "|"))
  t = {3, 1.5, -2, 2.0}
  table.sort(t); is("-2 1.5 2.0 3", cat(t, " "))
  local sorted = {}
  for i = 1, 1000 do sorted[i] = i end
  local calls = 0
  table.sort(sorted, function(a, b) calls = calls + 1 return a < b end)
  check(sorted)
  is("ok", pcall(table.sort, {1, 2, 3}, nil) and "ok")
  fails("attempt to compare", table.sort, {1, "x"}); fails("attempt to compare two table values", table.sort, {{}, {}})
  fails("function expected, got table", table.sort, {1, 2}, {})
  fails("invalid order function for sorting", table.sort, {1, 2, 3, 4, 5, 6, 7, 8}, function() return true end)
  fails("array too big", table.sort, setmetatable({}, {__len = function() return 0x7fffffff end}))
  table.sort({1}, "not looked at")
  -- the order of comparisons is fixed
  local trace = {}
  table.sort({5, 3, 8, 1, 9, 2}, function(a, b) trace[#trace + 1] = a .. b return a < b end)
  is("25 82 58 35 95 51 95 51 89 12 31 23", cat(trace, " "))
end

-- what is in the table
for k in pairs(table) do
  assert(({concat = 1, insert = 1, pack = 1, unpack = 1, move = 1, remove = 1, sort = 1})[k], k)
end
return "ok"
