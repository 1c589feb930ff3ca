-- Pattern matching.
local text = ("The quick brown fox jumps over the lazy dog 0123456789. "):rep(400)
local n = 0
for i = 1, 500 do
  local s, k = text:gsub("%w+", function(w) return w:upper() end)
  n = n + k + #s
  s, k = text:gsub("(%a+) (%a+)", "%2 %1")
  n = n + k + #s
  for a, b in text:gmatch("(%d)(%d)") do n = n + 1 end
  if text:find("lazy cat", 1, true) then n = 0 end
end
print(n)
