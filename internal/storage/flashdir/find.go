package flashdir

import (
	"runtime"
	"time"
)

// Others may change the directory while the module runs, so each look-up asks the host.
// To list the directory for each would take milliseconds with a thousand files. So a name
// is looked for under the names that it can have on the host, and the directory is
// listed when it has been changed by somebody else.

// caseless tells whether the host takes no notice of case. A file of one name could then
// be found under another one.
const caseless = runtime.GOOS == "windows" || runtime.GOOS == "darwin" || runtime.GOOS == "ios"

// known finds a file without listing the directory, nil if that does not find it.
func (s *FS) known(name string) *node {
	n := s.nodes[name]
	if n != nil && n.refs > 0 {
		return n
	}
	for _, host := range s.spellings(name, n) {
		size, ok := s.sizeOf(host)
		if !ok {
			continue
		}
		if n == nil {
			n = &node{name: name, host: host, size: size}
			s.add(n)
			return n
		}
		n.release() // what is there may be another file by now
		n.host = host
		s.resize(n, size)
		return n
	}
	if n != nil {
		n.release()
		s.drop(n)
	}
	return nil
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

// update lists the directory if somebody else has changed it.
func (s *FS) update() error {
	at, err := s.changedAt()
	if err != nil || at.Equal(s.seen) {
		return err
	}
	return s.refresh()
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

// add, drop and resize keep the number of pages that files take.

func (s *FS) add(n *node) {
	s.nodes[n.name] = n
	s.taken += pages(n.size)
}

func (s *FS) drop(n *node) {
	if s.nodes[n.name] == n {
		delete(s.nodes, n.name)
		s.taken -= pages(n.size)
	}
}

func (s *FS) resize(n *node, size int) {
	if s.nodes[n.name] == n {
		s.taken += pages(size) - pages(n.size)
	}
	n.size = size
}
