-- A scheduler of tasks that send each other packets: objects, methods, linked queues.
local function class(parent)
  local c = setmetatable({}, parent)
  c.__index = c
  return c
end

local Queue = class()
function Queue.new() return setmetatable({length = 0}, Queue) end
function Queue:put(packet)
  if self.last then self.last.next = packet else self.first = packet end
  self.last = packet
  self.length = self.length + 1
end
function Queue:take()
  local packet = self.first
  if packet then
    self.first, packet.next = packet.next, nil
    if not self.first then self.last = nil end
    self.length = self.length - 1
  end
  return packet
end

local Kernel = class()
function Kernel.new() return setmetatable({turns = 0, sent = 0, holds = 0}, Kernel) end
function Kernel:add(task) -- the list of tasks begins with the most urgent one
  local before
  local at = self.tasks
  while at and at.priority >= task.priority do before, at = at, at.behind end
  task.behind = at
  if before then before.behind = task else self.tasks = task end
end
function Kernel:pick()
  local task = self.tasks
  while task and not task:runnable() do task = task.behind end
  return task
end
function Kernel:run()
  local task = self:pick()
  while task do
    self.turns = self.turns + 1
    task:turn()
    task = self:pick()
  end
end

local Task = class()
function Task:start(kernel, priority)
  self.kernel, self.priority = kernel, priority
  self.inbox, self.waiting, self.held = Queue.new(), false, false
  kernel:add(self)
  return self
end
function Task:runnable()
  return not self.held and not (self.waiting and self.inbox.length == 0)
end
function Task:receive()
  local packet = self.inbox:take()
  self.waiting = packet == nil
  return packet
end
function Task:send(to, packet)
  packet.sender = self
  self.kernel.sent = self.kernel.sent + 1
  to.inbox:put(packet)
end
function Task:hold()
  self.held = true
  self.kernel.holds = self.kernel.holds + 1
end
function Task:release() self.held = false end

-- Clock runs when nobody else can, and lets a device of its choice go on.
local Clock = class(Task)
function Clock.new(kernel, ticks, devices)
  local t = setmetatable({ticks = ticks, devices = devices, bits = 0x5eed}, Clock)
  return t:start(kernel, 0)
end
function Clock:turn()
  self.ticks = self.ticks - 1
  if self.ticks < 0 then
    self:hold()
    return
  end
  local low = self.bits % 2
  self.bits = (self.bits - low) / 2
  if low == 1 then self.bits = (self.bits + 0xb400) % 0x10000 end
  self.devices[self.bits % #self.devices + 1]:release()
end

-- Device needs a while for each packet: it holds until the clock releases it.
local Device = class(Task)
function Device.new(kernel) return setmetatable({total = 0}, Device):start(kernel, 40) end
function Device:turn()
  local packet = self.busy
  if packet then
    self.busy = nil
    self.total = (self.total * 31 + packet.letter) % 0x10000
    self:send(packet.sender, packet)
    return
  end
  packet = self:receive()
  if packet then
    self.busy = packet
    self:hold()
  end
end

-- Handler gives the letters of jobs to its device, one in each free packet.
local Handler = class(Task)
function Handler.new(kernel, device, packets)
  local t = setmetatable({device = device, jobs = Queue.new(), free = Queue.new()}, Handler)
  for _ = 1, packets do t.free:put({letter = 0}) end
  return t:start(kernel, 30)
end
function Handler:turn()
  local packet = self.inbox:take()
  if packet then
    (packet.letters and self.jobs or self.free):put(packet)
  end
  local job = self.jobs.first
  if job and job.done == #job.letters then
    self:send(job.sender, self.jobs:take())
  elseif job and self.free.length > 0 then
    local letter = self.free:take()
    job.done = job.done + 1
    letter.letter = job.letters[job.done]
    self:send(self.device, letter)
  else
    self.waiting = true
    return
  end
  self.waiting = false
end

-- Worker writes the next letters on each job that comes back, and sends it on.
local Worker = class(Task)
function Worker.new(kernel, handlers)
  return setmetatable({handlers = handlers, letter = 0, next = 0}, Worker):start(kernel, 10)
end
function Worker:turn()
  local job = self:receive()
  if not job then return end
  job.done = 0
  for i = 1, #job.letters do
    self.letter = (self.letter + 1) % 26
    job.letters[i] = 65 + self.letter
  end
  self.next = self.next % #self.handlers + 1
  self:send(self.handlers[self.next], job)
end

local kernel = Kernel.new()
local devices, handlers = {}, {}
for i = 1, 3 do
  devices[i] = Device.new(kernel)
  handlers[i] = Handler.new(kernel, devices[i], 2)
end
local worker = Worker.new(kernel, handlers)
for _ = 1, 5 do worker.inbox:put({letters = {0, 0, 0, 0}}) end
Clock.new(kernel, 150000, devices)
kernel:run()
print(kernel.turns, kernel.sent, kernel.holds)
print(devices[1].total, devices[2].total, devices[3].total)
