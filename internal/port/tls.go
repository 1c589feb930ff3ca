package port

// CertSectors are the two sectors of the flash chip in which the firmware keeps certificates for
// TLS: 0 has those by which servers are checked, 1 has the module's own. A reset leaves them as
// they are.
type CertSectors interface {
	// CertSector is what is in a sector: CertSectorBytes, which begin with zero bytes if
	// nobody has ever written it.
	CertSector(i int) []byte
	// WriteCertSector erases the sector and writes it.
	WriteCertSector(i int, p []byte)
}

// Figures of CertSectors.
const (
	CertSectorCount = 2
	CertSectorBytes = 4096 // INTERNAL_FLASH_SECTOR_SIZE
)
