-- A ROTable comes with two type tags, as an entry and as a value, and is one table.
for _, name in ipairs { "string", "table", "math", "coroutine", "debug", "utf8" } do
  local as_entry = getmetatable(_G).__index[name]
  print(name, as_entry == _G[name], as_entry == string, ({ [as_entry] = name })[_G[name]])
end
print(string == getmetatable("").__index, string ~= table, ROM == ROM, ({ [string] = 1 })[string])
