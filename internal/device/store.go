package device

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashdir"
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

// loadRecords reads the page of reboot config records. Without a chip it is kept up to
// date on the host.
func loadRecords(c Config, report func(error)) (*rcr.Page, error) {
	if c.Chip != nil {
		return chipRecords(c)
	}
	if c.State == nil {
		return rcr.New(flash.DefaultSize, uint32(c.LFSSize)), nil
	}
	page, err := readRecords(c.State, c.LFSSize)
	if err != nil {
		return nil, err
	}
	page.OnWrite = func() {
		if err := c.State.Replace(recordsFile, page.Bytes(), stateMode); err != nil {
			report(fmt.Errorf("cannot keep the module's settings: %w", err))
		}
	}
	return page, nil
}

// chipRecords is the page in the chip. A new chip gets the table that the firmware makes at
// its first boot. One that has a table keeps it, unless a store is asked for and the table
// is that of a build without one. Of the table in a firmware that has never started, the
// first boot is done.
func chipRecords(c Config) (*rcr.Page, error) {
	page, err := rcr.In(c.Chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		return nil, err
	}
	size := c.flashSize()
	table, ok := page.Table()
	ok = ok && len(table) > 0
	sound := ok && (rcr.Unfinished(table) || rcr.Check(table, size) == nil)
	fresh := !sound && isNew(c.Chip)
	switch {
	case !ok && !fresh:
		return nil, ErrNoTable
	case size < rcr.LeastChip:
		return nil, &ChipError{fmt.Sprintf("the firmware does not start on a flash chip of %d bytes: it wants %d or more", size, rcr.LeastChip)}
	case fresh:
		if !c.Chip.Blank(rcr.PageAddr) { // the power went while the table was written
			c.Chip.Erase(rcr.PageAddr)
		}
		page.WriteTable(rcr.DefaultPartitions(size, uint32(c.LFSSize)))
	case !sound:
		return nil, &ChipError{fmt.Sprintf("the partition table on the flash chip is damaged, so the firmware does not start: %v; %s", rcr.Check(table, size), lookHint)}
	case rcr.Unfinished(table):
		made, err := rcr.FirstBoot(table, size)
		if err != nil {
			return nil, &ChipError{fmt.Sprintf("the firmware does not start with its partition table: %v", err)}
		}
		page.WriteTable(made)
	case c.LFSSize > 0:
		page.Provision(size, uint32(c.LFSSize))
	}
	return page, nil
}

// isNew tells whether there is nothing in a chip but, perhaps, the beginning of a record with
// a table.
func isNew(chip *flash.Chip) bool {
	if head := chip.Bytes()[rcr.PageAddr:]; !chip.Blank(rcr.PageAddr) && (head[1] != port.RecordPartitions || head[2] != 0 || head[3] != 0) {
		return false
	}
	for at := 0; at < chip.Size(); at += flash.SectorSize {
		if at != rcr.PageAddr && !chip.Blank(at) {
			return false
		}
	}
	return true
}

const lookHint = `"moonlet flash inspect" shows what is on the chip, "moonlet spiffs extract" gets its files`

// ChipError is what keeps the firmware from starting with what is on a flash chip.
type ChipError struct{ problem string }

// Error implements error.
func (e *ChipError) Error() string { return e.problem }

// ErrNoTable says that a chip with something on it has no partition table.
var ErrNoTable = &ChipError{fmt.Sprintf("the flash chip has no partition table at 0x%06x, so the firmware does not start: it is none of NodeMCU 3, "+
	"or the power went while its settings were written anew; %s", rcr.PageAddr, lookHint)}

// readRecords reads the page of reboot config records, a new one if there is none.
func readRecords(dir *hostfile.Dir, lfsSize int) (*rcr.Page, error) {
	b, err := dir.ReadFile(recordsFile, stateMax)
	if errors.Is(err, fs.ErrNotExist) {
		return rcr.New(flash.DefaultSize, uint32(lfsSize)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the module's settings: %w", err)
	}
	page, err := rcr.Load(b)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it to begin with a new module", dir.Join(recordsFile), err)
	}
	page.Provision(flash.DefaultSize, uint32(lfsSize))
	return page, nil
}

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

// openState opens the state directory, which is made if it does not exist, unless somebody
// has done so.
func (d *Device) openState() error {
	c := &d.config
	if c.State != nil {
		return nil
	}
	dir, err := c.Files.OpenDir(c.StateDir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := c.Files.MkdirAll(c.StateDir, 0o777); err != nil {
			return fmt.Errorf("cannot make the directory for the module's flash memory: %w", err)
		}
		dir, err = c.Files.OpenDir(c.StateDir)
	}
	if err != nil {
		return fmt.Errorf("cannot open the directory for the module's flash memory: %w", err)
	}
	if d.stateLock, err = LockState(dir); err != nil {
		dir.Close()
		return err
	}
	c.State = dir
	return nil
}

// closeState closes what openState opened.
func (d *Device) closeState() {
	if d.stateLock != nil {
		d.stateLock.Release()
		d.config.State.Close()
		d.stateLock, d.config.State = nil, nil
	}
}

// StateFiles lists what a module keeps in its state directory besides FlashDir and
// LockName, as patterns of package filepath.
func StateFiles() []string { return []string{recordsFile, wifiFile, "lfs-*.bin"} }

// Partitions tells where the store and the file system are in the flash chip of a
// module that may never have run.
// Without a chip and an open state directory it is one that never ran.
func Partitions(c Config) (lfs, files port.FlashRegion, err error) {
	page, err := loadRecords(c, func(error) {})
	if err != nil {
		return lfs, files, err
	}
	return page.Partition(port.PartitionLFS), flashdir.RegionIn(page.Partition(port.PartitionSPIFFS)), nil
}

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
