package flashdir

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
)

// Others may change the directory while the module runs, so each look-up asks the
// host. To list the directory for each would take milliseconds with a thousand files. So a name
// is looked for under the names that it can have on the host, and the directory is
// listed when it has been changed by somebody else.

// caseless tells whether the host takes no notice of case. A file of one name could then
// be found under another one.
const caseless = runtime.GOOS == "windows" || runtime.GOOS == "darwin" || runtime.GOOS == "ios"

// look brings a file on flash in line with the host's.
func (s *FS) look(name string) error {
	n := s.nodes[name]
	if n != nil && n.refs > 0 {
		return nil
	}
	for _, host := range s.spellings(name, n) {
		if now, why, ok := s.ask(host); ok {
			s.load(name, now)
			return nil
		} else if why != nil {
			s.ignore(host, why)
		}
	}
	if n != nil {
		s.unload(n)
	}
	at, err := s.changedAt()
	if err != nil || at.Equal(s.seen) {
		return err
	}
	return s.refresh()
}

// spellings are the names on the host under which a file is looked for, the best one
// first: that of this package, that which it had, and that which a user would type. n is
// what is known of the file, if anything is.
func (s *FS) spellings(name string, n *node) []string {
	own := HostName(name)
	var list []string
	if !caseless || n != nil && n.host == own {
		list = append(list, own)
	}
	if n != nil && n.host != own {
		list = append(list, n.host)
	}
	if plain, ok := DeviceName(name); !caseless && ok && plain == name && name != own && isEntry(name) {
		list = append(list, name)
	}
	return list
}

// isEntry tells whether a name could be that of an entry of a directory.
func isEntry(name string) bool {
	for i := range len(name) {
		if name[i] == '/' || name[i] == 0 {
			return false
		}
	}
	return name != ""
}

// changedAt tells when files came to the directory or went, as far as the host says it.
func (s *FS) changedAt() (time.Time, error) {
	info, err := s.dir.Stat(".")
	if err != nil {
		return time.Time{}, s.failed("reading", ".", err)
	}
	return info.ModTime(), nil
}

// noteChange remembers that the directory was changed by the module.
func (s *FS) noteChange() {
	if info, err := s.dir.Stat("."); err == nil {
		s.seen = info.ModTime()
	}
}

// ask asks the host for a file that the module could have. If there is none, why may say
// more than that.
func (s *FS) ask(host string) (f found, why error, ok bool) {
	info, err := s.dir.Stat(host)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) { // or somebody just removed it
			err = nil
		}
		return found{}, err, false
	}
	return found{host, int(info.Size()), info.ModTime().UnixNano()}, nil, info.Mode().IsRegular()
}

// refresh brings flash in line with the directory, which others may have changed. What is
// open stays.
func (s *FS) refresh() error {
	seen, err := s.changedAt()
	if err != nil {
		return err
	}
	entries, err := s.dir.ReadDir(".")
	if err != nil {
		return s.failed("reading", ".", err)
	}
	there := map[string]found{}
	for _, e := range entries {
		if !s.loaded && e.Type().IsRegular() && hostfile.IsTemp(e.Name(), isName) {
			_ = s.dir.Remove(e.Name()) // a run that was killed left it
			continue
		}
		name, f, ok := s.entry(e)
		if !ok {
			continue
		}
		if old, twice := there[name]; twice {
			// Two spellings of one name: the one that this package writes wins.
			loser := f.host
			if f.host == HostName(name) {
				loser, there[name] = old.host, f
			}
			s.ignore(loser, errors.New("another file stands for the same name"))
			continue
		}
		there[name] = f
	}
	for name, n := range s.nodes {
		if _, ok := there[name]; !ok && n.refs == 0 {
			s.unload(n)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		s.load(name, there[name])
	}
	s.seen = seen
	return nil
}

// entry tells which file of the module an entry of the directory is, false if it is none.
func (s *FS) entry(e fs.DirEntry) (name string, f found, ok bool) {
	host := e.Name()
	if e.IsDir() || strings.HasPrefix(host, ".") {
		return "", found{}, false
	}
	name, ok = DeviceName(host)
	if !ok || len(name) > port.FileNameMax {
		s.ignore(host, fmt.Errorf("its name cannot stand for one of up to %d bytes", port.FileNameMax))
		return "", found{}, false
	}
	f, why, ok := s.ask(host)
	if why != nil {
		s.ignore(host, why)
	}
	return name, f, ok
}

// isName tells whether a file of the module can have a name on the host.
func isName(host string) bool {
	_, ok := DeviceName(host)
	return ok
}

func (s *FS) ignore(host string, why error) {
	const most = 1000
	if !s.ignored[host] && len(s.ignored) < most {
		if s.ignored == nil {
			s.ignored = map[string]bool{}
		}
		s.ignored[host] = true
		s.report(fmt.Errorf("%s in %s is not visible to the module: %w", host, s.dir.Path(), why))
	}
}

// load brings a file of the host to flash, if it is not there as it is. This is not the
// module's work.
func (s *FS) load(name string, f found) {
	n := s.nodes[name]
	if n != nil && (n.refs > 0 || n.found == f) || s.unfit[f.host] == f || s.allOpen() {
		return
	}
	data, err := s.dir.ReadFile(f.host, int64(s.options.Region.Size))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case errors.Is(err, hostfile.ErrTooLarge):
		err = port.ErrFilesFull
	case err == nil:
		f.size = len(data)
		err = s.put(name, data, n != nil)
	}
	if err == nil {
		s.nodes[name] = &node{name: name, found: f}
		return
	}
	if n != nil {
		s.unload(n)
	}
	if s.unfit == nil {
		s.unfit = map[string]found{}
	}
	s.unfit[f.host] = f
	if errors.Is(err, port.ErrFilesFull) {
		err = errors.New("the module's file system has no room for it")
	}
	s.ignore(f.host, err)
}

// allOpen tells that there is no descriptor left to write a file with.
func (s *FS) allOpen() bool {
	for _, f := range s.open {
		if f == nil {
			return false
		}
	}
	return true
}

// put writes a file to flash. One that is there gives its pages back first.
func (s *FS) put(name string, data []byte, there bool) error {
	path := onFlash(name)
	return s.unnoticed(func() error {
		if there {
			if err := s.flash.Remove(path); err != nil {
				return err
			}
		}
		f, err := s.flash.Open(path, port.OpenWrite|port.OpenCreate|port.OpenTruncate)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		if err = errors.Join(err, f.Close()); err != nil {
			_ = s.flash.Remove(path)
		}
		return err
	})
}

// unload removes a file from flash that the host has not any more.
func (s *FS) unload(n *node) {
	n.release()
	if s.unnoticed(func() error { return s.flash.Remove(onFlash(n.name)) }) == nil {
		delete(s.nodes, n.name)
	}
}

// onFlash is a path that stands for a name, whatever that begins with.
func onFlash(name string) string {
	if strings.HasPrefix(name, "/") {
		return "/FLASH/" + name
	}
	return name
}

// unnoticed does what the module has no part in, and takes none of its time for.
func (s *FS) unnoticed(f func() error) error {
	before := s.work
	err := f()
	s.work = before
	s.flash.Change()
	return err
}
