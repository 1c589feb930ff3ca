-- What the constants are: those of the SDK (user_interface.h) and of IEEE 802.11, as the firmware's
-- manual lists them.
local function eq(name, want)
  local got = _G
  for part in name:gmatch "[^.]+" do got = got[part] end
  if got ~= want then error(("%s is %s, not %d"):format(name, tostring(got), want), 2) end
end
eq("wifi.NULLMODE", 0) eq("wifi.STATION", 1) eq("wifi.SOFTAP", 2) eq("wifi.STATIONAP", 3)
eq("wifi.PHYMODE_B", 1) eq("wifi.PHYMODE_G", 2) eq("wifi.PHYMODE_N", 3) eq("wifi.NONE_SLEEP", 0)
eq("wifi.LIGHT_SLEEP", 1) eq("wifi.MODEM_SLEEP", 2) eq("wifi.OPEN", 0) eq("wifi.WPA_PSK", 2)
eq("wifi.WPA2_PSK", 3) eq("wifi.WPA_WPA2_PSK", 4) eq("wifi.STA_IDLE", 0) eq("wifi.STA_CONNECTING", 1)
eq("wifi.STA_WRONGPWD", 2) eq("wifi.STA_APNOTFOUND", 3) eq("wifi.STA_FAIL", 4) eq("wifi.STA_GOTIP", 5)
eq("wifi.COUNTRY_AUTO", 0) eq("wifi.COUNTRY_MANUAL", 1) eq("wifi.eventmon.STA_CONNECTED", 0)
eq("wifi.eventmon.STA_DISCONNECTED", 1) eq("wifi.eventmon.STA_AUTHMODE_CHANGE", 2)
eq("wifi.eventmon.STA_GOT_IP", 3) eq("wifi.eventmon.STA_DHCP_TIMEOUT", 4)
eq("wifi.eventmon.AP_STACONNECTED", 5) eq("wifi.eventmon.AP_STADISCONNECTED", 6)
eq("wifi.eventmon.AP_PROBEREQRECVED", 7) eq("wifi.eventmon.reason.UNSPECIFIED", 1)
eq("wifi.eventmon.reason.AUTH_EXPIRE", 2) eq("wifi.eventmon.reason.AUTH_LEAVE", 3)
eq("wifi.eventmon.reason.ASSOC_EXPIRE", 4) eq("wifi.eventmon.reason.ASSOC_TOOMANY", 5)
eq("wifi.eventmon.reason.NOT_AUTHED", 6) eq("wifi.eventmon.reason.NOT_ASSOCED", 7)
eq("wifi.eventmon.reason.ASSOC_LEAVE", 8) eq("wifi.eventmon.reason.ASSOC_NOT_AUTHED", 9)
eq("wifi.eventmon.reason.DISASSOC_PWRCAP_BAD", 10) eq("wifi.eventmon.reason.DISASSOC_SUPCHAN_BAD", 11)
eq("wifi.eventmon.reason.IE_INVALID", 13) eq("wifi.eventmon.reason.MIC_FAILURE", 14)
eq("wifi.eventmon.reason.4WAY_HANDSHAKE_TIMEOUT", 15) eq("wifi.eventmon.reason.GROUP_KEY_UPDATE_TIMEOUT", 16)
eq("wifi.eventmon.reason.IE_IN_4WAY_DIFFERS", 17) eq("wifi.eventmon.reason.GROUP_CIPHER_INVALID", 18)
eq("wifi.eventmon.reason.PAIRWISE_CIPHER_INVALID", 19) eq("wifi.eventmon.reason.AKMP_INVALID", 20)
eq("wifi.eventmon.reason.UNSUPP_RSN_IE_VERSION", 21) eq("wifi.eventmon.reason.INVALID_RSN_IE_CAP", 22)
eq("wifi.eventmon.reason.802_1X_AUTH_FAILED", 23) eq("wifi.eventmon.reason.CIPHER_SUITE_REJECTED", 24)
eq("wifi.eventmon.reason.BEACON_TIMEOUT", 200) eq("wifi.eventmon.reason.NO_AP_FOUND", 201)
eq("wifi.eventmon.reason.AUTH_FAIL", 202) eq("wifi.eventmon.reason.ASSOC_FAIL", 203)
eq("wifi.eventmon.reason.HANDSHAKE_TIMEOUT", 204)
eq("wifi.eventmon.WIFI_MODE_CHANGED", wifi.eventmon.EVENT_MAX - 2)

-- An own hardware address, which wifi.sta.setmac takes as text.
assert(wifi.setmode(wifi.STATIONAP) == wifi.STATIONAP)
assert(wifi.sta.setmac("DE:AD:BE:EF:7A:C0") == true and wifi.sta.getmac() == "de:ad:be:ef:7a:c0")
assert(wifi.ap.setmac("DE:AD:BE:EF:7A:C2") == true and wifi.ap.getmac() == "de:ad:be:ef:7a:c2")
assert(not pcall(wifi.sta.setmac, "x"))
print "constants: ok"
