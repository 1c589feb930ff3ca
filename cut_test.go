package moonlet_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/mbedtls/tlstest"
	"moonlet.example/moonlet/moonlettest"
)

// silentServer accepts connections, answers the first bytes with an answer, and reads on.
func silentServer(t *testing.T, config *tls.Config, answer string) (at string) {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			if config != nil {
				c = tls.Server(c, config)
			}
			go func() {
				defer c.Close()
				_, _ = c.Read(make([]byte, 2000))
				_, _ = io.WriteString(c, answer)
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	return fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
}

const cutScript = `
wifi.setmode(wifi.STATION)
wifi.sta.config{ssid = "home", pwd = "12345678"}
function say(...) print("at", tmr.time(), ...) end
wifi.eventmon.register(wifi.eventmon.STA_DISCONNECTED, function(t) say("wifi", t.reason) end)
function socket(name, s, port)
  for _, e in ipairs{"connection", "disconnection", "reconnection"} do
    s:on(e, function(_, code) say(name, e, code) end)
  end
  s:connect(port, "server.lan")
  tmr.create():alarm(25000, tmr.ALARM_SINGLE, function() s:send("x") end)
end
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  if started then return end
  started = true
  http.get("http://server.lan:PLAIN/", nil, function(code) say("http", code) end)
  local ws = websocket.createClient()
  ws:on("close", function(_, code) say("websocket", code) end)
  ws:connect("ws://server.lan:PLAIN/")
  socket("net", net.createConnection(), PLAIN)
  socket("tls", tls.createConnection(), TLS)
end)
`

// What each protocol is told of a line that is dead for 20 minutes, and when: nothing of it
// comes from the radio, which does not notice (times in seconds, with their sources).
func TestCut(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	plain := silentServer(t, nil, "")
	secure := silentServer(t, &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(a)}}, "x")
	script := regexp.MustCompile("PLAIN|TLS").ReplaceAllStringFunc(cutScript, func(s string) string {
		return map[string]string{"PLAIN": plain, "TLS": secure}[s]
	})
	m := moonlettest.Code(t, script, moonlet.Set("host", "server.lan=127.0.0.1"),
		moonlet.Set("wifi-network", "ssid=home,password=12345678"), moonlet.Set("wifi-script", "20s cut @home"), moonlet.Set("wifi-script", "20m mend @home"))
	m.Run(25 * time.Minute)
	got := map[string]int{}
	for _, s := range regexp.MustCompile(`at\t(\d+)\t(.*?)\r?(?:\n|$)`).FindAllStringSubmatch(m.LastLines(100), -1) {
		got[s[2]], _ = strconv.Atoi(s[1])
	}
	for what, want := range map[string][2]int{
		"net\tconnection\tnil":       {2, 6},
		"tls\tconnection\tnil":       {2, 8},
		"http\t-1":                   {62, 66},   // 60 s after the request (httpclient.c)
		"websocket\t-18":             {12, 17},   // no answer to the request in 10 s (websocketclient.c)
		"net\treconnection\t-8":      {580, 830}, // 12 repetitions (TCP_MAXRTX), told as ERR_ABRT
		"tls\treconnection\tTimeout": {580, 830}, // likewise, told by espconn as ESPCONN_TIMEOUT
	} {
		if at, ok := got[what]; !ok || at < want[0] || at > want[1] {
			t.Errorf("%q at %d (%v), want %v", what, at, ok, want)
		}
		delete(got, what)
	}
	if len(got) > 0 {
		t.Errorf("besides: %v", got)
	}
}
