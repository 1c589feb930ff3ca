package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"moonlet/internal/device"
	"moonlet/internal/flashdir"
	"moonlet/internal/hostfile"
	"moonlet/internal/port"
)

// manifestName is the file in the state directory that tells what was uploaded.
const manifestName = "uploaded.json"

// manifest has the SHA-256 of each source as it was uploaded, by name.
type manifest struct {
	Files map[string]string `json:"files"`
	Store string            `json:"store,omitempty"` // the image of the Lua Flash Store
}

// Uploaded is a file that Upload wrote.
type Uploaded struct {
	Name  string
	Bytes int
}

// Upload brings the flash memory up to date: a source is written if there is no
// file of its name, or if the source is not what was uploaded last. So what the
// application changed in its own files stays.
//
// Nothing is written if something is wrong with any of them.
func (p *Project) Upload() ([]Uploaded, error) {
	if p.IsImage() { // all is in there
		return nil, p.openChip()
	}
	for _, s := range p.Sources {
		if err := checkName(s); err != nil {
			return nil, err
		}
	}
	if err := p.makeStateDir(); err != nil {
		return nil, err
	}
	old, err := p.readManifest()
	if err != nil {
		return nil, err
	}
	if err := p.openChip(); err != nil {
		return nil, err
	}
	u := &upload{}
	if u.flash, err = p.openFiles(u.failed); err != nil {
		return nil, p.chipError(err, "opening the module's flash memory")
	}
	defer u.flash.Close()
	if err := u.plan(p.Sources, old); err != nil {
		return nil, err
	}
	u.kept.Store = old.Store
	done, err := p.write(u)
	if err != nil {
		return done, err
	}
	return p.uploadStore(u.kept, done)
}

func (p *Project) flashDir() string { return filepath.Join(p.StateDir, device.FlashDir) }

// makeStateDir makes the directory, hidden from git where it is new.
func (p *Project) makeStateDir() error {
	if p.unkept {
		return nil
	}
	if _, err := os.Stat(p.StateDir); !errors.Is(err, fs.ErrNotExist) {
		return hostErrorf(err, "opening the state directory")
	}
	if err := os.MkdirAll(p.StateDir, 0o777); err != nil {
		return hostErrorf(err, "making the state directory (--state names another)")
	}
	return hostErrorf(os.WriteFile(filepath.Join(p.StateDir, ".gitignore"), []byte("*\n"), 0o666),
		"writing the state directory (--state names another)")
}

// manifestPath is where the manifest is: that of a chip lies beside it, since one project
// may fill many chips.
func (p *Project) manifestPath() string {
	if path := p.FlashPath(); path != "" {
		return path + "." + manifestName
	}
	return filepath.Join(p.StateDir, manifestName)
}

func (p *Project) readManifest() (manifest, error) {
	m := manifest{Files: map[string]string{}}
	if p.unkept {
		return m, nil
	}
	name := p.manifestPath()
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m, nil
	case err != nil:
		return m, hostErrorf(err, "reading what was uploaded")
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, &Error{Where: name, Problem: "it is damaged: remove it, or start with --fresh"}
	}
	if m.Files == nil {
		m.Files = map[string]string{}
	}
	return m, nil
}

// writeManifest replaces the manifest at once, so that there is always a whole
// one.
func (p *Project) writeManifest(m manifest) error {
	if p.unkept {
		return nil
	}
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return fmt.Errorf("BUG: %w", err)
	}
	err = hostfile.Replace(p.manifestPath(), append(data, '\n'), 0o600)
	return hostErrorf(err, "writing what was uploaded (--state names another state directory)")
}

// upload is what is to be done.
type upload struct {
	flash   files
	changed []Source
	replace map[string]bool // of changed, what is there already
	kept    manifest        // files that stay as they are
	hostErr error           // the first one of the host
}

func (u *upload) failed(err error) {
	if u.hostErr == nil {
		u.hostErr = err
	}
}

// because prefers what the host said to the module's words for it.
func (u *upload) because(err error) error {
	if u.hostErr != nil {
		return u.hostErr
	}
	return err
}

