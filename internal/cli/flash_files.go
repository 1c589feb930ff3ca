package cli

import (
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/chipmap"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// searchSPIFFS finds the file systems in a chip.
func searchSPIFFS(image []byte) (list []port.FlashRegion) {
	for _, g := range spiffs.Search(image) {
		list = append(list, port.FlashRegion{Addr: uint32(g.Offset), Size: uint32(g.Size)})
	}
	return list
}

// readSPIFFS reads the file system at the start of a region of a chip, for its map.
func readSPIFFS(region []byte) (*chipmap.Files, error) {
	g, err := spiffs.Find(region, 0, len(region))
	if err != nil {
		return nil, err
	}
	report, err := spiffs.Check(region, g)
	if err != nil {
		return nil, err
	}
	found := &chipmap.Files{}
	for _, p := range report.Problems {
		found.Problems = append(found.Problems, p.String())
	}
	fs, err := spiffs.View(region, g, spiffs.Options{})
	if err != nil {
		return nil, err
	}
	total, used, err := fs.Info()
	if err != nil {
		return nil, err
	}
	found.Total, found.Used = int(total), int(used)
	list, err := fs.List()
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		data, err := fs.ReadFile(s.Name)
		if err != nil {
			continue // Check has said so
		}
		found.List = append(found.List, chipmap.File{Name: s.Name, Size: s.Size, Data: data})
	}
	return found, nil
}
