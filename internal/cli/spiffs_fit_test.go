package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func fitJSON(t *testing.T, args ...string) (code int, r fitReport) {
	t.Helper()
	code, out, message := runSPIFFS(append([]string{"fit", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %v, exit code %d, %s%s", args, err, code, out, message)
	}
	return code, r
}

// TestSPIFFSFit holds that create agrees with each figure: the smallest size, and the
// largest file that still has room.
func TestSPIFFSFit(t *testing.T) {
	for _, sizes := range [][]int{{0}, {9, 3, 7000}, {15000}, {30000, 1}, {26355, 26356, 26357}, {200000, 5, 5, 5}, {1000000}} {
		var args []string
		sum, dir := 0, t.TempDir()
		for i, n := range sizes {
			path := filepath.Join(dir, fmt.Sprint(i))
			os.WriteFile(path, make([]byte, n), 0o666)
			args = append(args, path)
			sum += n
		}
		code, r := fitJSON(t, args...)
		if code != ExitOK || len(r.Files) != len(sizes) || r.Bytes != sum || r.Smallest == nil || r.Asked != nil {
			t.Fatalf("%v: exit code %d, %+v", sizes, code, r)
		}
		image := filepath.Join(dir, "image")
		if code, _, message := runSPIFFS(append([]string{"create", "-o", image}, args...)...); code != ExitOK {
			t.Fatal(message)
		}
		if info, _ := os.Stat(image); info.Size() != int64(r.Smallest.Bytes) {
			t.Errorf("%v: %d bytes, create made %d", sizes, r.Smallest.Bytes, info.Size())
		}
		_, out, _ := runSPIFFS("list", image)
		if want := fmt.Sprintf(" %d of %d bytes in use\n", r.Smallest.Used, r.Smallest.Total); !strings.Contains(out, want) || r.Smallest.Free != r.Smallest.Total-r.Smallest.Used {
			t.Errorf("%v: want %q in\n%s", sizes, want, out)
		}
		for _, size := range []int{r.Smallest.Bytes, r.Smallest.Bytes + 64<<10} {
			text := strconv.Itoa(size)
			code, r := fitJSON(t, append(args, "--size", text)...)
			if code != ExitOK || !r.Asked.Fits || r.Asked.Bytes != size {
				t.Errorf("%v in %d: exit code %d, %+v", sizes, size, code, r.Asked)
			}
			const block = 31 * 251
			for more, want := range map[int]int{r.Asked.More: ExitOK, r.Asked.More + block: ExitGuest, r.Asked.Free - 2*251 + 1: ExitGuest} {
				if more < 0 {
					continue
				}
				file := lfsFile(t, "one-more", make([]byte, more))
				if code, _ := fitJSON(t, append(args, file, "--size", text)...); code != want {
					t.Errorf("%v in %d: one more file of %d bytes: exit code %d", sizes, size, more, code)
				}
			}
		}
		if least := r.Smallest.Bytes - spiffsStep; least >= spiffsAuto {
			if code, r := fitJSON(t, append(args, "--size", strconv.Itoa(least))...); code != ExitGuest || r.Asked.Fits {
				t.Errorf("%v: %d bytes are enough, too", sizes, least)
			}
		}
	}
}

func TestSPIFFSFit_Sources(t *testing.T) {
	image, _ := spiffsSample(t, "--size", "256KB")
	_, of := fitJSON(t, image)
	if len(of.Files) != 3 || of.Bytes != 7012 || of.Smallest.Bytes != spiffsAuto {
		t.Errorf("of an image %+v", of)
	}
	dir := createSample(t)
	_, of = fitJSON(t, dir)
	if len(of.Files) != 2 || of.Files[0] != (fitFile{"data.txt", 4000, 17}) {
		t.Errorf("of a project %+v", of)
	}
	chip := filepath.Join(t.TempDir(), "module.bin")
	if code, _, message := runFlash("create", dir, "-o", chip); code != ExitOK {
		t.Fatal(message)
	}
	if _, again := fitJSON(t, chip); len(again.Files) != 2 || again.Bytes != of.Bytes {
		t.Errorf("of a chip %+v", again)
	}
	code, out, message := runSPIFFS("fit", dir, "--size", "16KB")
	if code != ExitOK || message != "" {
		t.Errorf("exit code %d, %s", code, message)
	}
	for _, want := range []string{"BYTES  PAGES  FILE\n 4000     17  data.txt\n", "has 32 KB (32768 bytes).\n", "They fit into 16 KB (16384 bytes).\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestSPIFFSFit_Refused(t *testing.T) {
	file := lfsFile(t, "init.lua", []byte("x"))
	huge := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(huge, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	os.Truncate(huge, 17<<20)
	damaged, _ := spiffsSample(t)
	data, _ := os.ReadFile(damaged)
	at := strings.Index(string(data), "0123456789")
	data[at-1] = 0 // its flags
	os.WriteFile(damaged, data, 0o600)
	broken := createSample(t)
	os.WriteFile(filepath.Join(broken, "moonlet.toml"), []byte("nothing = 1"), 0o666)
	for _, c := range []struct {
		code int
		args []string
		want string
	}{
		{ExitUsage, nil, "a file is missing"},
		{ExitUsage, []string{"nowhere"}, "nowhere"},
		{ExitUsage, []string{file, "nowhere"}, "nowhere"},
		{ExitUsage, []string{file, file}, "two files for the name"},
		{ExitUsage, []string{file, t.TempDir()}, "directory"},
		{ExitUsage, []string{broken}, "there is no such key"},
		{ExitUsage, []string{damaged}, "spiffs check"},
		{ExitUsage, []string{file, "--size", "much"}, "want a number of bytes"},
		{ExitUsage, []string{file, "--size", "0"}, "multiple of 8192 bytes"},
		{ExitUsage, []string{file, "--size", "10000"}, "multiple of 8192 bytes"},
		{ExitUsage, []string{file, "--size", "16MB"}, "16384 to 16769024"},
		{ExitGuest, []string{huge}, ""},
		{ExitGuest, []string{huge, "--size", "1MB"}, ""},
	} {
		code, _, message := runSPIFFS(append([]string{"fit"}, c.args...)...)
		if code != c.code || !strings.Contains(message, c.want) || c.want == "" && message != "" {
			t.Errorf("%v: exit code %d, %q, want %d, %q", c.args, code, message, c.code, c.want)
		}
	}
}
