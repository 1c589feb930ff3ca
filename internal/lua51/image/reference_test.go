package image

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua51/chunk"
)

// referenceVariable names luac.cross and luac.cross.int of Lua 5.1, separated as in PATH.
const referenceVariable = "MOONLET_REFERENCE51"

// compiles are the files that a compiler takes.
func compiles(t *testing.T, luac string) (list []string) {
	for _, root := range []string{os.Getenv("MOONLET_FIRMWARE"), "../../.."} {
		if root == "" {
			continue
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".lua") && d.Type().IsRegular() && exec.Command(luac, "-p", path).Run() == nil {
				list = append(list, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// TestReference reads images of the C compiler with 1 to 40 modules, relocatable and absolute, and writes them again:
// the bytes are the same.
func TestReference(t *testing.T) {
	if os.Getenv(referenceVariable) == "" {
		t.Skip(referenceVariable + " does not name luac.cross and luac.cross.int of Lua 5.1")
	}
	images := 100
	if testing.Short() {
		images = 10
	}
	for k, luac := range filepath.SplitList(os.Getenv(referenceVariable)) {
		files, r := compiles(t, luac), rand.New(rand.NewPCG(1, uint64(k)))
		written, bytes := 0, 0
		for i := range images {
			var some []string
			for range 1 + r.IntN(40) {
				some = append(some, files[r.IntN(len(files))])
			}
			args := []string{"-f"}
			if i%4 > 1 {
				args = append(args, "-a", fmt.Sprint([]string{"0x40210000", "0x40270000"}[i%2]))
			}
			path := filepath.Join(t.TempDir(), "image")
			if exec.Command(luac, append(append(args, "-o", path), some...)...).Run() != nil {
				continue // too large
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			written++
			bytes += len(b)
			again(t, b, chunk.Numbers(k))
		}
		t.Logf("%s: %d images, %d bytes", luac, written, bytes)
	}
}

func again(t *testing.T, b []byte, numbers chunk.Numbers) {
	im, err := Decode(b)
	if err != nil {
		t.Error(err)
		return
	}
	if im.Numbers != numbers || im.OldTags || len(im.Modules) == 0 || im.Timestamp < 1e9 {
		t.Errorf("%+v", im)
	}
	size, got := im.Bytes, im.Strings
	c, err := im.Encode()
	if err != nil || im.Bytes != size || fmt.Sprint(im.Strings) != fmt.Sprint(got) {
		t.Errorf("%v: %d bytes, not %d", err, im.Bytes, size)
	}
	if !bytes.Equal(b, c) {
		t.Errorf("%d bytes are other %d bytes when they are written again", len(b), len(c))
	}
}
