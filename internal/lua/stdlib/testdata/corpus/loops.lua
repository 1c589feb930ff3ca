-- Numerical loops at the limits of the integers and of the floats.
local max, min = math.maxinteger, math.mininteger
local starts = {0, 1, -1, 3, max, max - 1, max - 3, min, min + 1, min + 3, 0.5, 1.0, 2.0^24 - 1, 2.0^53 - 1, 2.0^31, -2.0^31, 1/0, -1/0, 0/0, "1", "1.5", {}, "x"}
local limits = {0, 1, 5, -5, max, max - 2, min, min + 2, 2.5, -2.5, 2.0^24 + 3, 2.0^53 + 5, 2.0^31, 2.0^63, -2.0^31, -2.0^63, 1e30, -1e30, 1/0, -1/0, 0/0, "3", "2.5", {}}
local steps = {1, -1, 2, -2, 3, max, min, max - 1, min + 1, 0.5, -0.5, 1.0, 0, 0.0, 1e30, 1/0, 0/0, "1", {}}
for i, a in ipairs(starts) do
  for j, b in ipairs(limits) do
    for k, step in ipairs(steps) do
      case("loop " .. i .. " " .. j .. " " .. k, function()
        local seen = {}
        for x = a, b, step do
          seen[#seen + 1] = show(x)
          if #seen > 6 then break end
        end
        return table.concat(seen, " ")
      end)
    end
    case("step 1: " .. i .. " " .. j, function()
      local n = 0
      for x = a, b do
        n = n + 1
        if n > 10 then return x end
      end
      return n
    end)
  end
end
