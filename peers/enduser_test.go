package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/miekg/dns"

	"moonlet.example/moonlet"
)

const portalScript = `
enduser_setup.start(function() print("connected", (wifi.sta.getip())) end, function(n, s) print("error", n, s) end)`

// portal runs a module that nobody has told a network, in real time, and tells where its page and
// its names are found. What it prints can be asked for.
func portal(t *testing.T, script string) (url, names string, printed func() string) {
	t.Helper()
	at := make(chan moonlet.Port, 10)
	m, err := moonlet.New(moonlet.Config{
		Files: map[string]string{"init.lua": script}, Time: moonlet.Real,
		Network: moonlet.NetworkConfig{Ports: map[int]int{80: moonlet.AnyPort, 53: moonlet.AnyPort}},
		WiFi: moonlet.WiFiConfig{KnownOnly: true, Networks: []moonlet.WiFiNetwork{
			{SSID: "Home", Password: "correct horse", Channel: 6, RSSI: -44},
			{SSID: "Café del Mar & <Friends>", Channel: 11, RSSI: -63},
			{SSID: "A name of thirty-one characters", Password: "12345678", Channel: 1, RSSI: -74},
			{SSID: "Far \"away\"", Password: "12345678", Channel: 3, RSSI: -88},
			{SSID: "Home", Password: "correct horse", Channel: 6, RSSI: -80},
		}},
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
		m.Close()
	})
	for url == "" || names == "" {
		select {
		case p := <-at:
			if p.Module == 80 {
				url = "http://" + p.Host.String()
			} else {
				names = p.Host.String()
			}
		case <-time.After(pagePatience):
			t.Fatal("nobody listens")
		}
	}
	return url, names, m.Output
}

// browser starts Chromium without a window, with more options.
func browser(t *testing.T, more ...chromedp.ExecAllocatorOption) *page {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium here")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()))
	if os.Getuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(opts, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &page{t, ctx}
}

// page is what the browser shows.
type page struct {
	t   *testing.T
	ctx context.Context
}

// pagePatience is how long a step may take, in real time.
const pagePatience = 40 * time.Second

// show goes through steps; what says what for.
func (p *page) show(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pagePatience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		ctx, cancel := context.WithTimeout(p.ctx, pagePatience)
		defer cancel()
		body, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		p.t.Fatalf("%s: %v\n%s", what, err, body)
	}
}

// value is that of an expression.
func value[T any](p *page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// said is the text of an element.
func (p *page) said(id string) string {
	p.t.Helper()
	return value[string](p, fmt.Sprintf("document.getElementById(%q).innerText", id))
}

// look keeps pictures of the page if MOONLET_PICTURES names a directory: of a phone and of a
// computer, in light and in dark.
func (p *page) look(name string) {
	p.t.Helper()
	dir := os.Getenv("MOONLET_PICTURES")
	if dir == "" {
		return
	}
	for _, v := range []struct {
		name          string
		width, height int64
		scheme        string
	}{{"phone", 390, 844, "light"}, {"phone-dark", 390, 844, "dark"}, {"desktop", 1280, 800, "light"}, {"desktop-dark", 1280, 800, "dark"}} {
		prefer := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.scheme}}}
		if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, prefer); err != nil {
			p.t.Error(err)
		}
		p.show(name, chromedp.EmulateViewport(v.width, v.height))
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+"-"+v.name+".png"), png, 0o644)
		}
		if err != nil {
			p.t.Error(err)
		}
	}
}

// Places in the page.
const (
	passBox = chromedp.ID("pass")
	nameBox = chromedp.ID("ssid")
	connect = chromedp.ID("go")
	trying  = chromedp.ID("wait")
	failure = chromedp.ID("say")
	success = chromedp.ID("done")
)

// network is one of the list, counted from 1; other is behind all.
func network(n int) chromedp.CSS { return chromedp.CSS(fmt.Sprintf("#list label:nth-child(%d)", n)) }

const other = 5

// TestPortal lets a browser do what a person does: choose a network, take the wrong password, and
// then the right one.
func TestPortal(t *testing.T) {
	p := browser(t)
	url, _, printed := portal(t, portalScript)
	p.show("the list", chromedp.EmulateViewport(390, 844), chromedp.Navigate(url), chromedp.WaitVisible(network(1)))
	p.look("list")
	names := value[[]string](p, `[...document.querySelectorAll('#list span')].map(s => s.textContent)`)
	want := []string{"Home", "Café del Mar & <Friends>", "A name of thirty-one characters", "Far \"away\"", "Another network"}
	if fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("networks %q", names)
	}

	p.show("an open network", chromedp.Click(network(2)), chromedp.WaitNotVisible(passBox))
	p.look("open")
	p.show("a network with a password", chromedp.Click(network(1)), chromedp.WaitVisible(passBox), chromedp.SendKeys(passBox, "battery staple"))
	p.look("password")
	p.show("trying", chromedp.Click(connect), chromedp.WaitVisible(trying))
	p.look("trying")
	p.show("the failure", chromedp.WaitVisible(failure))
	if s := p.said("say"); s != "The password is wrong." {
		t.Errorf("it says %q", s)
	}
	p.look("wrong")

	p.show("another name", chromedp.Click(network(other)), chromedp.WaitVisible(nameBox), chromedp.SendKeys(nameBox, "nobody"))
	p.look("other")
	p.show("a network that is not there", chromedp.Click(connect), chromedp.WaitVisible(trying), chromedp.WaitVisible(failure))
	if s := p.said("say"); s != "The network was not found." {
		t.Errorf("it says %q", s)
	}

	p.show("the right password", chromedp.Click(network(1)), chromedp.SetValue(passBox, "correct horse"), chromedp.Click(connect),
		chromedp.WaitVisible(success))
	if s := p.said("where"); !strings.Contains(s, "192.168.0.111") {
		t.Errorf("it says %q", s)
	}
	p.look("done")
	for end := time.Now().Add(pagePatience); !strings.Contains(printed(), "connected\t192.168.0.111"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the module says %q", printed())
		}
	}
}

