-- The functions and what they take. Nobody uses the portal here.
local e = enduser_setup
assert(e.manual() == false and e.manual(nil) == false)
assert(e.manual(true) == true and e.manual() == true)
assert(e.manual(0) == true and e.manual(false) == false, "what is no boolean counts as one")
assert(select("#", e.stop()) == 0)
assert(select("#", e.start()) == 0)
assert(select("#", e.stop()) == 0 and select("#", e.stop()) == 0)
for _, args in ipairs{
  {n = 0}, {n = 1, "name"}, {n = 1, print}, {n = 2, print, print}, {n = 3, print, print, print},
  {n = 4, "name", print, print, print}, {n = 3, nil, nil, nil}, {n = 2, "name", nil}, {n = 1, 12}, {n = 3, true, {}, 1},
} do
  assert(select("#", e.start(test.unpack(args, 1, args.n))) == 0)
  e.stop()
end
-- a second start ends it
e.start()
e.start()
e.start()
e.stop()
local names = {}
for k in pairs(e) do names[#names + 1] = k end
table.sort(names)
assert(table.concat(names, " ") == "manual start stop")
print("enduser_setup: ok")
