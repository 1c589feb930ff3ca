-- Trees that are built, walked, changed and dropped: much work for the collector.
local nodes = 0
local function build(depth, value)
  nodes = nodes + 1
  local node = {value = value}
  if depth > 0 then
    node.left = build(depth - 1, value * 2)
    node.right = build(depth - 1, value * 2 + 1)
  end
  return node
end

local function sum(node)
  if not node then return 0 end
  return (node.value + sum(node.left) + sum(node.right)) % 0x1000000
end

local function mirror(node)
  if not node then return nil end
  return {value = node.value, left = mirror(node.right), right = mirror(node.left)}
end

-- renew puts a new subtree in place of an old one, which path names.
local function renew(root, path, depth)
  local node = root
  for _ = 1, 5 do
    node = path % 2 == 0 and node.left or node.right
    path = math.floor(path / 2)
  end
  if path % 2 == 0 then
    node.left = build(depth - 6, node.value * 2)
  else
    node.right = build(depth - 6, node.value * 2 + 1)
  end
end

local old = build(12, 1)
local before, total = sum(old), 0
for round = 1, 45 do
  for depth = 2, 10, 2 do
    for _ = 1, 2 ^ (10 - depth) do total = (total + sum(build(depth, round))) % 0x1000000 end
  end
  local copy = mirror(build(10, round))
  total = (total + sum(mirror(copy))) % 0x1000000
  for path = 0, 63 do renew(old, path, 12) end
end
print(nodes, total, before == sum(old), before)
