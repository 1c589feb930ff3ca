-- Bodies that fly in a box and hit each other: vectors as objects with operators, and
-- a grid whose cells are kept in a balanced tree.
local Vector = {}
Vector.__index = Vector
local function vector(x, y, z) return setmetatable({x = x, y = y, z = z}, Vector) end
function Vector.__add(a, b) return vector(a.x + b.x, a.y + b.y, a.z + b.z) end
function Vector.__sub(a, b) return vector(a.x - b.x, a.y - b.y, a.z - b.z) end
function Vector.__mul(a, k) return vector(a.x * k, a.y * k, a.z * k) end
function Vector:dot(b) return self.x * b.x + self.y * b.y + self.z * b.z end

-- Tree is a map with ordered keys: an AA tree, in which level tells a node's height
-- and the only neighbour of the same level may be the one to the right.
local Tree = {}
Tree.__index = Tree
function Tree.new() return setmetatable({size = 0}, Tree) end
local function skewed(t)
  local l = t.left
  if l and l.level == t.level then
    t.left, l.right = l.right, t
    return l
  end
  return t
end
local function halved(t)
  local r = t.right
  if r and r.right and r.right.level == t.level then
    t.right, r.left = r.left, t
    r.level = r.level + 1
    return r
  end
  return t
end
local function inserted(t, node)
  if not t then return node end
  if node.key < t.key then
    t.left = inserted(t.left, node)
  else
    t.right = inserted(t.right, node)
  end
  return halved(skewed(t))
end
function Tree:get(key)
  local t = self.root
  while t and t.key ~= key do
    if key < t.key then t = t.left else t = t.right end
  end
  return t and t.value
end
function Tree:put(key, value)
  self.root = inserted(self.root, {key = key, value = value, level = 1})
  self.size = self.size + 1
end
local function walk(t, f)
  if t then
    walk(t.left, f)
    f(t.key, t.value)
    walk(t.right, f)
  end
end
function Tree:each(f) walk(self.root, f) end

local box, radius, cell = 64.0, 1.0, 4.0
local across = 16 -- cells in a row

local seed = 5
local function random(n) seed = (seed * 1101 + 12345) % 0x100000 return math.floor(seed / 16) % n end
local function place() return random(960) / 16.0 + 2.0 end
local function speed() return random(128) / 64.0 - 1.0 end
local bodies = {}
for i = 1, 180 do
  bodies[i] = {id = i, at = vector(place(), place(), place() / 8), velocity = vector(speed(), speed(), speed() / 4)}
end

local function bounced(x, v)
  if x < 0.0 and v < 0.0 or x > box and v > 0.0 then return -v end
  return v
end
local function move(b)
  b.at = b.at + b.velocity * 0.5
  local at, v = b.at, b.velocity
  b.velocity = vector(bounced(at.x, v.x), bounced(at.y, v.y), bounced(at.z * 8, v.z))
end

local function clamped(x) return math.max(0, math.min(across - 1, math.floor(x / cell))) end

-- near puts a body into its cell and those around it.
local function near(grid, b)
  local i, j = clamped(b.at.x), clamped(b.at.y)
  for di = math.max(0, i - 1), math.min(across - 1, i + 1) do
    for dj = math.max(0, j - 1), math.min(across - 1, j + 1) do
      local key = di * across + dj
      local list = grid:get(key)
      if not list then
        list = {}
        grid:put(key, list)
      end
      list[#list + 1] = b
    end
  end
end

-- hit swaps the parts of two velocities that lie in the direction of the other body.
local function hit(a, b)
  local d = b.at - a.at
  local square = d:dot(d)
  if square == 0.0 or square > 4.0 * radius * radius then return false end
  local closing = (b.velocity - a.velocity):dot(d)
  if closing >= 0.0 then return false end
  local change = d * (closing / square)
  a.velocity, b.velocity = a.velocity + change, b.velocity - change
  return true
end

local tests, hits, cells = 0, 0, 0
for step = 1, 150 do
  local grid = Tree.new()
  for _, b in ipairs(bodies) do
    move(b)
    near(grid, b)
  end
  cells = cells + grid.size
  grid:each(function(key, list)
    for n, a in ipairs(list) do
      if clamped(a.at.x) * across + clamped(a.at.y) == key then
        for m = 1, #list do
          local b = list[m]
          if a.id < b.id then
            tests = tests + 1
            if hit(a, b) then hits = hits + 1 end
          end
        end
      end
    end
  end)
end
local energy = 0.0
for _, b in ipairs(bodies) do energy = energy + b.velocity:dot(b.velocity) end
print(tests, hits, cells)
print(("%.5g"):format(energy), bodies[1].at.x, bodies[180].at.y)
