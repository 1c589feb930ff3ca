package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// stateMode is the mode of files in the state directory: there may be passwords.
const stateMode = 0o600

// stateMax is more than the settings in a state directory have, in bytes.
const stateMax = 1 << 20

// Files in the state directory.
const (
	recordsFile = "records.bin" // the page of reboot config records
	wifiFile    = "wifi.json"   // what the SDK keeps about the radio
	// storePattern is the partition of the Lua Flash Store at an address.
	storePattern = "lfs-%06x.bin"
)

// StateFiles lists what a module keeps in its state directory besides FlashDir and
// LockName, as patterns of package filepath.
func StateFiles() []string { return []string{recordsFile, wifiFile, adcFile, certsFile, "lfs-*.bin"} }

// LockName is the file by which a state directory is locked. It stays there, so that the
// directory can be told from others.
const LockName = "moonlet.lock"

const lockTitle = "Here Moonlet keeps the flash memory of a module.\n"

// StateLock is the lock of a state directory.
type StateLock struct{ lock *hostfile.Lock }

// InUseError says that another module has a state directory.
type InUseError struct {
	Dir string
	By  string // " by somebody", or "" if that is not known
}

// Error implements error.
func (e *InUseError) Error() string {
	return fmt.Sprintf("the state directory %s is in use%s: it belongs to one module at a time", e.Dir, e.By)
}

// LockState locks a state directory for one module. The error is an *InUseError if
// another one has it, and errors.ErrUnsupported if its file system has no locks.
func LockState(dir *hostfile.Dir) (*StateLock, error) {
	l, err := dir.Lock(LockName, lockTitle)
	switch {
	case errors.Is(err, hostfile.ErrLocked):
		return nil, &InUseError{dir.Path(), dir.By(LockName)}
	case err != nil:
		return nil, fmt.Errorf("cannot lock the state directory: %w", err)
	}
	return &StateLock{l}, nil
}

// Release gives the lock back.
func (l *StateLock) Release() { l.lock.Release(lockTitle) }

// KeptStore is the partition of the Lua Flash Store that the flash memory has, before a build
// with another one changes the table; empty if there is none. What cannot be read is left to
// who needs it.
func KeptStore(o Options) []byte {
	if o.Chip != nil {
		page, err := rcr.In(o.Chip.Part(rcr.PageAddr, rcr.PageSize))
		if err != nil {
			return nil
		}
		at, b := page.Partition(port.PartitionLFS), o.Chip.Bytes()
		from := min(int(at.Addr), len(b))
		return b[from:min(from+int(at.Size), len(b))]
	}
	if o.State == nil {
		return nil
	}
	// The table is only kept if the application changed it or another record.
	at := rcr.Find(rcr.DefaultPartitions(uint32(o.FlashBytes), flash.SectorSize), port.PartitionLFS)
	if b, err := o.State.ReadFile(recordsFile, stateMax); err == nil {
		if page, err := rcr.Load(b); err == nil {
			if kept := page.Partition(port.PartitionLFS); kept.Size > 0 {
				at = kept
			}
		}
	}
	content, err := o.State.ReadFile(fmt.Sprintf(storePattern, at.Addr), flash.MaxSize)
	if err != nil {
		return nil
	}
	return content
}

// settings are those that are in the state directory in both rooms.
type settings struct {
	state   *hostfile.Dir
	onError func(error)
	onWork  func(Work) // may be nil
}

// WiFi implements Room.
func (s settings) WiFi() (radio.Store, error) { return newWiFiStore(s.state, s.onError) }

// wifiStore implements radio.Store by a file.
type wifiStore struct {
	dir    *hostfile.Dir
	saved  radio.Settings
	exists bool
	report func(error)
}

func newWiFiStore(dir *hostfile.Dir, report func(error)) (*wifiStore, error) {
	s := &wifiStore{dir: dir, report: report}
	b, err := dir.ReadFile(wifiFile, stateMax)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the module's Wi-Fi settings: %w", err)
	}
	if err := json.Unmarshal(b, &s.saved); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it to begin with new settings", dir.Join(wifiFile), err)
	}
	s.exists = true
	return s, nil
}

// LoadWiFi implements radio.Store.
func (s *wifiStore) LoadWiFi() (radio.Settings, bool) { return s.saved, s.exists }

// SaveWiFi implements radio.Store.
func (s *wifiStore) SaveWiFi(settings radio.Settings) {
	s.saved, s.exists = settings, true
	b, err := json.MarshalIndent(settings, "", "  ")
	if err == nil {
		err = s.dir.Replace(wifiFile, append(b, '\n'), stateMode)
	}
	if err != nil {
		s.report(fmt.Errorf("cannot keep the Wi-Fi settings: %w", err))
	}
}
