-- Bodies that attract each other: float arithmetic on fields.
local bodies = {}
local function body(mass, x, y, z, vx, vy, vz)
  bodies[#bodies + 1] = {mass = mass, x = x, y = y, z = z, vx = vx, vy = vy, vz = vz}
end
body(40.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
body(0.04, 5.0, 0.25, -0.125, -0.125, 2.75, 0.0625)
body(0.015, -8.5, 3.5, 0.5, -0.75, -1.875, 0.0)
body(0.002, 1.5, -12.25, -0.25, 1.75, 0.1875, -0.03125)
body(0.0025, 15.5, -14.0, 0.375, 0.875, 1.0, 0.015625)

-- rest makes the whole system rest, by the velocity of the first body.
local function rest()
  local px, py, pz = 0.0, 0.0, 0.0
  for _, b in ipairs(bodies) do
    px, py, pz = px + b.vx * b.mass, py + b.vy * b.mass, pz + b.vz * b.mass
  end
  local sun = bodies[1]
  sun.vx, sun.vy, sun.vz = -px / sun.mass, -py / sun.mass, -pz / sun.mass
end

local function energy()
  local e = 0.0
  for i, a in ipairs(bodies) do
    e = e + a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz) / 2
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      e = e - a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return e
end

local function push(dt)
  local n = #bodies
  for i = 1, n - 1 do
    local a = bodies[i]
    local ax, ay, az, avx, avy, avz, am = a.x, a.y, a.z, a.vx, a.vy, a.vz, a.mass
    for j = i + 1, n do
      local b = bodies[j]
      local dx, dy, dz = b.x - ax, b.y - ay, b.z - az
      local square = dx * dx + dy * dy + dz * dz
      local pull = dt / (square * math.sqrt(square))
      local toA, toB = pull * b.mass, pull * am
      avx, avy, avz = avx + dx * toA, avy + dy * toA, avz + dz * toA
      b.vx, b.vy, b.vz = b.vx - dx * toB, b.vy - dy * toB, b.vz - dz * toB
    end
    a.vx, a.vy, a.vz = avx, avy, avz
  end
end

local function drift(dt)
  for i = 1, #bodies do
    local b = bodies[i]
    b.x, b.y, b.z = b.x + dt * b.vx, b.y + dt * b.vy, b.z + dt * b.vz
  end
end

rest()
print(("%.6f"):format(energy()))
for step = 1, 130000 do
  drift(0.005)
  push(0.01)
  drift(0.005)
end
print(("%.6f"):format(energy()))
for _, b in ipairs(bodies) do print(b.x, b.y, b.z) end
