package spiffs

import (
	"strings"
	"testing"
)

// TestForeign makes images of other builds out of ours.
func TestForeign(t *testing.T) {
	for _, block := range []int{smallBlock, blockSize} {
		g := Geometry{Offset: 0, Size: 16 * block, Block: block}
		chip := NewMemory(g.Size)
		fs, err := FormatAt(chip, g, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"empty", "a", "b"} {
			f, err := fs.Open(name, Create|WriteOnly)
			if err != nil {
				t.Fatal(err)
			}
			if name != "empty" {
				if _, err := f.Write([]byte(strings.Repeat(name, 5000))); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		image := fs.Image()
		if got := Foreign(image, &g); got != "" {
			t.Errorf("ours is %s", got)
		}
		for b := range g.Blocks() {
			putU16(image[b*block+g.magicAt():], magicBase)
		}
		if got := Foreign(image, nil); len(Search(image)) != 0 || !strings.Contains(got, "Arduino") {
			t.Errorf("a plain magic number: %q", got)
		}
		image = fs.Image()
		for page := range g.pages() {
			if p := image[page*PageSize : (page+1)*PageSize]; page%g.pagesPerBlock() >= g.lookupPages() && isIndexID(u16(p)) && u16(p[atSpan:]) == 0 {
				copy(p[fileHeader+3:], append([]byte(nil), p[fileHeader:PageSize-3]...))
				copy(p[fileHeader-1:], "\xFF\xFF\xFF\xFF")
			}
		}
		if got := Foreign(image, &g); !strings.Contains(got, "ESP-IDF") {
			t.Errorf("metadata: %q", got)
		}
	}
	if got := Foreign(make([]byte, 100<<10), nil); got != "" {
		t.Errorf("zeros are %s", got)
	}
}
