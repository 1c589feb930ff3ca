-- A Lua prompt over the network: "telnet 127.0.0.1 8023" with Moonlet, port 23 of the module on a
-- board. The library's telnet is in the flash store.
package.loaders[3] = function(name) return node.LFS.get(name) end

wifi.setmode(wifi.STATIONAP, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }

-- Who is at the prompt can do everything, so on a board choose a password of your own.
require("telnet").open { password = "moonlight" }
print("telnet: port 23 is open")
