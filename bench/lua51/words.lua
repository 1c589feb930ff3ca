-- Work on text: words are split, counted, sorted, replaced and laid out.
local seed = 11
local function random(n) seed = (seed * 1101 + 12345) % 0x100000 return math.floor(seed / 16) % n end

local syllables = {"ka", "lo", "mi", "ter", "ran", "bo", "sul", "fe", "ni", "gar", "wo", "pel"}
local function word()
  local parts = {}
  for i = 1, 1 + random(3) do parts[i] = syllables[1 + random(#syllables)] end
  return table.concat(parts)
end

local function text(lines)
  local out = {}
  for i = 1, lines do
    local line = {}
    for k = 1, 6 + random(6) do line[k] = random(9) == 0 and tostring(random(1000)) or word() end
    out[i] = table.concat(line, random(7) == 0 and ", " or " ") .. "."
  end
  return table.concat(out, "\n")
end

local function count(s)
  local counts, order = {}, {}
  for w in s:gmatch("%a+") do
    local n = counts[w]
    if not n then order[#order + 1], n = w, 0 end
    counts[w] = n + 1
  end
  table.sort(order, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  return order, counts
end

local function report(order, counts)
  local out = {}
  for i = 1, math.min(200, #order) do
    local w = order[i]
    out[i] = ("%3d %-12s %5d %04x"):format(i, w, counts[w], #w * counts[w])
  end
  return table.concat(out, "\n")
end

local function split(s, separator)
  local parts, at = {}, 1
  while true do
    local from, to = s:find(separator, at, true)
    if not from then break end
    parts[#parts + 1] = s:sub(at, from - 1)
    at = to + 1
  end
  parts[#parts + 1] = s:sub(at)
  return parts
end

-- filled breaks the words of a text into lines of at most so many letters.
local function filled(s, width)
  local lines, line = {}, ""
  for w in s:gmatch("%S+") do
    if #line + 1 + #w > width and line ~= "" then lines[#lines + 1], line = line, "" end
    line = line == "" and w or line .. " " .. w
  end
  lines[#lines + 1] = line
  return lines
end

local function sumOf(s)
  local sum = 0
  for i = 1, #s, 3 do sum = (sum * 31 + s:byte(i)) % 0x1000000 end
  return sum
end

local sum = 0
for round = 1, 70 do
  local s = text(300)
  local order, counts = count(s)
  local page = report(order, counts)
  local titled = s:gsub("(%a)(%a*)", function(first, rest) return first:upper() .. rest end)
  local doubled = titled:gsub("%d+", function(n) return ("<%d>"):format(tonumber(n) * 2) end)
  local short = doubled:gsub("%a+", {Kalo = "K.", Mi = "M.", Terran = "T."})
  local lines = filled(short, 60)
  local reversed = {}
  for i, line in ipairs(lines) do reversed[#lines - i + 1] = line:reverse() end
  local back = split(table.concat(reversed, "\r\n"), "\r\n")
  local letters = {}
  for c in page:gmatch(".") do letters[#letters + 1] = c end
  sum = (sum * 3 + sumOf(page) + sumOf(table.concat(back)) + #letters + #order) % 0x1000000
  if #back ~= #lines or back[1]:reverse() ~= lines[#lines] then error("lines got lost") end
  if round == 70 then print(page:sub(1, 27), #s, #lines) end
end
print(sum)
