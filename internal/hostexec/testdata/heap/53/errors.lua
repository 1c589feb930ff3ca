--- errors of the machine N=1 10
for i = 1, N do
  local t = {}
  pcall(function() return t.x.y end) mark()
  pcall(function() return t + 1 end) mark()
  pcall(function() return #5 end) mark()
  pcall(function() return {} < {} end) mark()
  pcall(function() return "a" < 1 end) mark()
  pcall(function() return t .. "x" end) mark()
  pcall(function() t() end) mark()
  pcall(function() undefined_function() end) mark()
  pcall(function() return 1 // 0 end) mark()
  pcall(function() return 1.5 & 1 end) mark()
  pcall(function() t[nil] = 1 end) mark()
  pcall(function() t[0 / 0] = 1 end) mark()
  pcall(function() for i = 1, 10, 0 do end end) mark()
  pcall(function() for i = "a", 2 do end end) mark()
end

--- errors of the library N=1 8
for i = 1, N do
  pcall(string.rep) mark()
  pcall(string.rep, "x", -1) mark()
  pcall(setmetatable, 1, {}) mark()
  pcall(table.concat, {{}}) mark()
  pcall(string.format, "%d", "x") mark()
  pcall(string.format, "%y", 1) mark()
  pcall(("x").bad) mark()
  pcall(string.find, "a", "[a") mark()
  pcall(string.gsub, "a", "(", "") mark()
  pcall(table.sort, {3, 1, 2, 5, 4}, function() return true end) mark()
  pcall(tonumber, "z", 99) mark()
  pcall(select, 0) mark()
  pcall(string.char, 300) mark()
  pcall(io.open, "/does/not/exist") mark()
  pcall(require, "no.such.module") mark()
  pcall(assert, false) mark()
  pcall(assert, nil, "text") mark()
  pcall(assert, false, {}) mark()
end
