package storage_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashdir"
)

var (
	histories    = flag.Int("histories", 300, "number of random histories of both rooms")
	firstHistory = flag.Uint64("first", 0, "number of the first history")
)

// side is one of the rooms of a history.
type side struct {
	files storage.Files
	open  []port.File // nil where opening failed
	work  storage.Work
}

// rooms are both, of which every answer is compared.
type rooms struct {
	t     *testing.T
	r     *rand.Rand
	sides [2]*side
	state *hostfile.Dir
	names []string
	log   []string
}

func newRooms(t *testing.T, seed uint64) *rooms {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 22))
	region := port.FlashRegion{Addr: 0x10000, Size: []uint32{16 << 10, 32 << 10, 48 << 10, 128 << 10, 448 << 10}[r.IntN(5)]}
	chip, err := flash.NewChip(flash.MinSize)
	if err != nil {
		t.Fatal(err)
	}
	w := &rooms{t: t, r: r, state: hostfile.NewMemory()}
	for i, o := range []storage.Options{{Chip: chip}, {State: w.state}} {
		s := &side{}
		o.OnWork = func(w storage.Work) { s.work.Add(w) }
		o.OnError = func(err error) { t.Error(err) }
		if s.files, err = storage.New(o).Files(region); err != nil {
			t.Fatal(err)
		}
		if err := s.files.Make(); err != nil {
			t.Fatal(err)
		}
		w.sides[i] = s
	}
	w.restart()
	for i := range 3 + r.IntN(30) {
		w.names = append(w.names, fmt.Sprintf("%s%d", []string{"File", "/FLASH/f", "www/x"}[r.IntN(3)], i))
	}
	w.names = append(w.names, "", "a name that has 31 characters:)", "one with 32 characters is too lo", "/SD0/no", "no\x00zero")
	return w
}

// both does something in both rooms and compares the answers, and what it asked of the flash.
func (w *rooms) both(what string, f func(s *side) (any, error)) {
	w.t.Helper()
	var answer [2]any
	var errs [2]error
	for i, s := range w.sides {
		s.work = storage.Work{}
		answer[i], errs[i] = f(s)
	}
	w.log = append(w.log, fmt.Sprintf("%s: %v, %v", what, short(answer[0]), errs[0]))
	a, b := fmt.Sprint(answer[0], errs[0]), fmt.Sprint(answer[1], errs[1])
	work := w.sides[0].work
	if a == b && errors.Is(errs[0], errs[1]) && work == w.sides[1].work {
		return
	}
	for _, line := range w.log[max(0, len(w.log)-25):] {
		w.t.Log(line)
	}
	w.t.Fatalf("on the chip %s %+v, in the directory %s %+v", short(a), work, short(b), w.sides[1].work)
}

func short(v any) string {
	if s := fmt.Sprint(v); len(s) > 100 {
		return s[:100] + "…"
	}
	return fmt.Sprint(v)
}

// restart resets the module.
func (w *rooms) restart() {
	for _, s := range w.sides {
		s.files.Reset()
		s.open = nil
	}
	w.both("mount", func(s *side) (any, error) { return nil, s.files.Mount() })
}

func (w *rooms) openOne() {
	name, mode := w.name(), []string{"r", "w", "a", "r+", "w+", "a+"}[w.r.IntN(6)]
	w.both(fmt.Sprintf("open %q %s as %d", name, mode, len(w.sides[0].open)), func(s *side) (any, error) {
		f, err := s.files.Open(name, port.ParseOpenMode(mode))
		if err != nil {
			f = nil
		}
		s.open = append(s.open, f)
		return nil, err
	})
}

func (w *rooms) name() string { return w.names[w.r.IntN(len(w.names))] }

