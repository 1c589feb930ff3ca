package project

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flashdir"
)

// manifestName is the file in the state directory that tells what was uploaded.
const manifestName = "uploaded.json"

// manifest has the SHA-256 of each source as it was uploaded, by name. It has those that the
// application has removed since, too, so that they do not come back.
type manifest struct {
	Files map[string]string `json:"files"`
	Store string            `json:"store,omitempty"` // the image of the Lua Flash Store
}

// Uploaded is a file that Upload wrote.
type Uploaded struct {
	Name  string
	Bytes int
}

// Upload brings the flash memory up to date: a source is written if it is not what was
// uploaded last. So what the application changed in its own files stays, and what it removed
// stays away, unless it removed everything. What was uploaded and is no source any more is
// removed, if the application has not changed it. Warnings tell what was removed and what
// stays away.
//
// Nothing is written if something is wrong with any of them.
func (p *Project) Upload() ([]Uploaded, error) {
	if p.IsImage() || p.noUpload { // all is in there
		return nil, p.openFlash()
	}
	for _, s := range p.Sources {
		if err := checkName(s); err != nil {
			return nil, err
		}
	}
	if err := p.openFlash(); err != nil {
		return nil, err
	}
	old, err := p.readManifest()
	if err != nil {
		return nil, err
	}
	if err := p.checkStore(&old); err != nil {
		return nil, err
	}
	done, err := p.uploadFiles(&old)
	if err != nil {
		return done, err
	}
	return p.uploadStore(old, done)
}

// uploadFiles brings the sources to the file system. What is there of them in the end, m
// tells.
func (p *Project) uploadFiles(m *manifest) (done []Uploaded, err error) {
	sources, err := p.flashSources()
	if err != nil {
		return nil, err
	}
	u := &upload{}
	if u.flash, err = p.openFiles(u.failed); err != nil {
		return nil, p.chipError(u.because(err), "opening the module's flash memory")
	}
	if err = u.plan(sources, *m); err == nil {
		u.kept.Store = m.Store
		done, err = p.write(u)
	}
	if u.flash != nil {
		u.flash.Unmount()
		if err2 := u.flash.Close(); err == nil {
			err = hostErrorf(err2, "writing to the module's flash memory")
		}
	}
	*m = u.kept
	return done, cmp.Or(err, p.kept())
}

// openFlash opens the chip and the state directory.
func (p *Project) openFlash() error {
	if err := p.openChip(); err != nil {
		return err
	}
	return p.openState(true)
}

// manifestIn is where the manifest is: that of a chip lies beside it, since one project
// may fill many chips.
func (p *Project) manifestIn() (dir *hostfile.Dir, name string) {
	if p.FlashPath() != "" {
		return p.beside, p.besideName + "." + manifestName
	}
	return p.state, manifestName
}

func (p *Project) readManifest() (manifest, error) {
	m := manifest{Files: map[string]string{}}
	if p.unkept {
		return m, nil
	}
	dir, name := p.manifestIn()
	data, err := dir.ReadFile(name, stateMax)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m, nil
	case err != nil:
		return m, hostErrorf(err, "reading what was uploaded")
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, &Error{Where: dir.Join(name), Problem: "it is damaged: remove it, or start with --fresh"}
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
	dir, name := p.manifestIn()
	err = dir.Replace(name, append(data, '\n'), 0o600)
	return hostErrorf(err, "writing what was uploaded (--state names another state directory)")
}

// upload is what is to be done.
type upload struct {
	flash   storage.Files
	changed []Source
	replace map[string]bool // of changed, what is there already
	gone    []string        // was uploaded, is still so on flash, and is no source any more
	away    []string        // sources that the application removed
	old     manifest
	kept    manifest // files that stay as they are
	hostErr error    // the first one of the host
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
	u.replace, u.kept, u.old = map[string]bool{}, manifest{Files: map[string]string{}}, old
	free, need := int(total)-int(used)-flashdir.Reserve, 0
	if err := u.planGone(sources, old, sizes); err != nil {
		return err
	}
	for _, name := range u.gone {
		free += flashdir.Cost(sizes[name])
	}
	for _, s := range sources {
		size, there := sizes[s.Name]
		if old.Files[s.Name] == s.sum && len(sizes) > 0 {
			u.kept.Files[s.Name] = s.sum
			if !there {
				u.away = append(u.away, s.Name)
			}
			continue
		}
		u.changed = append(u.changed, s)
		need += flashdir.Need(len(s.Data))
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

// planGone finds what the project does not have any more.
func (u *upload) planGone(sources []Source, old manifest, there map[string]int) error {
	is := map[string]bool{}
	for _, s := range sources {
		is[s.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(old.Files)) {
		if _, ok := there[name]; is[name] || !ok {
			continue
		}
		data, err := u.read(name, there[name])
		if err != nil {
			return hostErrorf(u.because(err), "reading %s in the module's flash memory", name)
		}
		if newSource(name, "", data).sum == old.Files[name] {
			u.gone = append(u.gone, name)
		}
	}
	return nil
}

// read reads a file of the module.
func (u *upload) read(name string, size int) ([]byte, error) {
	f, err := u.flash.Open(name, port.OpenRead)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size)
	n, err := f.Read(data)
	return data[:n], errors.Join(err, f.Close())
}

// write does what was planned. What is to be written leaves the manifest first,
// so that it is written again if this is interrupted.
func (p *Project) write(u *upload) ([]Uploaded, error) {
	if len(u.away) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("not to flash: %s: the application removed what was there; an edit or --fresh brings it back",
			strings.Join(u.away, ", ")))
	}
	if len(u.changed)+len(u.gone) == 0 {
		return nil, nil
	}
	if err := p.remove(u); err != nil {
		return nil, err
	}
	var done []Uploaded
	for _, s := range u.changed {
		if err := u.writeFile(s); err != nil {
			return done, hostErrorf(u.because(err), "writing %s to the module's flash memory", s.Name)
		}
		u.kept.Files[s.Name] = s.sum
		done = append(done, Uploaded{s.Name, len(s.Data)})
	}
	if err := p.kept(); err != nil { // or the manifest would promise what is not there
		return done, err
	}
	return done, p.writeManifest(u.kept)
}

