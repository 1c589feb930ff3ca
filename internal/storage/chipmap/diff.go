package chipmap

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/storage/flash"
)

// Diff is how two chips differ, by region. The names of the JSON fields stay as they are.
type Diff struct {
	Same    bool         `json:"same"` // the same bytes
	Regions []RegionDiff `json:"regions"`
}

// The changes of a region.
const (
	RegionSame    = "same"
	RegionChanged = "changed"
	RegionAdded   = "added"
	RegionRemoved = "removed"
)

// Place is where a region lies.
type Place struct {
	Addr  int `json:"address"`
	Bytes int `json:"bytes"`
}

// RegionDiff is a region of two chips. All that no partition has, in both of them, is
// one region.
type RegionDiff struct {
	Kind    Kind   `json:"kind"`
	Change  string `json:"change"`
	A       *Place `json:"a,omitempty"`
	B       *Place `json:"b,omitempty"`
	Sectors int    `json:"sectors"` // that differ
	First   int    `json:"first"`   // the first byte that differs, from the region's start; -1 if there is none
	// Details tell in words what is different.
	Details []string `json:"details"`
}

// Compare compares two chips. Regions of the same kind are compared with each other,
// wherever they lie.
func Compare(a, b *Map) *Diff {
	d := &Diff{Same: bytes.Equal(a.image, b.image)}
	other := slices.Clone(b.Regions)
	for i := range a.Regions {
		r := &a.Regions[i]
		if r.Kind == Free || r.Kind == Unknown {
			continue
		}
		j := slices.IndexFunc(other, func(s Region) bool { return s.Kind == r.Kind })
		if j < 0 {
			d.Regions = append(d.Regions, RegionDiff{Kind: r.Kind, Change: RegionRemoved, A: r.place(), Sectors: r.Sectors, First: -1, Details: []string{}})
			continue
		}
		d.Regions = append(d.Regions, compareRegions(a, b, r, &other[j]))
		other = slices.Delete(other, j, j+1)
	}
	for i := range other {
		if r := &other[i]; r.Kind != Free && r.Kind != Unknown {
			d.Regions = append(d.Regions, RegionDiff{Kind: r.Kind, Change: RegionAdded, B: r.place(), Sectors: r.Sectors, First: -1, Details: []string{}})
		}
	}
	if rest, ok := compareRest(a, b); ok {
		d.Regions = append(d.Regions, rest)
	}
	return d
}

func (r *Region) place() *Place { return &Place{r.Addr, r.Bytes} }

func compareRegions(a, b *Map, r, s *Region) RegionDiff {
	d := RegionDiff{Kind: r.Kind, Change: RegionSame, A: r.place(), B: s.place(), Details: []string{}}
	d.Sectors, d.First = compareBytes(a.bytes(r), b.bytes(s))
	if *d.A != *d.B {
		d.Change = RegionChanged
		d.Details = append(d.Details, fmt.Sprintf("0x%06x with %d bytes became 0x%06x with %d bytes", r.Addr, r.Bytes, s.Addr, s.Bytes))
	}
	if d.Sectors == 0 {
		return d
	}
	d.Change = RegionChanged
	switch r.Kind {
	case RecordPage:
		d.Details = append(d.Details, recordChanges(a, b)...)
	case LFS:
		d.Details = append(d.Details, storeChanges(r.Store, s.Store)...)
	case SPIFFS:
		d.Details = append(d.Details, fileChanges(r.Files, s.Files)...)
	case SDKParams:
		if p, q := r.Parameters, s.Parameters; p != nil && q != nil && p.Saves != q.Saves {
			d.Details = append(d.Details, fmt.Sprintf("saved %s, then %d", count(int(p.Saves), "time"), q.Saves))
		}
	}
	return d
}

// compareBytes counts the sectors that differ. What is behind the end of the shorter
// region counts as erased.
func compareBytes(a, b []byte) (sectors, first int) {
	first = -1
	for at := 0; at < max(len(a), len(b)); at += flash.SectorSize {
		x, y := sectorAt(a, at), sectorAt(b, at)
		if bytes.Equal(x, y) || x == nil && flash.Blank(y) || y == nil && flash.Blank(x) {
			continue
		}
		sectors++
		if first < 0 {
			for first = at; x != nil && y != nil && x[first-at] == y[first-at]; {
				first++
			}
		}
	}
	return sectors, first
}

func sectorAt(b []byte, at int) []byte {
	if at >= len(b) {
		return nil
	}
	return b[at:min(at+flash.SectorSize, len(b))]
}

