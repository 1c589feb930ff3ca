package front

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua51/chunk"
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
				want, message := reference(t, luac, path)
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
func reference(t *testing.T, luac, path string) (code []byte, message string) {
	out := filepath.Join(t.TempDir(), "a.lc")
	var text bytes.Buffer
	cmd := exec.Command(luac, "-o", out, path)
	cmd.Stderr = &text
	if cmd.Run() != nil {
		return nil, strings.TrimPrefix(text.String(), luac+": ")
	}
	code, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return code, ""
}
