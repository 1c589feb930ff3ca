-- An incremental solver of constraints, of which the stronger ones win: objects that
-- refer to each other in all directions.
local REQUIRED, STRONG, MEDIUM, WEAK, NONE = 1, 2, 3, 4, 5

local Variable = {}
Variable.__index = Variable
-- strength is that of the weakest constraint one would have to give up to determine
-- the variable in another way. known tells that no input has a part in the value.
function Variable.new(value)
  return setmetatable({value = value, users = {}, strength = NONE, known = true, mark = 0}, Variable)
end
function Variable:forget(constraint)
  for i, c in ipairs(self.users) do
    if c == constraint then
      table.remove(self.users, i)
      return
    end
  end
end

-- A constraint relates its variables. It may determine any of the first choices
-- ones; out is the index of the one that it does determine.
local Constraint = {choices = 1, input = false}
Constraint.__index = Constraint
local function kind() local k = setmetatable({}, Constraint) k.__index = k return k end
function Constraint.make(class, strength, ...)
  return setmetatable({strength = strength, vars = {...}}, class)
end
function Constraint:compute() end
function Constraint:output() return self.vars[self.out] end

-- choose finds the variable that is the easiest to determine, of equals the last one.
function Constraint:choose(mark)
  local best, weakest = nil, self.strength
  for i = self.choices, 1, -1 do
    local v = self.vars[i]
    if v.mark ~= mark and v.strength > weakest then best, weakest = i, v.strength end
  end
  self.out = best
  return best
end
function Constraint:update()
  local out, strength, known = self:output(), self.strength, not self.input
  for i, v in ipairs(self.vars) do
    if i ~= self.out then
      if i <= self.choices and v.strength > strength then strength = v.strength end
      known = known and v.known
    end
  end
  out.strength, out.known = strength, known
  if known then self:compute() end
end
function Constraint:ready(mark)
  for i, v in ipairs(self.vars) do
    if i ~= self.out and v.mark ~= mark and not v.known and v.source then return false end
  end
  return true
end

local Stay = kind()
local Edit = kind()
Edit.input = true

local Equal = kind()
Equal.choices = 2
function Equal:compute()
  local a, b = self.vars[1], self.vars[2]
  if self.out == 1 then a.value = b.value else b.value = a.value end
end

-- Project is b = a * factor + offset, which cannot determine the last two.
local Project = kind()
Project.choices = 2
function Project:compute()
  local a, b, factor, offset = unpack(self.vars)
  if self.out == 1 then
    a.value = math.floor((b.value - offset.value) / factor.value)
  else
    b.value = a.value * factor.value + offset.value
  end
end

local Solver = {}
Solver.__index = Solver
function Solver.new() return setmetatable({marks = 0, updates = 0}, Solver) end
function Solver:newMark()
  self.marks = self.marks + 1
  return self.marks
end

