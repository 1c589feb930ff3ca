-- Queens that do not threaten each other: recursion and arrays of booleans.
local function solutions(n)
  local column, up, down, row, found, weight = {}, {}, {}, {}, 0, 0
  for i = 1, n do column[i] = false end
  for i = 1, 2 * n do up[i], down[i] = false, false end
  local function place(r)
    if r > n then
      found = found + 1
      for i = 1, n do weight = (weight * 3 + row[i]) % 0x10000 end
      return
    end
    for c = 1, n do
      local u, d = r + c, r - c + n
      if not (column[c] or up[u] or down[d]) then
        column[c], up[u], down[d], row[r] = true, true, true, c
        place(r + 1)
        column[c], up[u], down[d] = false, false, false
      end
    end
  end
  place(1)
  return found, weight
end

-- counted is the same without recursion.
local function counted(n)
  local column, up, down, at = {}, {}, {}, {0}
  local r, found = 1, 0
  while r > 0 do
    local c = at[r]
    if c > 0 then column[c], up[r + c], down[r - c] = nil, nil, nil end
    repeat c = c + 1 until c > n or not (column[c] or up[r + c] or down[r - c])
    at[r] = c
    if c > n then
      r = r - 1
    elseif r == n then
      found, column[c], up[r + c], down[r - c] = found + 1, true, true, true
    else
      column[c], up[r + c], down[r - c] = true, true, true
      r = r + 1
      at[r] = 0
    end
  end
  return found
end

print(solutions(6))
print(solutions(11))
print(counted(6), counted(10))
