package front

import (
	"bytes"
	"flag"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/luagen"
)

// referenceVariable names luac.cross and luac.cross.int of Lua 5.1, separated as in PATH.
const referenceVariable = "MOONLET_REFERENCE51"

// TestReference compiles all Lua files of the firmware and of this repository: the bytes are those of the C
// compiler, and so are the messages about what it refuses.
func TestReference(t *testing.T) {
	if os.Getenv(referenceVariable) == "" {
		t.Skip(referenceVariable + " does not name luac.cross and luac.cross.int of Lua 5.1")
	}
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for k, luac := range filepath.SplitList(os.Getenv(referenceVariable)) {
		good, refused, different := 0, 0, 0
		for _, root := range []string{os.Getenv("MOONLET_FIRMWARE"), "../../.."} {
			if root == "" {
				continue
			}
			filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !strings.HasSuffix(path, ".lua") || !d.Type().IsRegular() {
					return nil
				}
				want, message, crashed := reference(t, luac, path)
				if crashed {
					t.Logf("%s: the reference crashes", path)
					return nil
				}
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				var got []byte
				p, err := c.Compile(chunk.Numbers(k), "@"+path, bytes.NewReader(text), 1)
				if err == nil {
					got, err = chunk.Encode(chunk.Numbers(k), p, false)
				}
				if err == nil {
					good++
				} else {
					refused++
					got = nil
				}
				if (err == nil) != (message == "") || err != nil && !strings.HasPrefix(message, err.Error()+"\n") || !bytes.Equal(got, want) {
					if different++; different < 10 {
						t.Errorf("%s: %d bytes, not %d; %v, not %.200s", path, len(got), len(want), err, message)
					}
				}
				return nil
			})
		}
		t.Logf("%s: %d files, %d refused, %d different", luac, good, refused, different)
	}
}

// reference compiles a file; a message is without the program's name.
func reference(t *testing.T, luac, path string) (code []byte, message string, crashed bool) {
	out := filepath.Join(t.TempDir(), "a.lc")
	var text bytes.Buffer
	cmd := exec.Command(luac, "-o", out, path)
	cmd.Stderr = &text
	if cmd.Run() != nil {
		return nil, strings.TrimPrefix(text.String(), luac+": "), cmd.ProcessState.ExitCode() < 0
	}
	code, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return code, "", false
}

// sameCode compares two chunks. Powers of constants that differ in the last bit are counted: glibc's pow is not
// always rounded correctly, and the one here is.
func sameCode(got, want []byte, rounded *int) bool {
	if bytes.Equal(got, want) {
		return true
	}
	a, err := chunk.Decode(got)
	b, err2 := chunk.Decode(want)
	if err != nil || err2 != nil {
		return false
	}
	round(a.Main, b.Main)
	again, _ := chunk.Encode(a.Numbers, a.Main, false)
	if bytes.Equal(again, want) {
		*rounded++
		return true
	}
	return false
}

// round makes constants of p those of q where they differ in the last bit.
func round(p, q *chunk.Proto) {
	for i := range min(len(p.Constants), len(q.Constants)) {
		x, y := math.Float64bits(p.Constants[i].Float), math.Float64bits(q.Constants[i].Float)
		if x-y+1 <= 2 {
			p.Constants[i].Float = q.Constants[i].Float
		}
	}
	for i := range min(len(p.Protos), len(q.Protos)) {
		round(p.Protos[i], q.Protos[i])
	}
}

var programs = flag.Uint64("programs", 300, "how many generated programs to compare, for each build of the reference")

// TestReference_Generated compiles generated programs, each at two strip levels.
func TestReference_Generated(t *testing.T) {
	if os.Getenv(referenceVariable) == "" {
		t.Skip(referenceVariable + " does not name luac.cross and luac.cross.int of Lua 5.1")
	}
	n := *programs
	if testing.Short() {
		n = min(n, 50)
	}
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	t.Chdir(t.TempDir())
	for k, luac := range filepath.SplitList(os.Getenv(referenceVariable)) {
		good, different, bytesOf, crashes, rounded := 0, 0, 0, 0, 0
		for seed := range n {
			code := luagen.Program(seed, luagen.Options{Lua51: true, Integer: k == int(chunk.Integer)})
			if err := os.WriteFile("p.lua", []byte(code), 0o666); err != nil {
				t.Fatal(err)
			}
			want, message, crashed := reference(t, luac, "p.lua")
			if crashed {
				crashes++
				continue
			}
			p, err := c.Compile(chunk.Numbers(k), "@p.lua", strings.NewReader(code), 1)
			var got []byte
			if err == nil {
				got, err = chunk.Encode(chunk.Numbers(k), p, false)
			}
			if err == nil {
				good++
				bytesOf += len(got)
			} else {
				got = nil
			}
			if (err == nil) != (message == "") || err != nil && !strings.HasPrefix(message, err.Error()+"\n") || !sameCode(got, want, &rounded) {
				if different++; different < 6 {
					t.Errorf("seed %d: %d bytes, not %d; %v, not %.200s", seed, len(got), len(want), err, message)
				}
			}
		}
		t.Logf("%s: %d programs, %d of them compile, to %d bytes; %d different; %d with a power that glibc rounds the other way; the reference crashes at %d",
			luac, n, good, bytesOf, different, rounded, crashes)
	}
}
