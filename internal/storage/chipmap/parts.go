package chipmap

import (
	"fmt"

	"moonlet.example/moonlet/internal/storage/flash"
)

// Part is what can be taken out of a chip as a file.
type Part struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"` // of the file
	Addr int    `json:"address"`
	Data []byte `json:"-"`
	// Bytes is the size of the file.
	Bytes int `json:"bytes"`
}

// Parts lists what is in the chip, each as it would be flashed at its address. Erased
// regions are left out. Of the program, and of what nobody knows, there is what is in
// use, in whole sectors; of a sound store its words; of other regions all.
func (m *Map) Parts() (list []Part) {
	seen := map[Kind]bool{}
	for i := range m.Regions {
		r := &m.Regions[i]
		if r.Sectors == 0 || r.Kind == Free {
			continue
		}
		p := Part{Kind: r.Kind, Addr: r.Addr, Data: m.bytes(r)}
		switch r.Kind {
		case BootRegion, Program, Unknown:
			p.Data = p.Data[:(used(p.Data)+flash.SectorSize-1)/flash.SectorSize*flash.SectorSize]
		case LFS:
			if r.Store != nil {
				p.Data = r.Store.content.Data
			}
		case SPIFFS:
			if r.FilesBytes > 0 {
				p.Addr, p.Data = r.FilesAt, m.image[r.FilesAt:r.FilesAt+r.FilesBytes]
			}
		}
		p.Name, p.Bytes = fileName(r, seen[r.Kind]), len(p.Data)
		p.Data = p.Data[:len(p.Data):len(p.Data)]
		seen[r.Kind] = true
		list = append(list, p)
	}
	return list
}

// fileName is the name of the file for a region. A kind that can be there more than once
// has the address in it.
func fileName(r *Region, again bool) string {
	switch {
	case r.Kind == Unknown || again:
		return fmt.Sprintf("%s-0x%06x.bin", r.Kind, r.Addr)
	case r.Kind == LFS && r.Store != nil:
		return "lfs.img"
	}
	return string(r.Kind) + ".bin"
}
