package examples_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// weather is a module with the example and the library that it needs, and a server that it asks.
func weather(t *testing.T, lua string, answer http.HandlerFunc) *moonlettest.Module {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go http.Serve(listener, answer)
	c := moonlet.Config{Lua: lua, StoreBytes: 128 << 10, Files: map[string]string{}, StoreFiles: map[string]string{},
		Network: moonlet.NetworkConfig{GatewayIsHost: true}, WiFi: moonlet.WiFiConfig{Networks: []moonlet.WiFiNetwork{{SSID: "Workshop", Password: "moonlight"}}}}
	for _, name := range []string{"init.lua", "forecast.lua"} {
		c.Files[name] = read(t, "weather/"+name)
	}
	c.Files["settings.lua"] = strings.NewReplacer("8091", fmt.Sprint(listener.Addr().(*net.TCPAddr).Port), "every = 30 * 60", "every = 20", "retry = 60", "retry = 5").Replace(read(t, "weather/settings.lua"))
	for _, name := range []string{"fetch.lua", "httpd.lua", "jsonstream.lua"} {
		c.StoreFiles[name] = read(t, "../lib/lua/"+name)
	}
	return moonlettest.New(t, c)
}

// TestWeather fetches a forecast, also where the server fails at first, and shows it; the heap stays as it is.
func TestWeather(t *testing.T) {
	forecast, err := os.ReadFile(filepath.Join("weather", "forecast.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
		t.Run("Lua-"+lua, func(t *testing.T) {
			var asked atomic.Int32
			m := weather(t, lua, func(w http.ResponseWriter, _ *http.Request) {
				switch asked.Add(1) {
				case 1:
					http.Error(w, "busy", http.StatusServiceUnavailable)
				case 2:
					w.Write(forecast[:5000])
				case 3:
					fmt.Fprint(w, `{"list":[{"dt":1},]}`)
				case 4:
					fmt.Fprint(w, `{"list":[]}`)
				default:
					w.Write(forecast)
				}
			})
			for _, want := range []string{"the server says 503", "jsonstream: the text ends too early", "jsonstream: a ] is out of place", "there is no forecast in it", "16 entries, now 2 °C, clear sky"} {
				m.Expect("weather: " + want)
			}
			page := m.Get(80, "/")
			if page.Status != 200 || strings.Count(page.Body, "<tr>") != 16 || !strings.Contains(page.Body, "01.12. 13:00<td>2 °C<td>60 %<td>clear sky") ||
				!strings.Contains(page.Body, "moderate rain &amp; wind") || !strings.HasSuffix(page.Body, "</table>\n") {
				t.Errorf("%v", page)
			}
			var api struct {
				Rows []struct {
					Time           int64
					Temp, Humidity string
				}
			}
			if a := m.Get(80, "/api"); json.Unmarshal([]byte(a.Body), &api) != nil || len(api.Rows) != 16 || api.Rows[15].Time != 1764590400+15*10800 {
				t.Errorf("%v, %+v", a, api)
			}
			lua := func(forecasts int) int {
				for range forecasts {
					m.Expect("16 entries")
				}
				return collected(t, m)
			}
			// The registry's array has one of two sizes, which differ by 512 bytes; a leak of 16 bytes would be 1,280.
			if before, after := lua(20), lua(80); after > before+600 {
				t.Errorf("Lua has %d bytes, and 80 forecasts later %d", before, after)
			}
		})
	}
}

// collected is what Lua has without garbage, in bytes, some time after the last forecast.
func collected(t *testing.T, m *moonlettest.Module) int {
	t.Helper()
	m.Run(15 * time.Second)
	if _, err := m.Collect(); err != nil {
		t.Fatal(err)
	}
	h, err := m.Heap()
	if err != nil {
		t.Fatal(err)
	}
	return h.Lua
}
