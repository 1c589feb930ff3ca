package peers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

const websocketScript = `
wifi.setmode(wifi.STATION)
wifi.sta.config{ssid = "home", pwd = "12345678"}
ws = websocket.createClient()
n = 0
ws:on("connection", function() ws:send("begin") end)
ws:on("receive", function(_, m, op)
  n = n + 1
  if n == COUNT then print("heap", node.heap() > 30000) ws:close() else ws:send("answer " .. n) end
end)
ws:on("close", function(_, code) print("closed", code, n) end)
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() ws:connect("URL") end)
`

// A client of the module and a server of the library coder/websocket.
func TestWebSocket(t *testing.T) {
	const count = 500
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
		defer cancel()
		for i := 0; ; i++ {
			_, m, err := c.Read(ctx)
			if err != nil {
				return
			}
			seen = append(seen, string(m))
			if c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, "%d", i)) != nil {
				return
			}
		}
	}))
	defer s.Close()
	url := strings.Replace(s.URL, "http://127.0.0.1", "ws://server.lan", 1)
	script := strings.NewReplacer("URL", url, "COUNT", fmt.Sprint(count)).Replace(websocketScript)
	m := moonlettest.Code(t, script, moonlet.Set("host", "server.lan=127.0.0.1"))
	m.Patience = time.Hour
	m.Expect("closed\t-") // -6 or -99: the server closes at once behind its answer
	m.CutPower()
	s.Close()
	if len(seen) != count || seen[0] != "begin" || seen[count-1] != "answer 499" {
		t.Errorf("%d messages: %.200q", len(seen), seen)
	}
}
