package spiffs

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// usedImage is an image with some history.
func usedImage(tb testing.TB, seed uint64) ([]byte, Geometry) {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	g := Geometry{Block: smallBlock, Size: smallBlock * (4 + r.IntN(5))}
	if seed%2 == 1 {
		g = Geometry{Block: blockSize, Size: blockSize * 4}
	}
	chip := NewMemory(g.Size)
	fs, err := FormatAt(chip, g, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	m := model{}
	for range 20 + r.IntN(60) {
		d := randomDeed(r, m, []string{"init.lua", "a", "b", "c.lc"})
		if d.do(fs) == nil {
			m = d.result
		}
	}
	fs.Unmount()
	return chip.Bytes(), g
}

// damage changes an image in ways that bytes choose.
func damage(image []byte, how []byte) {
	for len(how) >= 5 {
		at := (int(how[1])<<16 | int(how[2])<<8 | int(how[3])) % len(image)
		page := at / PageSize * PageSize
		switch how[0] % 8 {
		case 0:
			image[at] &= how[4]
		case 1:
			image[at] = how[4]
		case 2: // a flag
			image[page+atFlags] ^= 1 << (how[4] % 8)
		case 3: // a page somewhere else
			to := at * (int(how[4]) + 7) % len(image) / PageSize * PageSize
			copy(image[to:to+PageSize], bytes.Clone(image[page:page+PageSize]))
		case 4: // an id
			block := at / smallBlock * smallBlock
			i := int(how[4]) % 16 * 2
			image[block+i], image[block+i+1] = how[3], how[2]&0x80
		case 5: // a size
			putU32(image[page+atSize:], uint32(how[4])<<(how[3]%24))
		case 6:
			clear(image[page : page+int(how[4])])
		case 7:
			copy(image[page:page+int(how[4])], blank[:])
		}
		how = how[5:]
	}
}

// exercise does everything with an image that can be mounted, whatever it says.
func exercise(tb testing.TB, image []byte, g Geometry) {
	tb.Helper()
	before := bytes.Clone(image)
	fs, err := View(image, g, Options{})
	if err != nil {
		return
	}
	list, _ := fs.List()
	for _, s := range list {
		_, _ = content(fs, s.Name)
		_, _ = fs.Stat(s.Name)
	}
	_ = write(fs, "new", Create, 0, pattern(1, 2000))
	for i, s := range list {
		switch i % 4 {
		case 0:
			_ = write(fs, s.Name, Append, 0, pattern(2, 300))
		case 1:
			_ = write(fs, s.Name, 0, 0, pattern(2, 300))
		case 2:
			_ = fs.Remove(s.Name)
		case 3:
			_ = fs.Rename(s.Name, "other")
		}
	}
	_ = fs.Collect(5000)
	_ = fs.CollectQuick(3)
	_, _, _ = fs.Info()
	for _, s := range list {
		_ = write(fs, s.Name, Truncate, 0, pattern(3, 600))
		_ = fs.Remove(s.Name)
	}
	fs.Unmount()
	if !bytes.Equal(image, before) {
		tb.Fatal("View wrote to the image")
	}
}

// checkRepair holds what Check and Repair promise for any image.
func checkRepair(tb testing.TB, image []byte, g Geometry) {
	tb.Helper()
	before := bytes.Clone(image)
	report, err := Check(image, g)
	if err != nil {
		return
	}
	mended, _, err := Repair(image, g)
	if err != nil {
		tb.Fatal(err)
	}
	if !bytes.Equal(image, before) {
		tb.Fatal("Check or Repair wrote to the image")
	}
	again, err := Check(mended, g)
	if err != nil || !again.Clean() {
		tb.Fatalf("after Repair: %v\n%s\nbefore:\n%s", err, again, report)
	}
	fs, err := View(mended, g, Options{Files: 1})
	if err != nil {
		tb.Fatal(err)
	}
	list, _ := fs.List()
	if len(list) != len(report.Files) {
		tb.Fatalf("%d files after Repair, not %d\n%s", len(list), len(report.Files), report)
	}
	for _, s := range list {
		if got, err := content(fs, s.Name); err != nil || len(got) != s.Size {
			tb.Fatalf("%q has %d bytes, not %d: %v\n%s", s.Name, len(got), s.Size, err, report)
		}
	}
	keepsWhole(tb, image, fs, report)
	for i, f := range report.Files {
		if list[i].ID != f.ID || list[i].Size != f.Readable {
			tb.Fatalf("file %d is %+v, not %+v\n%s", i, list[i], f, report)
		}
	}
}

// keepsWhole holds that files that nothing is wrong with are the same after Repair.
func keepsWhole(tb testing.TB, image []byte, mended *FS, report *Report) {
	tb.Helper()
	fs, err := View(image, report.Geometry, Options{})
	if err != nil {
		return
	}
	wrong, misplaced := map[uint16]bool{}, map[int]bool{}
	for _, p := range report.Problems {
		wrong[p.ID], misplaced[p.Page] = true, true
	}
	list, _ := fs.List()
	for _, s := range list {
		if found, err := fs.Stat(s.Name); err != nil || found.ID != s.ID || wrong[s.ID] || misplaced[s.Page] {
			continue // misplaced: a page of data that the lookup takes for a header is listed, too
		}
		want, err := content(fs, s.Name)
		if err != nil {
			tb.Fatalf("%q cannot be read (%v), but Check finds nothing wrong with it\n%s", s.Name, err, report)
		}
		if got, err := content(mended, s.Name); err != nil || !bytes.Equal(got, want) {
			tb.Fatalf("%q has other contents after Repair: %v\n%s", s.Name, err, report)
		}
	}
}

// TestDamage changes images at random.
func TestDamage(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 150
	}
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 5))
		image, g := usedImage(t, seed%40)
		how := make([]byte, 5*(1+r.IntN(12)))
		for i := range how {
			how[i] = byte(r.IntN(256))
		}
		damage(image, how)
		exercise(t, image, g)
		checkRepair(t, image, g)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzMount mounts images of any kind, with any blocks.
func FuzzMount(f *testing.F) {
	for seed := range uint64(4) {
		image, _ := usedImage(f, seed)
		f.Add(image)
	}
	f.Add([]byte{})
	f.Add(make([]byte, 4*smallBlock))
	f.Fuzz(func(t *testing.T, image []byte) {
		if len(image) > 1<<18 {
			return
		}
		for _, g := range Search(image) {
			exercise(t, image, g)
		}
		if g, err := Find(image, 0, len(image)); err == nil {
			exercise(t, image, g)
		}
		size := len(image) / SectorSize * SectorSize
		for _, block := range []int{0, smallBlock, blockSize, 3 * smallBlock, 0x10000} {
			exercise(t, image, Geometry{Size: size, Block: block})
		}
	})
}

// FuzzCheck checks and repairs damaged images.
func FuzzCheck(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, []byte{byte(seed), 0, 0x20, 0x30, 5, 2, 0, 0x11, 7, 1})
	}
	f.Fuzz(func(t *testing.T, seed uint64, how []byte) {
		if len(how) > 500 {
			return
		}
		image, g := usedImage(t, seed%40)
		damage(image, how)
		exercise(t, image, g)
		checkRepair(t, image, g)
	})
}
