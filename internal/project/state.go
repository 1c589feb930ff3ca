package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"syscall"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/storage"
)

// ignoreName is the file that hides a state directory from git.
const ignoreName = ".gitignore"

const ignoreText = "*\n"

// stateMax is more than this package's files in a state directory have, in bytes.
const stateMax = 16 << 20

func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// stateFile tells whether a module or this package makes a file of that name in a state
// directory.
func stateFile(name string) bool {
	for _, pattern := range append(storage.StateFiles(), manifestName) {
		if ok, _ := filepath.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

// ours tells whether Moonlet makes a file of that name in a state directory.
func ours(name string) bool {
	return stateFile(name) || slices.Contains([]string{storage.FlashDir, storage.LockName, ignoreName}, name) ||
		hostfile.IsTemp(name, temporary)
}

// temporary tells whose temporary files a killed run can have left.
func temporary(of string) bool { return stateFile(of) || of == ignoreName }

// findState opens the state directory if it exists.
func (p *Project) findState() (*hostfile.Dir, error) {
	var d *hostfile.Dir
	var err error
	if p.stateIn != nil {
		d, err = p.stateIn.Sub(p.stateName)
	} else {
		files := p.files
		if p.Temporary {
			files = files.Passing()
		}
		d, err = files.OpenDir(p.StateDir)
	}
	switch {
	case errors.Is(err, hostfile.ErrOutside):
		return nil, &Error{Where: p.StateDir, Problem: "this state directory leads out of the project by a link: remove the link, or name a directory with --state"}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, hostErrorf(err, "opening the state directory (--state names another)")
	}
	return d, err
}

// makeState makes the state directory, hidden from git.
func (p *Project) makeState() (*hostfile.Dir, error) {
	var err error
	if p.stateIn != nil {
		err = p.stateIn.MkdirAll(p.stateName, 0o777)
	} else {
		err = p.files.MkdirAll(p.StateDir, 0o777)
	}
	if err != nil {
		return nil, hostErrorf(err, "making the state directory (--state names another)")
	}
	d, err := p.findState()
	if err != nil {
		return nil, hostErrorf(err, "opening the state directory (--state names another)")
	}
	if err := d.Replace(ignoreName, []byte(ignoreText), 0o666); err != nil {
		d.Close()
		p.removeStateDir() // or the next one would not be hidden
		return nil, hostErrorf(err, "writing the state directory (--state names another)")
	}
	return d, nil
}

// removeStateDir removes the state directory if nothing is in it.
func (p *Project) removeStateDir() {
	if p.stateIn != nil {
		_ = p.stateIn.Remove(p.stateName)
		return
	}
	_ = p.files.Remove(p.StateDir)
}

// openState opens the state directory and locks it, once. If it does not exist it is made,
// if that is wanted.
func (p *Project) openState(wanted bool) error {
	if p.unkept || p.state != nil {
		return nil
	}
	if p.memory {
		if wanted {
			p.state = hostfile.NewMemory()
		}
		return nil
	}
	d, err := p.findState()
	switch {
	case errors.Is(err, fs.ErrNotExist) && !wanted:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		d, err = p.makeState()
	case err == nil:
		err = p.checkState(d)
	}
	if err == nil {
		err = p.lockState(d)
	}
	if err != nil {
		if d != nil {
			d.Close()
		}
		return err
	}
	p.state = d
	if info, err := d.Stat(ignoreName); err == nil && info.Size() == 0 { // cut off, on a full disk
		if err := d.Replace(ignoreName, []byte(ignoreText), 0o666); err != nil && !hostfile.IsReadOnly(err) {
			return hostErrorf(err, "writing the state directory (--state names another)")
		}
	}
	// What a run left that was killed; there may be passwords in it.
	return hostErrorf(p.sweepState(), "removing what an interrupted run left in the state directory")
}

func (p *Project) sweepState() error {
	err := p.state.Sweep(".", temporary)
	if hostfile.IsReadOnly(err) {
		return nil
	}
	return err
}

// checkState refuses a directory that is somebody's and no state directory, for what is
// called flash in it would be taken for the module's.
func (p *Project) checkState(d *hostfile.Dir) error {
	list, err := d.ReadDir(".")
	if err != nil {
		return hostErrorf(err, "reading the state directory (--state names another)")
	}
	has := map[string]bool{}
	foreign := ""
	for _, e := range list {
		has[e.Name()] = true
		if foreign == "" && !ours(e.Name()) {
			foreign = e.Name()
		}
	}
	if has[storage.LockName] || foreign == "" && (!has[storage.FlashDir] || has[manifestName]) {
		return nil
	}
	text, err := d.ReadFile(ignoreName, stateMax)
	if err == nil && (string(text) == ignoreText || len(text) == 0 && foreign == "") {
		return nil
	}
	if foreign == "" {
		foreign = storage.FlashDir
	}
	return &Error{Where: p.StateDir, Problem: fmt.Sprintf(
		"this is no state directory: there is %s in it, which Moonlet did not make; name one that is new or empty with --state", foreign)}
}

// lockState locks the state directory.
func (p *Project) lockState(d *hostfile.Dir) (err error) {
	p.lock, err = storage.LockState(d)
	var used *storage.InUseError
	switch {
	case errors.As(err, &used):
		return &HostError{"starting the module", fmt.Errorf("%w; wait for its end, or name another directory with --state", used)}
	case errors.Is(err, errors.ErrUnsupported):
		p.Warnings = append(p.Warnings, fmt.Sprintf("the file system of %s has no locks: take care that no other module uses it meanwhile", p.StateDir))
		return nil
	}
	return hostErrorf(err, "locking the state directory (--state names another)")
}

// closeState gives the state directory back.
func (p *Project) closeState() {
	if p.lock != nil {
		p.lock.Release()
		p.lock = nil
	}
	if p.state == nil {
		return
	}
	empty := p.save && p.settings.state == "" && p.emptyState()
	p.state.Close()
	p.state = nil
	if empty {
		p.removeStateDir()
	}
}

// emptyState tells whether nothing was kept in the state directory, and removes then what
// Moonlet itself has put there.
func (p *Project) emptyState() bool {
	list, err := p.state.ReadDir(".")
	if err != nil || slices.ContainsFunc(list, func(e fs.DirEntry) bool { return e.Name() != storage.LockName && e.Name() != ignoreName }) {
		return false
	}
	for _, e := range list {
		_ = p.state.Remove(e.Name())
	}
	return true
}
