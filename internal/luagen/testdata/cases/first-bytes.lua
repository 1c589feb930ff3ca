-- Patterns that cannot begin everywhere: what is not tried must not have mattered,
-- neither for the result nor for an error that only an attempt would raise.
local text = ("one two 3 four %d [5] six_7 ((8)) "):rep(3)
local patterns = {
  "(%d)(%d)", "%d+", "(%a+) (%a+)", "[%d_]", "[^%a ]", "%[(%d)%]", "%((%(%d)", "()(%d)", "(((%d)))",
  "%d%f[%s]", "%b()", "%f[%d]%d", "(%d", "(%d))", "%d[", "%d%", "(%u)(", "%u%1", "x*%d", "%d-", "(%d*)", "[]%d]", "[%", "%",
  "(%w)%1", "(%a)(%a)%2", ("(%d)"):rep(33), ("("):rep(33) .. "%d", "%z", "[%z1]", "^%d", "%d$", "a-b", "(a*(.)%w(%s*))",
}
for _, p in ipairs(patterns) do
  print(p, pcall(string.find, text, p))
  print(p, pcall(string.gsub, text, p, "<%0>"))
  local ok, message = pcall(function()
    local n, first = 0, nil
    for a, b in text:gmatch(p) do n, first = n + 1, first or (tostring(a) .. "," .. tostring(b)) end
    return n .. " " .. tostring(first)
  end)
  print(p, ok, message)
end
