package encoder_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/encoder"
	"moonlet.example/moonlet/internal/module/moduletest"
)

func boot(t testing.TB) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{Modules: []state.Module{encoder.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/encoder.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/encoder.lua") })
}

func TestReference(t *testing.T) { moduletest.Compare(t, "testdata/cases.lua", encoder.Module) }

// TestAgree: the cases give the same on each edition of Lua.
func TestAgree(t *testing.T) { moduletest.Agree(t, "testdata/cases.lua", encoder.Module) }

var (
	validBase64 = regexp.MustCompile(`^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`)
	validHex    = regexp.MustCompile(`^(?:[0-9a-fA-F]{2})*$`)
)

// FuzzDecode: the decoders take what the patterns tell and nothing else, and what they accept is
// what Go makes of it.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "Zm9v", "Zm8=", "Zg==", "====", "00fF", "0", "Zm\n="} {
		f.Add([]byte(s))
	}
	l := boot(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 2048 {
			t.Skip("four times that and the source that says it have no room on the heap")
		}
		decode := func(name string, valid bool, want []byte) {
			code := fmt.Sprintf("return pcall(encoder.%s, encoder.fromHex '%x')", name, in)
			err := l.Exec("local ok, s = (function() "+code+" end)() print(ok, ok and encoder.toHex(s) or s)", "=fuzz")
			line := fmt.Sprintf("true\t%x\n", want)
			if !valid {
				line = "false\tInvalid " + strings.ToLower(name[len("from"):]) + " string\n"
			}
			if got := l.Printed(); err != nil || got != line {
				t.Errorf("%s(%q): %v %s, want %s", name, in, err, got, line)
			}
		}
		plain, _ := base64.StdEncoding.DecodeString(string(in))
		decode("fromBase64", validBase64.Match(in), plain)
		plain, _ = hex.DecodeString(string(in))
		decode("fromHex", validHex.Match(in), plain)
	})
}
