package examples_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/moonlettest"
)

// updates is a server of images whose behaviour changes.
type updates struct {
	mu      sync.Mutex
	version int
	image   []byte
	serve   func(w http.ResponseWriter, image []byte) // nil: the whole image
}

func (u *updates) set(version int, image []byte, serve func(http.ResponseWriter, []byte)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.version, u.image, u.serve = version, image, serve
}

func (u *updates) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	version, image, serve := u.version, u.image, u.serve
	u.mu.Unlock()
	switch {
	case r.URL.Path == "/greeting.txt" && image == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.URL.Path == "/greeting.txt":
		fmt.Fprintf(w, "name greeting\nversion %d\nsize %d\nsha256 %x\nimage greeting.img\n", version, len(image), sha256.Sum256(image))
	case serve != nil:
		serve(w, image)
	default:
		w.Write(image)
	}
}

// cutOff announces the whole image and sends the first half.
func cutOff(w http.ResponseWriter, image []byte) {
	w.Header().Set("Content-Length", fmt.Sprint(len(image)))
	w.Write(image[:len(image)/2])
	panic(http.ErrAbortHandler)
}

// other sends something of the right size.
func other(w http.ResponseWriter, image []byte) { w.Write(slices.Repeat([]byte("x"), len(image))) }

// otaStore are the files of the store: the application, with another version number and a first line, and the library.
func otaStore(t *testing.T, version int, first string) map[string]string {
	t.Helper()
	return map[string]string{
		"main.lua":     first + strings.Replace(read(t, "ota/app/main.lua"), "text(1)", fmt.Sprintf("text(%d)", version), 1),
		"greeting.lua": read(t, "ota/app/greeting.lua"),
		"ota.lua":      read(t, "../lib/lua/ota.lua"),
		"otacheck.lua": read(t, "../lib/lua/otacheck.lua"),
		"fetch.lua":    read(t, "../lib/lua/fetch.lua"),
	}
}

// build makes an image of a version.
func build(t *testing.T, lua string, version int, first string) []byte {
	t.Helper()
	dir := t.TempDir()
	image := filepath.Join(dir, "lfs.img")
	args := []string{"--lua", lua, "-f", "-o", image}
	for name, text := range otaStore(t, version, first) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, filepath.Join(dir, name))
	}
	slices.Sort(args[5:])
	var out bytes.Buffer
	c := luac.Command{Prog: luac.Name, Out: &out, Err: &out, Getenv: os.Getenv, Now: func() int64 { return int64(version) }, Random: func() uint32 { return 1 }}
	if c.Main(args) != 0 {
		t.Fatal(out.String())
	}
	data, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestOTA updates the application, whatever happens to the next version on its way, and goes back from one that fails.
func TestOTA(t *testing.T) {
	for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
		t.Run("Lua-"+lua, func(t *testing.T) { testOTA(t, lua) })
	}
}

func testOTA(t *testing.T, lua string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &updates{}
	go http.Serve(listener, server)
	defer listener.Close()
	settings := strings.NewReplacer("8090", fmt.Sprint(listener.Addr().(*net.TCPAddr).Port), "every = 60", "every = 5").Replace(read(t, "ota/settings.lua"))
	m := moonlettest.New(t, moonlet.Config{
		Lua: lua, StoreBytes: 96 << 10, StoreFiles: otaStore(t, 1, ""),
		Files:   map[string]string{"init.lua": strings.Replace(read(t, "ota/init.lua"), "within = 300", "within = 10", 1), "settings.lua": settings, "ota.lua": read(t, "../lib/lua/ota.lua")},
		Network: moonlet.NetworkConfig{GatewayIsHost: true},
		WiFi:    moonlet.WiFiConfig{Networks: []moonlet.WiFiNetwork{{SSID: "Workshop", Password: "moonlight"}}},
	}, moonlet.FastSerial())
	m.Pace = 10
	m.Expect("Hello from the flash store, version 1,")
	m.Expect("update: failed: no description: the server says 404")
	two := build(t, lua, 2, "")
	server.set(2, two, other)
	m.Expect("update: failed: version 2 is not what its description says: another hash")
	server.set(2, two, cutOff)
	m.Expect("update: failed: version 2: the answer was cut off")
	server.set(2, two, nil)
	m.Expect("update: install: version 2 is there")
	m.Expect("version 2 on trial, start 1")
	m.Expect("Hello from the flash store, version 2,")
	m.Expect("update: this version is good")
	m.Expect("update: current: ")
	server.set(3, build(t, lua, 3, `error "oops" `), nil)
	m.Expect("version 3 on trial, start 1")
	for range 3 { // its first line fails, and after a while it is started again
		m.Expect("oops")
	}
	m.Expect("version 3 does not work")
	m.Expect("Hello from the flash store, version 2,")
	m.Expect("update: bad: ")
	if before, after, found := strings.Cut(m.Output(), "not enough memory"); found {
		t.Errorf("memory ran out: %s<here>%.200s", before[max(0, len(before)-500):], after)
	}
}
