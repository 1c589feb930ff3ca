package endusersetup

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "pack the page")

// TestPage holds that the packed page is the one that can be read, that it needs nothing of
// elsewhere, and that it takes about as much heap as the firmware's, which has 2,818 bytes.
func TestPage(t *testing.T) {
	source, err := os.ReadFile("page/enduser_setup.html")
	if err != nil {
		t.Fatal(err)
	}
	packed := ownPage
	if *update {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		z.Write(source)
		z.Close()
		packed = b.String()
		if err := os.WriteFile("page/enduser_setup.html.gz", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	z, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(plain, source) {
		t.Errorf("page/enduser_setup.html.gz is that of another page (%v): go generate ./internal/module/endusersetup", err)
	}
	if n := len(packed); n > 3000 {
		t.Errorf("%d bytes, packed", n)
	}
	if s := regexp.MustCompile(`https?:|src=|@import|url\(`).Find(source); s != nil {
		t.Errorf("the page asks for %q", s)
	}
	t.Logf("%d bytes, %d packed", len(source), len(packed))
}