// TestPortal_Again lets a person choose anew while the module is joined already, by which the
// connection that asks for it ends: the page tells of the outcome all the same.
func TestPortal_Again(t *testing.T) {
	url, _, _ := portal(t, `wifi.setmode(wifi.STATIONAP) wifi.ap.config{ssid = "mine", channel = 1} enduser_setup.manual(true)`+portalScript)
	p := browser(t)
	const first = 3 // on channel 1
	p.show("the list", chromedp.Navigate(url), chromedp.WaitVisible(network(first)), chromedp.Click(network(first)),
		chromedp.SendKeys(passBox, "12345678"), chromedp.Click(connect), chromedp.WaitVisible(success))
	p.show("the list again", chromedp.Sleep(4*time.Second), chromedp.Navigate(url), chromedp.WaitVisible(network(first)), chromedp.Click(network(first)),
		chromedp.SendKeys(passBox, "87654321"), chromedp.Click(connect), chromedp.WaitVisible(failure))
	if s := p.said("say"); s != "The password is wrong." {
		t.Errorf("it says %q", s)
	}
}

// TestPortal_Captive lets a browser for which names lead to the module, as they do for who is in its
// network, open another site: it comes to the page. All names would be those of the browser's own
// services, too, whose TLS nobody answers.
func TestPortal_Captive(t *testing.T) {
	url, _, _ := portal(t, portalScript)
	at := strings.TrimPrefix(url, "http://")
	p := browser(t, chromedp.Flag("host-resolver-rules", "MAP *.example "+at+", MAP nodemcu.portal "+at))
	p.show("the list", chromedp.Navigate("http://connectivitycheck.example/generate_204"), chromedp.WaitVisible(network(1)))
	if s, err := chromedp.Run(p.ctx, chromedp.Location()); err != nil || s != "http://nodemcu.portal/" {
		t.Errorf("at %s %v", s, err)
	}
	p.show("the right password", chromedp.Click(network(1)), chromedp.SetValue(passBox, "correct horse"), chromedp.Click(connect),
		chromedp.WaitVisible(success))
}

// TestPortal_Plain lets a browser without JavaScript send the form.
func TestPortal_Plain(t *testing.T) {
	p := browser(t)
	url, _, _ := portal(t, portalScript)
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.show("the form", chromedp.EmulateViewport(390, 844), chromedp.Navigate(url), chromedp.WaitVisible(nameBox))
	p.look("plain")
	p.show("sending", chromedp.SendKeys(nameBox, "Home"), chromedp.SendKeys(passBox, "correct horse"), chromedp.Click(connect),
		chromedp.Sleep(5*time.Second), chromedp.WaitVisible(nameBox))
	at, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil || at != url+"/?trying=true" {
		t.Errorf("at %s %v", at, err)
	}
	p.show("the status", chromedp.Click(chromedp.CSS("noscript a")), chromedp.WaitVisible(chromedp.CSS("pre")))
	status, err := chromedp.Run(p.ctx, chromedp.Text(chromedp.CSS("pre")))
	if err != nil || status != `Connected to "Home" (192.168.0.111).` {
		t.Errorf("%q %v", status, err)
	}
}

// TestPortal_Programs holds the endpoints as net/http reads them, and the names as miekg/dns and Go's
// resolver do.
func TestPortal_Programs(t *testing.T) {
	url, names, _ := portal(t, portalScript)
	plain := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var list []struct {
		SSID             string
		RSSI, Chan, Auth int
	}
	var r *http.Response
	var err error
	for range 20 { // the network is there when the module has looked around
		if r, err = plain.Get(url + "/aplist"); err != nil {
			t.Fatal(err)
		}
		if r.StatusCode == 200 {
			break
		}
		r.Body.Close()
		time.Sleep(500 * time.Millisecond)
	}
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil || len(list) != 5 || list[3].SSID != `Far "away"` || list[3].Auth == 0 {
		t.Errorf("%+v %v", list, err)
	}
	r.Body.Close()
	r, err = plain.Get(url + "/generate_204")
	if err != nil || r.StatusCode != 302 || r.Header.Get("Location") != "http://nodemcu.portal/" {
		t.Errorf("%+v %v", r, err)
	}
	r, err = plain.PostForm(url+"/setwifi", map[string][]string{"wifi_ssid": {"Home"}, "wifi_password": {"correct horse"}, "device": {"lamp 1"}})
	if err != nil || r.StatusCode != 302 || r.Header.Get("Location") != "/?trying=true" {
		t.Errorf("%+v %v", r, err)
	}

	var q dns.Msg
	q.SetQuestion("connectivitycheck.gstatic.com.", dns.TypeA)
	a, _, err := new(dns.Client).Exchange(&q, names)
	if err != nil || len(a.Answer) != 1 || a.Answer[0].String() != "connectivitycheck.gstatic.com.\t120\tIN\tA\t192.168.4.1" {
		t.Errorf("%v %v", a, err)
	}
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", names)
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if a, err := resolver.LookupNetIP(ctx, "ip4", "nodemcu.portal"); err != nil || fmt.Sprint(a) != "[192.168.4.1]" {
		t.Errorf("%v %v", a, err)
	}
}
