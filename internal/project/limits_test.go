package project_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/project"
)

// many repeats a text, with a number in it.
func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestLargeFiles: what the parser would need long for, or its stack, is refused before.
func TestLargeFiles(t *testing.T) {
	for name, c := range map[string]struct{ toml, want string }{
		"bytes":             {"#" + strings.Repeat("x", 1<<20), ": this is too long for a project file, which has 1048576 bytes at most"},
		"networks":          {many(50000, "[[wifi.networks]]\nssid='%d'\n"), ": this is too long"},
		"networks in a row": {"wifi.networks = [" + many(50000, "{ssid='%d'},") + "]", ":1: there are more than 20000 keys, tables and lists: this is too much for a project file"},
		"keys":              {many(30000, "key%d = 1\n"), ":20001: there are more than 20000 keys"},
		"tables":            {many(30000, "[table%d]\n"), ":20001: there are more than 20000 keys"},
		"parts of keys":     {many(3000, "[a%d.b.c.d.e.f.g.h.i]\n"), ":2223: there are more than 20000 keys"},
		"lists in lists":    {"\nx = " + strings.Repeat("[", 500000), ":2: tables and lists are nested more than 32 deep"},
		"tables in tables":  {"x = " + strings.Repeat("{x=", 200000), ":1: tables and lists are nested more than 32 deep"},
		"lists behind text": {"x = ['''\n]''', \"]\\\"]\", " + strings.Repeat("']', \"#]\", [ # ]\n", 100), ":33: tables and lists are nested more than 32 deep"},
		"a long key":        {"a" + strings.Repeat(".a", 300000) + " = 1", ":1: a key has more than 32 parts"},
		"a long header":     {"[a" + strings.Repeat(" . 'a'", 100000) + "]", ":1: a key has more than 32 parts"},
		"entries of a list": {"[adc]\nkind = 'list'\nevery = '1s'\nvalues = [" + strings.Repeat("1,", 10001) + "]", ":4: adc.values: there are 10001 entries, 10000 is the most"},
		"problems":          {many(5000, "key%d = 1\n"), ":1: key0: there is no such key"},
	} {
		_, err := open(t, c.toml)
		if err == nil || !strings.Contains(err.Error(), project.FileName+c.want) {
			t.Errorf("%s: %.300v", name, err)
			continue
		}
		if n := strings.Count(err.Error(), "\n"); n > 51 {
			t.Errorf("%s: %d lines of message", name, n)
		}
	}
}

// TestBusyFiles: what looks like too much to somebody who does not know strings and
// comments is none.
func TestBusyFiles(t *testing.T) {
	for name, toml := range map[string]string{
		"comments":        many(25000, "# a[%d].b = [\n"),
		"strings":         `files = ["` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `*", 'init.lua']`,
		"quotes":          "state = '''\n''" + strings.Repeat("[", 100) + "'''\n",
		"escapes":         `state = "a\"` + strings.Repeat("[", 100) + `\\"` + "\n",
		"lists of values": "[adc]\nkind = 'list'\nevery = '1s'\nvalues = [" + strings.Repeat("0.5,\n", 10000) + "]",
		"networks":        many(4900, "[[wifi.networks]]\nssid = 'n%d'\n"),
		"hosts":           "[hosts]\n" + many(6000, "h%d = '10.0.0.1'\n"),
	} {
		if _, err := open(t, toml); err != nil && !strings.Contains(err.Error(), "no file matches") {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}
