package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
)

// certsFile are the sectors with certificates for TLS, one behind the other. On a board they
// lie within the firmware's program, of which Moonlet keeps nothing.
const certsFile = "certs.bin"

// Certs implements port.CertSectors by a file.
type Certs struct {
	settings
	sectors [port.CertSectorCount][]byte
}

// Certs implements Room.
func (s settings) Certs() (*Certs, error) {
	c := &Certs{settings: s}
	for i := range c.sectors {
		c.sectors[i] = make([]byte, port.CertSectorBytes)
	}
	b, err := s.state.ReadFile(certsFile, stateMax)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the module's certificates: %w", err)
	}
	if len(b) != port.CertSectorCount*port.CertSectorBytes {
		return nil, fmt.Errorf("%s is damaged; remove it to begin without certificates", s.state.Join(certsFile))
	}
	for i := range c.sectors {
		copy(c.sectors[i], b[i*port.CertSectorBytes:])
	}
	return c, nil
}

// CertSector implements port.CertSectors.
func (c *Certs) CertSector(i int) []byte { return bytes.Clone(c.sectors[i]) }

// WriteCertSector implements port.CertSectors.
func (c *Certs) WriteCertSector(i int, p []byte) {
	copy(c.sectors[i], p)
	var all []byte
	for _, s := range c.sectors {
		all = append(all, s...)
	}
	if err := c.state.Replace(certsFile, all, stateMode); err != nil {
		c.onError(fmt.Errorf("cannot keep the module's certificates: %w", err))
	}
	if c.onWork != nil {
		c.onWork(Work{Erases: 1, Writes: 1, WrittenBytes: flash.SectorSize})
	}
}
