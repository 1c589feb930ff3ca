-- The time of a place. Times are seconds since 1970.
local M = {
  offset = 60,              -- minutes east of Greenwich, in winter
  summer = true,            -- an hour more in summer, as in the European Union
}

-- lastSunday is the day of the month on which the last Sunday falls, of a month with 31 days whose day number
-- day is the weekday wday, 1 for Sunday.
local function lastSunday(day, wday)
  local last = (wday - 1 + 31 - day) % 7    -- the weekday of the 31st, 0 for Sunday
  return 31 - last
end

-- isSummer tells whether it is summer time. It begins and ends at 01:00 of Greenwich.
local function isSummer(utc)
  if utc.mon < 3 or utc.mon > 10 then return false end
  if utc.mon > 3 and utc.mon < 10 then return true end
  local change = lastSunday(utc.day, utc.wday)
  local after = utc.day > change or utc.day == change and utc.hour >= 1
  if utc.mon == 3 then return after end
  return not after
end

-- at gives hour and minute of a time.
function M.at(seconds)
  local minutes = M.offset
  if M.summer and isSummer(rtctime.epoch2cal(seconds)) then minutes = minutes + 60 end
  local t = rtctime.epoch2cal(seconds + minutes * 60)
  return t.hour, t.min
end

return M