// onFile does something with a file that is open, or was. busy is how many bytes a write has.
func (w *rooms) onFile(busy int) {
	n := len(w.sides[0].open)
	if n == 0 {
		return
	}
	i := n - 1 - w.r.IntN(min(n, 7))
	if w.sides[0].open[i] == nil {
		return
	}
	what, size := w.r.IntN(12), 1+w.r.IntN(busy)
	offset, whence := w.r.IntN(3*busy)-busy, port.Whence(w.r.IntN(3))
	text := bytes.Repeat([]byte{byte('a' + w.r.IntN(26))}, size)
	w.both(fmt.Sprintf("%d on %d, %d bytes, %d from %d", what, i, size, offset, whence), func(s *side) (any, error) {
		f := s.open[i]
		switch what {
		case 0, 1, 2, 3:
			return f.Write(text)
		case 4, 5, 6:
			b := make([]byte, size)
			n, err := f.Read(b)
			return string(b[:max(n, 0)]), err
		case 7:
			return f.Seek(offset, whence)
		case 8:
			return nil, f.Flush()
		case 9:
			return f.Tell(), nil
		case 10:
			return f.Size(), nil
		}
		return nil, f.Close()
	})
}

func (w *rooms) onNames() {
	name, other, what := w.name(), w.name(), w.r.IntN(8)
	w.both(fmt.Sprintf("%d of %q %q", what, name, other), func(s *side) (any, error) {
		switch what {
		case 0, 1:
			return nil, s.files.Remove(name)
		case 2, 3:
			return nil, s.files.Rename(name, other)
		case 4, 5:
			return s.files.Stat(name)
		case 6:
			return s.files.List()
		}
		total, used, err := s.files.Info()
		return []uint32{total, used}, err
	})
}

// step does one thing at random.
func (w *rooms) step(busy int) {
	switch k := w.r.IntN(200); {
	case k < 1:
		w.restart()
	case k < 2 && w.r.IntN(8) == 0:
		w.both("format", func(s *side) (any, error) { return nil, s.files.Format() })
	case k < 50:
		w.openOne()
	case k < 80:
		w.onNames()
	default:
		w.onFile(busy)
	}
}

// TestRooms holds that a module whose files are on a chip and one whose files are in a
// directory get the same answers to everything, and that it takes the same time: with many
// handles of a file, handles that are closed, files that are removed and renamed while they
// are open, full file systems, and resets. What is in the directory is what is on flash.
func TestRooms(t *testing.T) {
	n := *histories
	if testing.Short() {
		n /= 10
	}
	commands := 0
	for seed := range uint64(n) {
		w := newRooms(t, *firstHistory+seed)
		busy := []int{50, 300, 3000}[w.r.IntN(3)]
		for range 200 + w.r.IntN(1500) {
			w.step(busy)
		}
		commands += len(w.log)
		w.restart()
		w.checkHost()
		for _, s := range w.sides {
			if err := s.files.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if t.Failed() {
			t.Fatalf("history %d", *firstHistory+seed)
		}
	}
	t.Logf("%d histories, %d commands", n, commands)
}

// checkHost compares the directory with what is on flash.
func (w *rooms) checkHost() {
	w.t.Helper()
	list, err := w.sides[0].files.List()
	if err != nil {
		w.t.Fatal(err)
	}
	entries, err := w.state.ReadDir(storage.FlashDir)
	if err != nil || len(entries) != len(list) {
		w.t.Errorf("%d files on the host, %d on flash: %v", len(entries), len(list), err)
	}
	for _, info := range list {
		f, err := w.sides[0].files.Open("/FLASH/"+info.Name, port.OpenRead)
		if err != nil {
			w.t.Fatal(err)
		}
		want := make([]byte, info.Size)
		n, _ := f.Read(want) // in pieces: a file that a full flash left with a gap ends there
		f.Close()
		got, err := w.state.ReadFile(storage.FlashDir+"/"+flashdir.HostName(info.Name), 1<<20)
		if err != nil || n == info.Size && !bytes.Equal(got, want) {
			w.t.Errorf("%q has %d bytes on flash and %d on the host, which are others: %v", info.Name, n, len(got), err)
		}
	}
}
