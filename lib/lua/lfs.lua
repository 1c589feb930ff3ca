-- lfs: the flash store as a place for modules and files, as the file system is.
--
--   local lfs = node.LFS.get("lfs")         -- in init.lua, where require does not find it yet
--   if lfs then LFS = lfs() end             -- the store may be empty; the global is your choice
--
--   LFS.main()                              -- calls main.lua of the store
--   require "server"                        -- a file of that name, else the store
--   dofile "page.lua"                       -- likewise, and so does loadfile
--   LFS.order("store")                      -- the store first from now on; "files": as before
--
-- LFS.name is the function of a module in the store, nil if there is none. LFS._list has the
-- names in order, LFS._time is the time of the image in seconds since 1970, LFS._config has
-- lfs_base, lfs_mapped, lfs_size, fs_mapped and fs_size. It is read-only. A module that is
-- called order is found by node.LFS.get only.
--
-- To load it changes package.loaders and the globals loadfile and dofile.
--
-- Cost: 1.2 KB of RAM if it lies in the store, 2.5 with Lua 5.1. Each access makes a closure of
-- some bytes.
local M = {}

-- Builds from before June 2020 have node.flashindex alone, which tells of the store itself if
-- there is no module of that name.
local get = node.LFS and node.LFS.get or node.flashindex
local files, store_first = { loadfile = loadfile, loader = package.loaders[2] }, false

-- described is the time of the image, where the store is, and the list of its modules.
local function described()
  if not node.LFS then return get() end
  local c = node.LFS.config
  return node.LFS.time, c.lfs_base, c.lfs_mapped, c.lfs_size, node.LFS.list()
end

local properties = {}

function properties._time() return (described()) end

function properties._list() return select(5, described()) or {} end

function properties._config()
  local _, base, mapped, size = described()
  local fs_mapped, fs_size = file.fscfg()
  return { lfs_base = base, lfs_mapped = mapped, lfs_size = size, fs_mapped = fs_mapped, fs_size = fs_size }
end

-- find is the function of a module in the store, or nil.
local function find(name)
  if type(name) ~= "string" then return nil end
  local f = get(name)
  return type(f) == "function" and f or nil
end

-- loader is what require asks for modules of the store.
local function loader(name) return find(name) end

-- order chooses what comes first, "files" or "store".
function M.order(first)
  if first ~= "files" and first ~= "store" then error('lfs: the order is "files" or "store"', 2) end
  store_first = first == "store"
  local l = package.loaders
  l[2], l[3] = store_first and loader or files.loader, store_first and files.loader or loader
end

-- of is the function of the store for a name of a file.
local function of(name)
  if type(name) ~= "string" then return nil end
  return find(name:match("^(.+)%.l[uc]a?$") or name)
end

-- loadfile loads a file, or gives the function of the store in its place. With a mode or an
-- environment it is a file.
local function load(name, ...)
  local in_store = select("#", ...) == 0 and (store_first or not file.exists(name)) and of(name)
  if in_store then return in_store end
  return files.loadfile(name, ...)
end

function loadfile(name, ...)
  if type(name) ~= "string" then error("loadfile: the name is no string", 2) end
  return load(name, ...)
end

function dofile(name)
  if type(name) ~= "string" then error("dofile: the name is no string", 2) end
  local f, why = load(name)
  if not f then error(why, 0) end
  return f()
end

package.loaded.lfs = M
M.order("files")

return setmetatable(M, {
  __index = function(_, name)
    local property = properties[name]
    if property then return property() end
    return find(name)
  end,
  __newindex = function(_, name) error("lfs: the store cannot be written: " .. tostring(name), 2) end,
})
