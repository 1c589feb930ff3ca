package peers

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"moonlet.example/moonlet"
	lualib "moonlet.example/moonlet/lib/lua"
)

const httpdServer = `
wifi.setmode(wifi.STATION)
wifi.sta.config{ ssid = "home" }
local server = node.LFS.get("httpd")().new{ port = 80, clients = 6, idle = 10 }
local name = "nobody"
server:route("GET", "/state", function(q, r) r:send('{"name":"' .. name .. '"}', "application/json") end)
server:route("POST", "/name", function(q, r) name = q:form().name or "" r:redirect("/") end)
server:route("PUT", "/upload", function(q, r)
  local n = 0
  q:on("data", function(piece) n = n + #piece end)
  q:on("end", function() r:send("got " .. n .. "\n") end)
end, { stream = true })
server:route("GET", "/count", function(q, r)
  local n = 0
  r:write(function() n = n + 1 return n <= 200 and n .. "\n" or nil end)
end)
server:route("GET", "/*", function(q, r) r:file(q.rest, "www/") end)
`

var httpdPages = map[string]string{
	"www/index.html": `<!doctype html><title>moonlet</title><link rel=stylesheet href=a.css><script src=a.js defer></script>
<h1 id=head>Hello</h1><p id=name>?</p><form method=post action=/name><input name=name id=box><button id=go>Go</button></form>`,
	"www/a.css":       "h1 { color: rgb(1, 2, 3) }",
	"www/a.js":        `fetch("/state").then(r => r.json()).then(s => document.getElementById("name").textContent = s.name)`,
	"www/large.txt":   strings.Repeat("0123456789abcdef", 1000),
	"www/favicon.ico": "x",
}

// httpdAt runs a module with a server of the library in real time, and tells where it is found.
func httpdAt(t *testing.T, lua string) (url string, output func() string) {
	t.Helper()
	source, err := lualib.Files.ReadFile("httpd.lua")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"init.lua": "node.LFS.get('server')()"}
	for name, text := range httpdPages {
		files[name] = text
	}
	at := make(chan moonlet.Port, 10)
	m, err := moonlet.New(moonlet.Config{Lua: lua, Files: files, Time: moonlet.Real, StoreBytes: 64 << 10,
		StoreFiles: map[string]string{"httpd.lua": string(source), "server.lua": httpdServer},
		Network:    moonlet.NetworkConfig{Ports: map[int]int{80: moonlet.AnyPort}},
	}, moonlet.OnEvent(func(e moonlet.Event) {
		if l, ok := e.(moonlet.Listening); ok {
			at <- l.Port
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if out := m.Output(); strings.Count(out, "NodeMCU ") != 1 || strings.Contains(out, "httpd:") {
			t.Errorf("something is wrong:\n%s", out)
		}
		m.Close()
	})
	select {
	case p := <-at:
		url = "http://" + p.Host.String()
	case <-time.After(pagePatience):
		t.Fatal("nobody listens")
	}
	for end := time.Now().Add(pagePatience); ; time.Sleep(100 * time.Millisecond) { // until it is in its network
		if a, err := m.Address(); err == nil && a.IsValid() {
			return url, m.Output
		}
		if time.Now().After(end) {
			t.Fatal("it is in no network")
		}
	}
}

// curl runs curl, and returns what it says.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), pagePatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "curl", append([]string{"-sS"}, args...)...).CombinedOutput()
	if err != nil {
		t.Errorf("curl %s: %v\n%.500s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestHTTPD_Curl lets curl talk to the library's server.
func TestHTTPD_Curl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
		t.Run("Lua-"+lua, func(t *testing.T) { testCurl(t, lua) })
	}
}

func testCurl(t *testing.T, lua string) {
	url, _ := httpdAt(t, lua)
	dir := t.TempDir()
	up := filepath.Join(dir, "up")
	if err := os.WriteFile(up, bytes.Repeat([]byte("x"), 20_000), 0o666); err != nil {
		t.Fatal(err)
	}
	large := httpdPages["www/large.txt"]
	if got := curl(t, url+"/large.txt"); got != large {
		t.Errorf("large: %d bytes", len(got))
	}
	out := curl(t, "-w", "connects %{num_connects}\n", url+"/state", url+"/a.css", url+"/large.txt", url+"/count")
	if strings.Count(out, "connects 1\n") != 1 || strings.Count(out, "connects 0\n") != 3 || !strings.Contains(out, "\n200\n") {
		t.Errorf("keep-alive: %.300q", out)
	}
	if out := curl(t, "--http1.0", "-i", url+"/count"); !strings.Contains(out, "Connection: close") || !strings.HasSuffix(out, "\n200\n") {
		t.Errorf("HTTP/1.0: %.300q", out)
	}
	if out := curl(t, "-I", url+"/large.txt"); !strings.Contains(out, "Content-Length: 16000") {
		t.Errorf("HEAD: %q", out)
	}
	for _, more := range [][]string{{}, {"-H", "Transfer-Encoding: chunked"}, {"-H", "Expect: 100-continue"}} {
		if out := curl(t, append(more, "-T", up, url+"/upload")...); out != "got 20000\n" {
			t.Errorf("upload %v: %q", more, out)
		}
	}
	if out := curl(t, "-L", "-d", "name=curl", url+"/name"); !strings.Contains(out, "<h1 id=head>") {
		t.Errorf("form: %q", out)
	}
	if out := curl(t, url+"/state"); out != `{"name":"curl"}` {
		t.Errorf("state: %q", out)
	}
	if out := curl(t, "-o", os.DevNull, "-w", "%{http_code}", "-X", "DELETE", url+"/state"); out != "405" {
		t.Errorf("method: %q", out)
	}
	if out := curl(t, "--path-as-is", "-o", os.DevNull, "-w", "%{http_code}", url+"/../init.lua"); out != "400" {
		t.Errorf("dots: %q", out)
	}
	if out := curl(t, "-r", "0-9", url+"/large.txt"); out != large { // no ranges: all of it, as HTTP allows
		t.Errorf("range: %d bytes", len(out))
	}
	var wg sync.WaitGroup // 50 at once; who gets 503 asks again
	for range 50 {
		wg.Go(func() {
			if got := curl(t, "--retry", "30", "--retry-delay", "1", "--retry-all-errors", "-f", url+"/large.txt"); !strings.HasSuffix(got, large) {
				t.Errorf("of 50 at once: %d bytes", len(got))
			}
		})
	}
	wg.Wait()
}

// TestHTTPD_Browser lets a browser show a page with a style, a script that asks for more, and a form.
func TestHTTPD_Browser(t *testing.T) {
	p := browser(t)
	for _, lua := range []string{"5.3", "5.1"} {
		t.Run("Lua-"+lua, func(t *testing.T) {
			url, _ := httpdAt(t, lua)
			color := `getComputedStyle(document.getElementById("head")).color`
			p.show("the page", chromedp.Navigate(url+"/"), chromedp.WaitVisible(chromedp.ID("go")), chromedp.Sleep(time.Second))
			if c, n := value[string](p, color), p.said("name"); c != "rgb(1, 2, 3)" || n != "nobody" {
				t.Errorf("the page has %q and %q", c, n)
			}
			p.show("the form", chromedp.SendKeys(chromedp.ID("box"), "Ada L."), chromedp.Click(chromedp.ID("go")), chromedp.Sleep(2*time.Second),
				chromedp.WaitVisible(chromedp.ID("go")))
			if n := p.said("name"); n != "Ada L." {
				t.Errorf("behind the form it has %q", n)
			}
		})
	}
}