// compareRest compares the sectors that neither chip has in a partition.
func compareRest(a, b *Map) (d RegionDiff, ok bool) {
	d = RegionDiff{Kind: Unknown, Change: RegionSame, First: -1, Details: []string{}}
	x, y := a.loose(), b.loose()
	for i := range max(len(x), len(y)) {
		at := i * flash.SectorSize
		inA, inB := i < len(x) && x[i], i < len(y) && y[i]
		if !inA || !inB {
			continue
		}
		ok = true
		s, t := sectorAt(a.image, at), sectorAt(b.image, at)
		if bytes.Equal(s, t) {
			continue
		}
		if d.Sectors++; d.First < 0 {
			for d.First = at; s[d.First-at] == t[d.First-at]; {
				d.First++
			}
		}
		d.Change = RegionChanged
	}
	return d, ok && d.Sectors > 0
}

// loose tells of each sector whether it is in no partition.
func (m *Map) loose() []bool {
	list := make([]bool, m.Sectors)
	for _, r := range m.Regions {
		if r.Kind == Free || r.Kind == Unknown {
			for at := r.Addr; at < r.End(); at += flash.SectorSize {
				list[at/flash.SectorSize] = true
			}
		}
	}
	return list
}

func recordChanges(a, b *Map) (list []string) {
	text := func(m *Map, id uint8) (string, string, bool) {
		for _, r := range m.Records {
			if r.ID == id {
				return r.Text, string(m.image[r.Addr : r.Addr+r.Bytes]), true
			}
		}
		return "", "", false
	}
	for id := range 256 {
		was, wasBytes, hadIt := text(a, uint8(id))
		is, isBytes, hasIt := text(b, uint8(id))
		name := recordName(uint8(id))
		switch {
		case hadIt && !hasIt:
			list = append(list, fmt.Sprintf("%s: removed, was %s", name, was))
		case !hadIt && hasIt:
			list = append(list, fmt.Sprintf("%s: added, %s", name, is))
		case wasBytes != isBytes && was == is:
			list = append(list, fmt.Sprintf("%s: changed", name))
		case wasBytes != isBytes:
			list = append(list, fmt.Sprintf("%s: %s, was %s", name, is, was))
		}
	}
	if len(list) == 0 {
		list = append(list, "the same records, in another place of the page")
	}
	return list
}

func storeChanges(a, b *Store) (list []string) {
	switch {
	case a == nil || b == nil:
		return []string{either(a == nil, either(b == nil, "no sound store in either", "a store, where there was none"), "no store any more")}
	case a.Address != b.Address:
		list = append(list, fmt.Sprintf("made for address %#08x, was %#08x", b.Address, a.Address))
	}
	list = append(list, a.content.Changes(b.content)...)
	if a.Time != b.Time {
		list = append(list, "another time stamp")
	}
	return list
}

func fileChanges(a, b *Files) (list []string) {
	if a == nil || b == nil {
		return nil
	}
	find := func(f *Files, name string) *File {
		for i := range f.List {
			if f.List[i].Name == name {
				return &f.List[i]
			}
		}
		return nil
	}
	for _, f := range a.List {
		switch g := find(b, f.Name); {
		case g == nil:
			list = append(list, fmt.Sprintf("%s removed, %s", plain(f.Name), count(f.Size, "byte")))
		case f.Size != g.Size || !bytes.Equal(f.Data, g.Data):
			list = append(list, fmt.Sprintf("%s changed, %s, was %d", plain(f.Name), count(g.Size, "byte"), f.Size))
		}
	}
	for _, g := range b.List {
		if find(a, g.Name) == nil {
			list = append(list, fmt.Sprintf("%s added, %s", plain(g.Name), count(g.Size, "byte")))
		}
	}
	if len(list) == 0 {
		list = append(list, "the same files, in other places of the chip")
	}
	return list
}

// Print writes the differences for people.
func (d *Diff) Print(w io.Writer, a, b string) {
	if d.Same {
		fmt.Fprintf(w, "%s and %s are the same\n", a, b)
		return
	}
	var same []string
	for _, r := range d.Regions {
		if r.Change == RegionSame {
			same = append(same, string(r.Kind))
			continue
		}
		name := string(r.Kind)
		if r.Kind == Unknown {
			name = "in no partition"
		}
		fmt.Fprintf(w, "%s: %s", name, r.Change)
		switch {
		case r.Change == RegionChanged && r.Sectors == 0:
		case r.First < 0:
			fmt.Fprintf(w, ", %s", count(r.Sectors, "used sector"))
		default:
			fmt.Fprintf(w, " in %s, first at byte %#x", count(r.Sectors, "sector"), r.First)
		}
		fmt.Fprintln(w)
		for _, t := range r.Details {
			wrap(w, "  ", t)
		}
	}
	if len(same) > 0 {
		wrap(w, "the same: ", strings.Join(same, ", "))
	}
}
