-- Protected calls, with and without errors.
local ok, failed = 0, 0
local function may(i)
  if i % 4 == 0 then error("every fourth") end
  if i % 9 == 0 then error({}) end
  return i
end
for i = 1, 2500000 do
  if pcall(may, i) then ok = ok + 1 else failed = failed + 1 end
end
print(ok, failed)