// remove removes what is to be written anew, and what the project does not have any more.
func (p *Project) remove(u *upload) error {
	before := manifest{Files: maps.Clone(u.kept.Files), Store: u.kept.Store}
	for _, name := range u.gone { // until it is removed
		before.Files[name] = u.old.Files[name]
	}
	if err := p.writeManifest(before); err != nil {
		return err
	}
	names := slices.Clone(u.gone)
	for _, s := range u.changed {
		if u.replace[s.Name] {
			names = append(names, s.Name)
		}
	}
	for _, name := range names {
		if err := u.flash.Remove(name); err != nil {
			return hostErrorf(u.because(err), "replacing %s in the module's flash memory", name)
		}
	}
	if len(u.gone) > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("removed from flash: %s: the project has it no more", strings.Join(u.gone, ", ")))
	}
	if len(names) == 0 {
		return nil
	}
	// What was removed takes room until garbage is collected. A directory has none if it is
	// opened anew.
	u.flash.Unmount()
	err := u.flash.Close()
	u.flash = nil
	if err == nil {
		u.flash, err = p.openFiles(u.failed)
	}
	if err != nil {
		return hostErrorf(u.because(err), "replacing files in the module's flash memory")
	}
	u.hostErr = nil // as in plan
	return nil
}

// writeFile writes a file with one write, as a tool does that makes an image. If there is no
// room for that before garbage has been collected, it is written in pieces.
func (u *upload) writeFile(s Source) error {
	const piece = 16 << 10
	err := u.writeBy(s, max(len(s.Data), 1))
	if errors.Is(err, port.ErrFilesFull) && len(s.Data) > piece {
		err = u.writeBy(s, piece)
	}
	return err
}

// writeBy writes a file with writes of a number of bytes.
func (u *upload) writeBy(s Source, most int) error {
	f, err := u.flash.Open(s.Name, port.OpenWrite|port.OpenCreate|port.OpenTruncate)
	if err != nil {
		return err
	}
	for piece := range slices.Chunk(s.Data, most) {
		if _, err = f.Write(piece); err != nil {
			break
		}
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
		dir, name := p.manifestIn()
		if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return hostErrorf(err, "forgetting what was uploaded")
		}
		return cmp.Or(p.blank(), p.kept())
	}
	if err := p.openState(false); err != nil || p.state == nil {
		return err
	}
	if _, err := p.state.Stat(storage.FlashDir); !errors.Is(err, fs.ErrNotExist) {
		if err := p.emptyFlash(); err != nil {
			return err
		}
	}
	return p.removeState()
}

// emptyFlash removes the module's files.
func (p *Project) emptyFlash() error {
	u := &upload{}
	flash, err := flashdir.New(flashdir.Options{In: p.state, Dir: storage.FlashDir, OnHostError: u.failed})
	if err != nil {
		return hostErrorf(err, "opening the module's flash memory")
	}
	defer flash.Close()
	if err := flash.Format(); err != nil {
		return hostErrorf(u.because(err), "emptying the module's flash memory")
	}
	// A file that cannot be looked at is not among those that were removed. What leads out
	// never was the module's.
	var host *fs.PathError
	if errors.As(u.hostErr, &host) && !errors.Is(u.hostErr, hostfile.ErrOutside) {
		return hostErrorf(u.hostErr, "emptying the module's flash memory")
	}
	return nil
}

// removeState removes what is kept besides the flash directory: this package's
// manifest and the files of package device.
func (p *Project) removeState() error {
	entries, err := p.state.ReadDir(".")
	if err != nil {
		return hostErrorf(err, "emptying the state directory")
	}
	for _, e := range entries {
		if !stateFile(e.Name()) {
			continue
		}
		if err := p.state.Remove(e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return hostErrorf(err, "emptying the state directory")
		}
	}
	return nil
}
