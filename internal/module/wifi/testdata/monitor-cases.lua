-- Frames that were made up, and what their packets have: run by the firmware's own C code and here, with a
-- module sim that stands for the SDK and prints what it is asked for.
local monitor = wifi_monitor or wifi.monitor
local others = [[
  aggregation ampdu_cnt association_id authentication_algorithm authentication_transaction
  beacon_interval bssid bssid_hex bssidmatch0 bssidmatch1 capability channel current_ap cwb
  dmatch0 dmatch1 dstmac dstmac_hex duration fec_coding frame frame_hex fromds header ht_length
  is_group legacy_length listen_interval mcs moredata moreflag not_counding number order
  protectedframe protocol pwrmgmt radio rate reason retry rssi rxend_state sgi sig_mode smoothing
  srcmac srcmac_hex status stbc subtype timestamp tods type]]
local elements = [[
  20_40_bss_coexistence 20_40_bss_intolerant_channel_report advertisement_protocol aid antenna
  ap_channel_report authenticated_mesh_peering_exchange beacon_timing bss_ac_access_delay
  bss_available_admission_capacity bss_average_access_delay bss_load bss_max_idle_period
  cf_parameter_set challenge_text channel_switch_announcement channel_switch_timing
  channel_switch_wrapper channel_usage collocated_interference_report congestion_notification
  country destination_uri diagnostic_report diagnostic_request dms_request dms_response
  dse_registered_location dsss_parameter_set edca_parameter_set emergency_alart_identifier
  erp_information event_report event_request expedited_bandwidth_request extended_bss_load
  extended_capabilities extended_channel_switch_announcement extended_supported_rates
  fast_bss_transition fh_parameter_set fms_descriptor fms_request fms_response gann
  he_capabilities hopping_pattern_parameters hopping_pattern_table ht_capabilities ht_operation
  ibss_dfs ibss_parameter_set interworking link_identifier location_parameters management_mic
  mccaop mccaop_advertisement mccaop_advertisement_overview mccaop_setup_reply
  mccaop_setup_request measurement_pilot_transmission measurement_report measurement_request
  mesh_awake_window mesh_channel_switch_parameters mesh_configuration mesh_id
  mesh_link_metric_report mesh_peering_management mic mobility_domain multiple_bssid
  multiple_bssid_index neighbor_report nontransmitted_bssid_capability operating_mode_notification
  overlapping_bss_scan_parameters perr power_capability power_constraint prep preq proxy_update
  proxy_update_confirmation pti_control qos_capability qos_map_set qos_traffic_capability quiet
  quiet_channel rann rcpi request ric_data ric_descriptor rm_enabled_capacities roaming_consortium
  rsn rsni schedule secondary_channel_offset ssid ssid_list supported_channels
  supported_operating_classes supported_rates tclas tclas_processing tfs_request tfs_response tim
  tim_broadcast_request tim_broadcast_response time_advertisement time_zone timeout_interval
  tpc_report tpc_request tpu_buffer_status ts_delay tspec uapsd_coexistence vendor_specific
  vht_capabilities vht_operation vht_transmit_power_envelope wakeup_schedule
  wide_bandwidth_channel_switch wnm_sleep_mode]]

local seed = 20240225
local function random(n) -- 0 to n-1
  seed = seed * 1103515245 + 12345
  return ((seed >> 8) & 0x7FFFFF) % n
end
local function bytes(n)
  local t = {}
  for i = 1, n do t[i] = string.char(random(256)) end
  return table.concat(t)