-- spread updates what follows from a variable.
function Solver:spread(from, see)
  local todo = {from}
  while #todo > 0 do
    local v = table.remove(todo)
    for _, c in ipairs(v.users) do
      if c ~= v.source then
        if c.out then
          c:update()
          self.updates = self.updates + 1
          todo[#todo + 1] = c:output()
        end
      end
      if see and not c.out then see(c) end
    end
  end
end

-- satisfy makes a constraint hold if its strength permits, and returns the one that
-- has to give way.
function Solver:satisfy(c, mark)
  if not c:choose(mark) then
    if c.strength == REQUIRED then error("a required constraint cannot hold") end
    return nil
  end
  for i, v in ipairs(c.vars) do
    if i ~= c.out then v.mark = mark end
  end
  local out = c:output()
  local loser = out.source
  if loser then loser.out = nil end
  out.source = c
  c:update()
  self:spread(out)
  out.mark = mark
  return loser
end

function Solver:add(c)
  for _, v in ipairs(c.vars) do v.users[#v.users + 1] = c end
  return self:settle(c)
end
function Solver:settle(c)
  local mark, next = self:newMark(), c
  while next do next = self:satisfy(next, mark) end
  return c
end
function Solver:remove(c)
  local out = c:output()
  c.out = nil
  for _, v in ipairs(c.vars) do v:forget(c) end
  if not out then return end
  out.source, out.strength, out.known = nil, NONE, true
  local loose, seen = {}, {}
  self:spread(out, function(other)
    if not seen[other] then
      seen[other] = true
      loose[#loose + 1] = other
    end
  end)
  for strength = REQUIRED, NONE do
    for _, other in ipairs(loose) do
      if other.strength == strength and not other.out then self:settle(other) end
    end
  end
end

-- plan lists the constraints to compute, in order, when inputs change.
function Solver:plan(inputs)
  local mark, plan, hot = self:newMark(), {}, {}
  for i, c in ipairs(inputs) do hot[i] = c end
  while #hot > 0 do
    local c = table.remove(hot)
    local out = c:output()
    if out and out.mark ~= mark and c:ready(mark) then
      plan[#plan + 1] = c
      out.mark = mark
      for _, user in ipairs(out.users) do
        if user ~= c and user.out then hot[#hot + 1] = user end
      end
    end
  end
  return plan
end

-- assign gives a variable some values by an edit and hands each to check.
function Solver:assign(v, count, check)
  local edit = self:add(Edit:make(STRONG, v))
  local plan = self:plan({edit})
  for i = 1, count do
    v.value = i * 3
    for _, c in ipairs(plan) do c:compute() end
    check(i * 3)
  end
  self:remove(edit)
  return #plan
end

local function expect(got, want)
  if got ~= want then error("got " .. got .. ", want " .. want) end
end

-- chain is a row of equal variables; then one of its links is cut and mended.
local function chain(n)
  local s, row, links = Solver.new(), {}, {}
  for i = 1, n do row[i] = Variable.new(i) end
  for i = 1, n - 1 do links[i] = s:add(Equal:make(REQUIRED, row[i], row[i + 1])) end
  s:add(Stay:make(WEAK, row[n]))
  local planned = s:assign(row[1], 60, function(x) expect(row[n].value, x) end)
  planned = planned + s:assign(row[n], 20, function(x) expect(row[1].value, x) end)
  local cut = links[math.floor(n / 2)]
  s:remove(cut)
  local old = row[n].value
  planned = planned + s:assign(row[1], 20, function() expect(row[n].value, old) end)
  s:add(cut)
  planned = planned + s:assign(row[1], 20, function(x) expect(row[n].value, x) end)
  return planned, s.updates
end

-- projection is many pairs of variables with one factor and one offset.
local function projection(n)
  local s, from, to = Solver.new(), {}, {}
  local factor, offset = Variable.new(10), Variable.new(1000)
  s:add(Stay:make(MEDIUM, factor))
  s:add(Stay:make(MEDIUM, offset))
  for i = 1, n do
    from[i], to[i] = Variable.new(i), Variable.new(i)
    s:add(Stay:make(WEAK, from[i]))
    s:add(Project:make(REQUIRED, from[i], to[i], factor, offset))
  end
  local planned = s:assign(from[n], 10, function(x) expect(to[n].value, x * 10 + 1000) end)
  planned = planned + s:assign(to[n], 10, function(x) expect(from[n].value, math.floor((x - 1000) / 10)) end)
  planned = planned + s:assign(factor, 10, function(x)
    for i = 1, n - 1 do expect(to[i].value, from[i].value * x + 1000) end
  end)
  local f = factor.value
  planned = planned + s:assign(offset, 10, function(x)
    for i = 1, n - 1 do expect(to[i].value, from[i].value * f + x) end
  end)
  return planned, s.updates
end

local planned, updates = 0, 0
for round = 1, 18 do
  for _, f in ipairs({chain, projection}) do
    local p, u = f(400 + round)
    planned, updates = planned + p, updates + u
  end
end
print(planned, updates)
