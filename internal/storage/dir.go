package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashdir"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// FlashDir is the directory of the module's files in the state directory.
const FlashDir = "flash"

// dirRoom keeps everything as files in a state directory.
type dirRoom struct {
	settings
	o Options
}

// FlashBytes implements Room.
func (r *dirRoom) FlashBytes() uint32 { return uint32(r.o.FlashBytes) }

// On implements Room.
func (r *dirRoom) On() {}

// Off implements Room.
func (r *dirRoom) Off(time.Duration) {}

// Records implements Room. What changes is kept at once.
func (r *dirRoom) Records() (*rcr.Page, error) {
	if r.o.State == nil {
		return rcr.New(r.FlashBytes(), uint32(r.o.LFSBytes)), nil
	}
	page, err := r.readRecords()
	if err != nil {
		return nil, err
	}
	page.OnWrite = func() {
		if err := r.o.State.Replace(recordsFile, page.Bytes(), stateMode); err != nil {
			r.o.OnError(fmt.Errorf("cannot keep the module's settings: %w", err))
		}
	}
	return page, nil
}

// readRecords reads the page of reboot config records, a new one if there is none.
func (r *dirRoom) readRecords() (*rcr.Page, error) {
	b, err := r.o.State.ReadFile(recordsFile, stateMax)
	if errors.Is(err, fs.ErrNotExist) {
		return rcr.New(r.FlashBytes(), uint32(r.o.LFSBytes)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the module's settings: %w", err)
	}
	page, err := rcr.Load(b)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it to begin with a new module", r.o.State.Join(recordsFile), err)
	}
	page.Provision(r.FlashBytes(), uint32(r.o.LFSBytes))
	return page, nil
}

// Files implements Room.
func (r *dirRoom) Files(at port.FlashRegion) (Files, error) {
	files, err := flashdir.New(flashdir.Options{In: r.o.State, Dir: FlashDir, Region: flashdir.RegionIn(at), OnHostError: r.o.OnError, OnWork: r.o.OnWork})
	if err != nil {
		return nil, err
	}
	return files, nil
}

// Store implements Room.
func (r *dirRoom) Store(at port.FlashRegion) (*flash.Part, error) {
	part, err := flash.Open(r.o.State, fmt.Sprintf(storePattern, at.Addr), int(at.Size))
	if err == nil {
		part.OnError, part.OnOp = r.o.OnError, r.o.OnOp
	}
	return part, err
}
