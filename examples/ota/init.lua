-- A module whose application lives in the flash store and is updated over the air. What is here is
-- only what must work whatever is in the store, and what no update can change.
if file.exists("ota.lua") then -- Lua reads it in a third of the time, and of the memory, when it is compiled
  node.compile("ota.lua")
  file.remove("ota.lua")
end
dofile("ota.lc").boot { within = 300 } -- seconds for a new version to say that it is good
collectgarbage() -- that were 18 KB, which leave no holes if they go now
if node.egc then -- Lua 5.3 has it in Moonlet, and not on a board; packets on their way take up to 6 KB
  node.egc.setmode(node.egc.ON_MEM_LIMIT + node.egc.ON_ALLOC_FAILURE, -8192)
end

-- The store comes before the files: require "ota" would else have ota.lc in RAM.
table.insert(package.loaders, 2, function(name) return node.LFS.get(name) end)
local main = node.LFS.get("main")
if main then
  main()
else
  print("There is no application.")
end