end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function show(v)
  if type(v) == "string" and v:find "^[ -~]+$" then return '"' .. v:gsub("wifi_monitor%.%a+", "?"):gsub("^.*cases%.lua", "") .. '"' end
  if type(v) == "string" then return "'" .. hex(v) .. "'" end
  if type(v) == "function" then return "a function" end
  if type(v) ~= "table" then return tostring(v) end
  local ids = {}
  for k in pairs(v) do ids[#ids + 1] = k end
  table.sort(ids)
  for i, k in ipairs(ids) do ids[i] = k .. "=" .. hex(v[k]) end
  return table.concat(ids, " ")
end
local function say(...)
  local t = table.pack(...)
  for i = 1, t.n do t[i] = show(t[i]) end
  print(table.concat(t, " "))
end
local function try(f, ...) say(pcall(f, ...)) end

-- The lengths of what stands before the elements, by subtype.
local fixed = {[0] = 4, 6, 10, 6, 0, 12, 0, 0, 12, 0, 2, 6, 2, 2, 0, 0}
-- frame makes a record: of a subtype, with elements or, if those are nil, anything.
local function frame(subtype, kind)
  local s = bytes(12) .. string.char(subtype << 4 | kind << 2 | random(4)) .. bytes(23) .. bytes(fixed[subtype])
  while #s < 128 and random(12) > 0 do
    local n = random(3) == 0 and random(60) or random(6)
    s = s .. string.char(random(2) == 0 and random(10) or random(256), n) .. bytes(n)
  end
  return (s .. bytes(128)):sub(1, 128)
end
local packet
local function hear(f) packet = nil sim.frame(f) sim.run() return packet end

-- Arguments, and what the SDK is asked for.
try(monitor.start)
try(monitor.start, nil)
try(monitor.start, 13)
try(monitor.start, 13, "1", print)
try(monitor.start, 13, 1.5, print)
try(monitor.start, 1.5, 1, print)
try(monitor.start, 13, 1)
try(monitor.start, 13, 1, 2)
try(monitor.start, "13", 1, print)
try(monitor.channel)
for _, n in ipairs{0, 1, 6, 15, 16, -1, 2.5, 7.0} do try(monitor.channel, n) end
try(monitor.channel, "6") try(monitor.channel, {})
try(monitor.stop)
try(monitor.stop)

-- A station that is with a network: the monitor waits until it has left.
sim.status(5)
try(monitor.start, function(p) packet = p end)
say(hear(frame(8, 0)))
sim.left() sim.left()
say(type(hear(frame(8, 0))))
sim.status(0)

-- Filters.
for i = 1, 60 do
  local offset, value, mask = random(130), random(256), random(3) == 0 and random(256) or 1 << random(8)
  value = value & mask
  local f = bytes(128)
  f = f:sub(1, 12) .. string.char(f:byte(13) & ~0x0C) .. f:sub(14)
  if i % 4 == 0 then
    monitor.start(offset + 256, value | 0x100, function(p) packet = p end)
  elseif i % 4 == 1 then
    monitor.start(offset, f:byte(offset) or 0, function(p) packet = p end)
  else
    monitor.start(offset, value, mask, function(p) packet = p end)
  end
  if offset ~= 129 then say(i, type(hear(f)) == "userdata") end -- there the firmware looks behind the record
end
sim.frame(("x"):rep(60)) sim.frame(("x"):rep(12)) sim.run()

-- Everything of frames of all kinds.
monitor.start(1, 0, 0, function(p) packet = p end)
local function all(n)
  for subtype = 0, 15 do
    for i = 1, n do
      local p = hear(frame(subtype, 0))
      for name in others:gmatch "%S+" do say(subtype, name, p[name]) end
      for name in elements:gmatch "%S+" do
        local v = p["ie_" .. name]
        if v then say(subtype, name, v) end
      end
      say(p.ie_table)
      for id = -1, 256 do if p[id] then say(id, p[id]) end end
      collectgarbage()
    end
  end
end
all(6)
for kind = 1, 3 do
  local p = hear(frame(random(16), kind))
  say(p.rssi, p.frame, p.ie_ssid, p[0], p.frame_byte)
end

-- Names that are none, and methods.
local p = hear(frame(8, 0))
for _, name in ipairs{"", "x", "ie_", "ie_0", "bssid_", "bssid_hex_", "radio_hex", "timestamp_hex", "__index", "0", "rssi ", "header_hex", "rssi\0x", "frame_byte\0x", "ie_ssid\0"} do
  say(name, p[name])
end
for _, k in ipairs{1.5, 2.0, true, {}} do try(function() return p[k] end) end
try(function() p.x = 1 end)
try(function() return #p end)
for _, part in ipairs{"radio", "frame"} do
  local byte, sub, subhex = p[part .. "_byte"], p[part .. "_sub"], p[part .. "_subhex"]
  for _, n in ipairs{-1, 0, 1, 2, 12, 13, 112, 113, 2147483647, -2147483648, "3", 1.5, 3.0} do try(byte, p, n) end
  try(byte, p) try(byte) try(byte, {}, 1) try(sub, 1, 1) try(subhex)
  for i = 1, 60 do
    local from, to = random(260) - 130, random(260) - 130
    if i % 5 == 0 then to = nil end
    try(sub, p, from, to) try(subhex, p, from, to) try(subhex, p, from, to, ("-"):rep(random(9)))
  end
  try(sub, p) try(sub, p, "x") try(sub, p, 1, "x") try(sub, p, 2147483647, -2147483648) try(sub, p, -2147483648, 2147483647)
  try(subhex, p, 1, 3, 5) try(subhex, p, 1, 3, {}) try(subhex, p, 1, -1, "\0") try(subhex, p, 5, 4, "x")
end
try(p.nothing)

-- The end: what was on its way comes to nobody.
monitor.start(function(p) packet = p monitor.stop() end)
sim.frame(frame(8, 0)) sim.frame(frame(8, 0)) sim.run()
say(type(packet))
