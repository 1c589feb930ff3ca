package examples_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/moonlettest"
)

// updates is a server of images whose behaviour changes.
type updates struct {
	mu          sync.Mutex
	image       []byte
	description string
	serve       func(w http.ResponseWriter, image []byte) // nil: the whole image
}

func (u *updates) set(image []byte, description string, serve func(http.ResponseWriter, []byte)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.image, u.description, u.serve = image, description, serve
}

func (u *updates) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	image, description, serve := u.image, u.description, u.serve
	u.mu.Unlock()
	switch {
	case r.URL.Path == "/lfs.txt":
		fmt.Fprintln(w, description)
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

// shorter sends less than there is, and says nothing of it.
func shorter(w http.ResponseWriter, image []byte) { w.Write(image[:len(image)-10]) }

// build compiles the application with another version number.
func build(t *testing.T, lua string, version int) []byte {
	t.Helper()
	dir := t.TempDir()
	image := filepath.Join(dir, "lfs.img")
	args := []string{"--lua", lua, "-f", "-o", image}
	for _, name := range []string{"main.lua", "greeting.lua"} {
		text, err := os.ReadFile(filepath.Join("ota", "app", name))
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.Replace(text, []byte("text(1)"), fmt.Appendf(nil, "text(%d)", version), 1)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
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

// describe is what sum.lua tells of an image.
func describe(image []byte) string {
	low, high := 1, 0
	mix := func(a, b, c, d byte) {
		low = (low*31 + int(a) + int(b)<<8) % 65521
		high = (high*31 + int(c) + int(d)<<8 + low) % 65521
	}
	for i := 0; i+4 <= len(image); i += 4 {
		mix(image[i], image[i+1], image[i+2], image[i+3])
	}
	for _, c := range image[len(image)&^3:] {
		mix(c, 0, 0, 0)
	}
	return fmt.Sprintf("%d %04x%04x", len(image), high, low)
}

// otaProject copies the example, with a server at a port of this computer.
func otaProject(t *testing.T, lua string, port int) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"moonlet.toml", "init.lua", "ota.lua", "sum.lua", "settings.lua"} {
		text, err := os.ReadFile(filepath.Join("ota", name))
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "settings.lua":
			text = fmt.Appendf(nil, "return {host = '192.168.0.1', port = %d, every = 1}\n", port)
		case "moonlet.toml":
			text = append(fmt.Appendf(nil, "lua = %q\n", lua), text...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOTA loads an application from a server, updates it, and keeps it whatever
// happens to the next one on its way.
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
	one, two := build(t, lua, 1), build(t, lua, 2)
	server.set(one, describe(one), nil)

	m := moonlettest.Start(t, otaProject(t, lua, listener.Addr().(*net.TCPAddr).Port), moonlet.FastSerial())
	m.Pace = 10
	wait := func(text string) {
		t.Helper()
		m.Expect(text)
	}
	wait("There is no application yet.")
	wait("Hello from the flash store, version 1,")
	wait("ota: the image is up to date")
	server.set(two, describe(two), cutOff)
	wait("ota: the image is left as it is: ")
	server.set(two, describe(two), shorter)
	wait("ota: the image is left as it is: ")
	server.set(append([]byte("\x1bLua"), make([]byte, 500)...), "504 00000000", nil)
	wait("ota: the image is left as it is: not what lfs.txt describes")
	server.set(nil, "", func(w http.ResponseWriter, _ []byte) { w.WriteHeader(http.StatusNotFound) })
	wait("ota: no description of an image: ")
	if strings.Count(m.Output(), "LFS image loaded") != 1 {
		t.Error("something was loaded that should not")
	}
	server.set(two, describe(two), nil)
	wait("Hello from the flash store, version 2,")
	wait("ota: the image is up to date")
}
