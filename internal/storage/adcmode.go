package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"moonlet.example/moonlet/internal/sim/adc"
	"moonlet.example/moonlet/internal/storage/flash"
)

// adcFile is what the radio's init data say about the analog input.
const adcFile = "adc.json"

// adcStore implements adc.Store by a file.
type adcStore struct {
	settings
	saved adcSettings
}

type adcSettings struct {
	Supply bool `json:"supply"` // it reads the supply, not its pin
}

// ADC implements Room.
func (s settings) ADC() (adc.Store, error) {
	a := &adcStore{settings: s}
	b, err := s.state.ReadFile(adcFile, stateMax)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the mode of the analog input: %w", err)
	}
	if err := json.Unmarshal(b, &a.saved); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it to begin with a new module", s.state.Join(adcFile), err)
	}
	return a, nil
}

// LoadSupplyMode implements adc.Store.
func (a *adcStore) LoadSupplyMode() bool { return a.saved.Supply }

// SaveSupplyMode implements adc.Store. The firmware writes the sector of the init data, and
// erases it before if bits have to become 1.
func (a *adcStore) SaveSupplyMode(on bool) {
	a.saved.Supply = on
	b, err := json.MarshalIndent(a.saved, "", "  ")
	if err == nil {
		err = a.state.Replace(adcFile, append(b, '\n'), stateMode)
	}
	if err != nil {
		a.onError(fmt.Errorf("cannot keep the mode of the analog input: %w", err))
	}
	if a.onWork == nil {
		return
	}
	w := Work{Reads: 1, ReadBytes: flash.SectorSize, Writes: 1, WrittenBytes: flash.SectorSize}
	if on {
		w.Erases = 1
	}
	a.onWork(w)
}