// plan finds what has changed and checks that there is room for it.
func (u *upload) plan(sources []Source, old manifest) error {
	list, err := u.flash.List()
	if err != nil {
		return hostErrorf(u.because(err), "reading the module's flash memory")
	}
	total, used, err := u.flash.Info()
	if err != nil {
		return hostErrorf(u.because(err), "reading the module's flash memory")
	}
	u.hostErr = nil // what flashdir complained about stays invisible to the module
	sizes := map[string]int{}
	for _, f := range list {
		sizes[f.Name] = f.Size
	}
	u.replace, u.kept = map[string]bool{}, manifest{Files: map[string]string{}}
	free, need := int(total)-int(used)-flashdir.Reserve, 0
	for _, s := range sources {
		size, there := sizes[s.Name]
		if there && old.Files[s.Name] == s.sum {
			u.kept.Files[s.Name] = s.sum
			continue
		}
		u.changed = append(u.changed, s)
		need += flashdir.Cost(len(s.Data))
		if there {
			u.replace[s.Name] = true
			free += flashdir.Cost(size)
		}
	}
	if need > free {
		return &Error{Where: "flash memory", Problem: fmt.Sprintf(
			"it is too small: the files need %d bytes and %d are free; leave some out with the key files, or empty it with --fresh", need, max(free, 0))}
	}
	return nil
}

// write does what was planned. What is to be written leaves the manifest first,
// so that it is written again if this is interrupted.
func (p *Project) write(u *upload) ([]Uploaded, error) {
	if len(u.changed) == 0 {
		return nil, nil
	}
	if err := p.writeManifest(u.kept); err != nil {
		return nil, err
	}
	for _, s := range u.changed {
		if !u.replace[s.Name] {
			continue
		}
		if err := u.flash.Remove(s.Name); err != nil {
			return nil, hostErrorf(u.because(err), "replacing %s in the module's flash memory", s.Name)
		}
	}
	var done []Uploaded
	for _, s := range u.changed {
		if err := u.writeFile(s); err != nil {
			return done, hostErrorf(u.because(err), "writing %s to the module's flash memory", s.Name)
		}
		u.kept.Files[s.Name] = s.sum
		done = append(done, Uploaded{s.Name, len(s.Data)})
	}
	return done, p.writeManifest(u.kept)
}

func (u *upload) writeFile(s Source) error {
	f, err := u.flash.Open(s.Name, port.OpenWrite|port.OpenCreate|port.OpenTruncate)
	if err != nil {
		return err
	}
	if len(s.Data) > 0 {
		_, err = f.Write(s.Data)
	}
	return errors.Join(err, f.Close())
}

// Forget makes the module's flash memory new: its files and everything else that
// a reset keeps. It removes nothing that this program did not make.
func (p *Project) Forget() error {
	if p.IsImage() {
		return &Error{Where: "--fresh", Problem: "the image of a chip has nothing to begin again with; \"moonlet flash create\" makes a new one"}
	}
	if err := p.openChip(); err != nil {
		return err
	}
	if p.chip != nil {
		if err := os.Remove(p.manifestPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return hostErrorf(err, "forgetting what was uploaded")
		}
		return p.blank()
	}
	if _, err := os.Stat(p.StateDir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	u := &upload{}
	flash, err := flashdir.New(flashdir.Options{Dir: p.flashDir(), OnHostError: u.failed})
	if err != nil {
		return hostErrorf(err, "opening the module's flash memory")
	}
	defer flash.Close()
	if err := flash.Format(); err != nil {
		return hostErrorf(u.because(err), "emptying the module's flash memory")
	}
	return p.removeState()
}

// removeState removes what is kept besides the flash directory: this package's
// manifest and the files of package device.
func (p *Project) removeState() error {
	entries, err := os.ReadDir(p.StateDir)
	if err != nil {
		return hostErrorf(err, "emptying the state directory")
	}
	for _, e := range entries {
		for _, pattern := range append(device.StateFiles(), manifestName) {
			if ok, _ := filepath.Match(pattern, e.Name()); !ok {
				continue
			}
			if err := os.Remove(filepath.Join(p.StateDir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return hostErrorf(err, "emptying the state directory")
			}
		}
	}
	return nil
}
