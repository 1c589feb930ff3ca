-- chain: long work as a chain of small tasks, between which the module does all else.
--
--   local chain = require "chain"
--   chain.run({
--     function(c) c.sum = 1 + 2 end,
--     function(c) return function(next)     -- waits until next is called
--       tmr.create():alarm(100, tmr.ALARM_SINGLE, function() next() end)
--     end end,
--     function(c) print(c.sum) end,
--   }, {}, function(err, c) print(err or "done") end)
--
-- Each step is a task of its own and gets the context. One that returns a function waits: that
-- function gets next, and the chain goes on when next() is called; next(err) ends it with an
-- error. The first call counts. An error in a step ends the chain. At the end, done is called
-- as done(err, context), err is nil if all went well; without done an error is raised in the
-- task. Steps may be appended to the list while it runs.
--
-- Cost: about 200 bytes of RAM for a chain, and 150 more while it waits. All chains together
-- take one place in the queue of tasks. At most chain.max chains (8) are under way at a time;
-- one more is an error. A chain whose next nobody has any more is forgotten.
local M = { max = 8 }

local jobs = setmetatable({}, { __mode = "k" }) -- the chains that are under way
local ready, posted = {}, false -- those with something to do, in order

local dispatch
-- post asks for a task, or if there is no room for it, for a timer.
local function post()
  posted = true
  if not pcall(node.task.post, node.task.MEDIUM_PRIORITY, dispatch) then
    tmr.create():alarm(1, tmr.ALARM_SINGLE, dispatch)
  end
end

local function queue(job)
  ready[#ready + 1] = job
  if not posted then post() end
end

-- finish ends a chain.
local function finish(job, err)
  jobs[job] = nil
  if job.done then return job.done(err, job.context) end
  if err ~= nil then error(err, 0) end
end

-- step does one step of a chain.
local function step(job)
  local func = job.steps[job.at]
  if job.err ~= nil or func == nil then return finish(job, job.err) end
  job.at = job.at + 1
  local ok, wait = pcall(func, job.context)
  if not ok then
    job.err = wait == nil and "nil" or wait
  elseif type(wait) == "function" then
    local waits = true
    local function next(err)
      if waits then
        waits, job.err = false, err
        queue(job)
      end
    end
    local ok, err = pcall(wait, next)
    if not ok then
      next()
      job.err = err == nil and "nil" or err
    end
    return
  end
  queue(job)
end

function dispatch()
  posted = false
  local job = table.remove(ready, 1)
  if ready[1] then post() end
  if job then step(job) end
end

local function count()
  local n = 0
  for _ in pairs(jobs) do n = n + 1 end
  return n
end

-- run starts a chain; its first step is done by a task, later.
function M.run(steps, context, done)
  if type(steps) ~= "table" then error("chain: the steps are no list", 2) end
  if done ~= nil and type(done) ~= "function" then error("chain: done is no function", 2) end
  if count() >= M.max then
    collectgarbage()
    if count() >= M.max then error("chain: " .. M.max .. " chains are under way", 2) end
  end
  local job = { steps = steps, context = context, done = done, at = 1 }
  jobs[job] = true
  queue(job)
end

return M
