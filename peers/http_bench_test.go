package peers

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

const httpScript = `
wifi.setmode(wifi.STATION)
wifi.sta.config{ssid = "home", pwd = "12345678"}
function ask(n)
  http.get("URL", nil, function(code, body)
    if code ~= 200 or #body ~= 100 then error(code) end
    if n > 1 then node.task.post(function() ask(n - 1) end) else print("done") end
  end)
end
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() print("ready") end)
`

// BenchmarkHTTP asks one page after the other, by the module's http and by Go's, each with a
// connection of its own.
func BenchmarkHTTP(b *testing.B) {
	body := strings.Repeat("x", 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, body) }))
	defer s.Close()
	b.Run("module", func(b *testing.B) {
		url := strings.Replace(s.URL, "127.0.0.1", "server.lan", 1)
		m := moonlettest.Code(b, strings.ReplaceAll(httpScript, "URL", url), moonlet.Set("host", "server.lan=127.0.0.1"), moonlet.FastSerial())
		m.Expect("ready")
		b.ResetTimer()
		for done := 0; done < b.N; { // a connection that is closed lingers for two minutes of the module's time
			n := min(100, b.N-done)
			m.Enter(fmt.Sprintf("ask(%d)", n))
			m.Expect("done")
			done += n
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	})
	b.Run("go", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		for range b.N {
			r, err := client.Get(s.URL)
			if err != nil {
				b.Fatal(err)
			}
			if p, _ := io.ReadAll(r.Body); len(p) != 100 {
				b.Fatal(len(p))
			}
			r.Body.Close()
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	})
}
