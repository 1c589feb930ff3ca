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
