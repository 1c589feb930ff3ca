-- Queens that do not threaten each other: recursion and arrays of booleans.
local function solutions(n)
  local column, up, down, row, found, weight = {}, {}, {}, {}, 0, 0
  for i = 1, n do column[i] = false end
  for i = 1, 2 * n do up[i], down[i] = false, false end
  local function place(r)
    if r > n then
      found = found + 1
      for i = 1, n do weight = (weight * 3 + row[i]) & 0xffff end
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

-- counted is the same with sets of bits.
local function counted(n)
  local all = (1 << n) - 1
  local function place(columns, up, down)
    if columns == all then return 1 end
    local free, count = all & ~(columns | up | down), 0
    while free ~= 0 do
      local bit = free & -free
      free = free ~ bit
      count = count + place(columns | bit, (up | bit) << 1, (down | bit) >> 1)
    end
    return count
  end
  return place(0, 0, 0)
end

print(solutions(6))
print(solutions(12))
print(counted(6), counted(12))
