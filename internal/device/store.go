package device

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"moonlet/internal/radio"
	"moonlet/internal/sdk"
)

// Files in the state directory.
const (
	recordsFile = "records.bin" // the page of reboot config records
	wifiFile    = "wifi.json"   // what the SDK keeps about the radio
)

// loadRecords reads the page of reboot config records, a new one if there is
// none, and keeps it up to date on the host.
func loadRecords(dir string, report func(error)) (*sdk.RecordPage, error) {
	path := filepath.Join(dir, recordsFile)
	page := sdk.NewRecordPage(flashSize)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("cannot read the module's settings: %w", err)
	default:
		if page, err = sdk.LoadRecordPage(b); err != nil {
			return nil, fmt.Errorf("%s is damaged (%w); remove it to begin with a new module", path, err)
		}
	}
	page.OnWrite = func() {
		if err := replaceFile(path, page.Bytes()); err != nil {
			report(err)
		}
	}
	return page, nil
}

// replaceFile writes a file so that it has either the old content or the new one.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// wifiStore implements radio.Store by a file.
type wifiStore struct {
	path   string
	saved  radio.Settings
	exists bool
	report func(error)
}

func newWiFiStore(dir string, report func(error)) (*wifiStore, error) {
	s := &wifiStore{path: filepath.Join(dir, wifiFile), report: report}
	b, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the module's Wi-Fi settings: %w", err)
	}
	if err := json.Unmarshal(b, &s.saved); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it to begin with new settings", s.path, err)
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
		err = replaceFile(s.path, append(b, '\n'))
	}
	if err != nil {
		s.report(fmt.Errorf("cannot keep the Wi-Fi settings: %w", err))
	}
}
