-- How deep C calls may nest behind a yield across pcall, in a coroutine that was
-- resumed by another one: C forgets the calls that the yield has left.
local function deepest(f)
  local depth = 0
  local function down() depth = depth + 1; ("x"):gsub("x", down) end
  local ok, message = f(down)
  return depth, ok, (tostring(message):gsub("^.-:%d+: ", ""))
end
print("plain", deepest(pcall))
print("wrapped", coroutine.wrap(function() return deepest(pcall) end)())
local co = coroutine.wrap(function()
  print("before", deepest(pcall))
  pcall(function() coroutine.yield("first") end)
  print("behind a yield", deepest(pcall))
  pcall(pcall, pcall, function() coroutine.yield("second") end)
  print("behind another", deepest(pcall))
  pcall(function() coroutine.yield(); error("x") end)
  print("behind an error", deepest(pcall))
  for _ in function() coroutine.yield("third") end do end
  print("behind an iterator", deepest(pcall))
  return "end"
end)
for _ = 1, 5 do print(co()) end
