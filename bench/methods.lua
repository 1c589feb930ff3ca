-- Method calls and small objects.
local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:add(o) return Point.new(self.x + o.x, self.y + o.y) end
function Point:length() return self.x * self.x + self.y * self.y end
local p, step, sum = Point.new(0, 0), Point.new(1, 2), 0
for i = 1, 2000000 do
  p = p:add(step)
  sum = sum + p:length() % 10
end
print(p.x, p.y, sum)
