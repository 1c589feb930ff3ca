package project_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

func TestNetworkKeys(t *testing.T) {
	p, err := open(t, "network = \"local\"\n[connect]\n\"broker.lan:1883\" = \"127.0.0.1:18830\"",
		project.Setting{Flag: "network", Value: "none"}, project.Setting{Flag: "connect", Value: "10.0.0.1:*=10.0.0.2:*"})
	if err != nil {
		t.Fatal(err)
	}
	n := p.Config().Net
	if got := fmt.Sprint(n.Policy, n.Connect); got != "none [{ 10.0.0.1 0 10.0.0.2:0} {broker.lan 0.0.0.0 1883 127.0.0.1:18830}]" {
		t.Error(got)
	}
	if p, err = open(t, ""); err != nil || p.Config().Net.Policy != hostnet.All {
		t.Errorf("the default: %v, %v", p.Config().Net.Policy, err)
	}
}

// TestOpeningsAreTold holds that a start tells what a project's own file opens, in one line,
// and not what the user says.
func TestOpeningsAreTold(t *testing.T) {
	flag := func(name, value string) project.Setting { return project.Setting{Flag: name, Value: value} }
	for _, x := range []struct {
		toml  string
		flags []project.Setting
		want  string
	}{
		{"listen = \"127.0.0.2\"\n[hosts]\na = \"10.0.0.1\"", nil, ""},
		{"listen = \"0.0.0.0\"", nil, `: listen = "0.0.0.0"`},
		{"listen = \"0.0.0.0\"", []project.Setting{flag("listen", "10.0.0.1")}, ""},
		{"gateway_is_host = true", nil, ": gateway_is_host = true"},
		{"gateway_is_host = false", nil, ""},
		{"[hosts]\na = \"127.0.0.1\"\nb = \"10.0.0.1\"\nc = \"169.254.169.254\"", nil, `: hosts: "a" = "127.0.0.1", hosts: "c" = "169.254.169.254"`},
		{"[hosts]\na = \"127.0.0.1\"", []project.Setting{flag("host", "a=127.0.0.2")}, ""},
		{"connect = { \"a:1\" = \"10.0.0.1:1\" }", nil, `: connect: "a:1" = "10.0.0.1:1"`},
		{"connect = { \"host:80\" = \"127.0.0.1:22\", \"b:2\" = \"10.0.0.1:2\" }", []project.Setting{flag("connect", "b:2=10.0.0.2:2")},
			`: connect: "host:80" = "127.0.0.1:22"`},
		{"gateway_is_host = true", []project.Setting{flag("network", "none")}, ""},
		{"", []project.Setting{flag("listen", "0.0.0.0"), flag("gateway-is-host", "true"), flag("host", "a=127.0.0.1"), flag("connect", "a:1=127.0.0.1:1")}, ""},
	} {
		p, err := open(t, x.toml, x.flags...)
		if err != nil {
			t.Errorf("%q: %v", x.toml, err)
			continue
		}
		told := ""
		for _, w := range p.Warnings {
			if strings.Contains(w, "opens the network") {
				told += w
			}
		}
		if (told == "") != (x.want == "") || !strings.HasSuffix(told, x.want) {
			t.Errorf("%q tells %q, want %q", x.toml, told, x.want)
		}
	}
}

// TestConnectMistakes holds that all that is wrong in connect is told at once, each with its
// key and with what to do.
func TestConnectMistakes(t *testing.T) {
	_, err := open(t, `[connect]
"a.lan:80" = "127.0.0.1:8080"
"A.LAN.:80" = "127.0.0.1:8081"
"b.lan:0" = "127.0.0.1:80"
"c.lan" = "127.0.0.1:80"
"d.lan:80" = "e.lan:80"
"f.lan:80" = 80
"10.1:80" = "127.0.0.1:80"
"host:*" = "127.0.0.1:90"
"127.0.0.1:70000" = "127.0.0.1:7"`)
	wantLines(t, err,
		`:3: connect.A.LAN.:80: "a.lan:80" says already where that goes: keep one of the two`,
		`:4: connect.b.lan:0: "0" is no port: choose 1 to 65535`,
		`:5: connect.c.lan: "c.lan" is not HOST:PORT; want`,
		`:6: connect.d.lan:80: "e.lan" is no IPv4 address`,
		`:7: connect.f.lan:80: want text in quotes, not 80`,
		`:8: connect.10.1:80: "10.1" is a short form of an address`,
		`:9: connect.host:*: one side is for all ports: write "*" on both`,
		`:10: connect.127.0.0.1:70000: "70000" is no port: choose`)
	_, err = open(t, "", project.Setting{Flag: "connect", Value: "a:1=127.0.0.1:1"}, project.Setting{Flag: "connect", Value: "a:1=127.0.0.1:2"},
		project.Setting{Flag: "connect", Value: "a:1=127.0.0.1:1"}, project.Setting{Flag: "connect", Value: "here"})
	wantLines(t, err, `--connect: "a:1=127.0.0.1:1" and "a:1=127.0.0.1:2": say one thing of "a:1"`, `--connect: "here": want HOST:PORT=IP:PORT`)
}

func wantLines(t *testing.T, err error, want ...string) {
	t.Helper()
	lines := strings.Split(fmt.Sprint(err), "\n")
	if len(lines) != len(want) {
		t.Errorf("told:\n%v\nwant %d lines", err, len(want))
		return
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) {
			t.Errorf("told: %s\nwant: %s", line, want[i])
		}
	}
}

// TestConnectFlagsWin holds that a flag takes the place of what the file says of the same
// source, however that is written.
func TestConnectFlagsWin(t *testing.T) {
	p, err := open(t, "connect = { \"a.lan:1\" = \"10.0.0.1:1\", \"A.lan:2\" = \"10.0.0.1:2\" }",
		project.Setting{Flag: "connect", Value: "A.lan.:1=10.0.0.9:9"}, project.Setting{Flag: "connect", Value: "A.lan:2=10.0.0.8:8"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Config().Net.Connect); got != "[{a.lan 0.0.0.0 1 10.0.0.9:9} {a.lan 0.0.0.0 2 10.0.0.8:8}]" {
		t.Error(got)
	}
}
