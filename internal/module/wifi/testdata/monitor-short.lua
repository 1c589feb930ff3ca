wifi.monitor.start(13, 0x80, function(p)
  local t = {p.bssid_hex, p[0], p.ie_table, p:frame_subhex(1, 112, ":"), p.frame, p:radio_sub(1, 3)}
  wifi.monitor.stop()
end)
wifi.monitor.channel(6)
