package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestTwoModules does what docs/project.md says of two modules on one computer: both commands
// at once, with another port than the page has, each until it has heard of the other module.
func TestTwoModules(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a Unix shell")
	}
	port := freeAtBoth(t)
	page, err := os.ReadFile("../../docs/project.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "\n### Two modules on one computer\n")
	block := regexp.MustCompile("(?s)\n```(\\w+)\n(.*?)\n```\n").FindAllStringSubmatch(text, 2)
	if !ok || len(block) != 2 || block[0][1] != "lua" || block[1][1] != "console" {
		t.Fatal("the page has no program or no commands")
	}
	bin, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "talk.lua"), []byte(block[0][2]), 0o666); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.ReplaceAll("\n"+block[1][2], ":8080", ":"+port), "\n$ ")[1:]
	if len(lines) != 2 {
		t.Fatalf("%d commands", len(lines))
	}
	shell(t, dir, bin, "go install ./cmd/moonlet")
	var wg sync.WaitGroup
	for i, line := range lines {
		line = strings.Replace(line, "80=8080", "80="+port, 1)
		wg.Go(func() {
			// The other one may need this one longer than this one needs it.
			out := shell(t, dir, bin, line+" --no-echo --for 8s")
			if want := fmt.Sprintf("I am %d\n", 2-i); !strings.Contains(out, want) {
				t.Errorf("$ %s\nprints\n%s\nwithout %q", line, out, want)
			}
		})
	}
	wg.Wait()
}

// freeAtBoth finds a port that is free at 127.0.0.1 and 127.0.0.2.
func freeAtBoth(t *testing.T) string {
	for range 100 {
		l, err := net.Listen("tcp4", "127.0.0.2:0")
		if err != nil {
			t.Skipf("this system has no address 127.0.0.2, as macOS without an alias: %v", err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		if other, err := net.Listen("tcp4", "127.0.0.1:"+port); err == nil {
			other.Close()
			return port
		}
	}
	t.Fatal("no port is free at both addresses")
	return ""
}
