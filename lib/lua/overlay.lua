-- overlay: flash functions. What is missing in a table is looked for in files.
--
--   local overlay = require "overlay"
--   local menu = overlay.wrap({ title = "Settings" }, "menu")
--   menu.show(3)                            -- loads menu_show.lc or menu_show.lua and calls it
--   overlay.wrap(menu2, "menu", { cache = true })  -- keeps what was loaded once
--
-- The file is the body of the function: its arguments are in "..." and what it returns is the
-- result. PREFIX_NAME.lc comes before PREFIX_NAME.lua; files of softmodule.dumpfunction fit.
-- t.name is the loaded function, so it can be a callback; it is nil where there is no file.
-- A file that is there and cannot be loaded is an error.
--
-- Cost: less than 300 bytes of RAM for a table, none for a function. Each access reads and loads
-- the file, and one to a name without a file looks for two files; pairs and next see only what
-- is in RAM. With cache an access costs that once, and the function stays in RAM.
local M = {}

-- find loads the function of a file without its extension, or gives nil.
local function find(name)
  for _, file_name in ipairs { name .. ".lc", name .. ".lua" } do
    if #file_name <= 31 and file.exists(file_name) then
      local func, why = loadfile(file_name)
      return func or error("overlay: " .. file_name .. " cannot be loaded: " .. why, 0)
    end
  end
end

-- wrap lets the functions that a table has not be those in files. It returns the table, whose
-- metatable it changes, or makes.
function M.wrap(t, prefix, options)
  if type(t) ~= "table" then error("overlay: the first argument is no table", 2) end
  if type(prefix) ~= "string" then error("overlay: the second argument is no prefix of files", 2) end
  local meta, cache = getmetatable(t) or {}, options and options.cache
  if type(meta) ~= "table" or meta.__index ~= nil then error("overlay: the table has an __index of its own", 2) end
  function meta.__index(_, name)
    if type(name) ~= "string" then return nil end
    local func = find(prefix .. "_" .. name)
    if cache and func then rawset(t, name, func) end
    return func
  end
  return setmetatable(t, meta)
end

return M
