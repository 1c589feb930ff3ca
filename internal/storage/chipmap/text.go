package chipmap

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"moonlet.example/moonlet/internal/storage/flash"
)

// letter is the mark of a kind in the drawing of a chip: a capital where there is
// something.
func (k Kind) letter() byte {
	switch k {
	case BootRegion:
		return 'B'
	case RFCal:
		return 'C'
	case PhyData:
		return 'Y'
	case RecordPage:
		return 'R'
	case Program:
		return 'P'
	case LFS, LFS1:
		return 'L'
	case SPIFFS, SPIFFS1:
		return 'S'
	case SDKParams:
		return 'E'
	case Free:
		return '.'
	case Unknown:
		return '?'
	}
	return 'O'
}

const rowCells = 64

// CellSize is the number of bytes that a character of the drawing stands for, so that
// there are 16 rows of 64 at most.
func (m *Map) CellSize() int { return max(m.Bytes/(rowCells*16), flash.SectorSize) }

// Draw draws the chip, a character for CellSize bytes. A character is that of the
// smallest region which has a part there, a capital if any of its sectors in there has
// something in it.
func (m *Map) Draw() (rows []string) {
	cells := make([]byte, m.Bytes/m.CellSize())
	size := make([]int, len(cells)) // of the region that the cell shows
	per := m.CellSize()
	for _, r := range m.Regions {
		for at := r.Addr; at < r.End(); at += flash.SectorSize {
			i := at / per
			if cells[i] == 0 || r.Bytes < size[i] {
				cells[i], size[i] = r.Kind.letter()|0x20, r.Bytes
				if !unicode.IsLetter(rune(r.Kind.letter())) {
					cells[i] = r.Kind.letter()
				}
			}
			if c := cells[i]; r.Bytes == size[i] && m.used[at/flash.SectorSize] && c >= 'a' && c <= 'z' {
				cells[i] = c - 'a' + 'A'
			}
		}
	}
	for ; len(cells) > 0; cells = cells[min(rowCells, len(cells)):] {
		rows = append(rows, string(cells[:min(rowCells, len(cells))]))
	}
	return rows
}

// Print writes the map for people.
func (m *Map) Print(w io.Writer, name string) {
	fmt.Fprintf(w, "%s: a flash chip of %s, %d of %d sectors in use\n\n", name, Size(m.Bytes), m.Used, m.Sectors)
	m.printRegions(w)
	m.printRecords(w)
	for _, r := range m.Regions {
		printStore(w, &r)
		printFiles(w, &r)
	}
	m.printDrawing(w)
	if len(m.Problems) > 0 {
		fmt.Fprintln(w)
		for _, p := range m.Problems {
			wrap(w, either(p.Warning, "  warning: ", "  problem: "), p.Text)
		}
	}
}

// full is how full a region is.
func full(r *Region) string {
	if r.Kind == Free || r.Kind == Unknown || r.Capacity == 0 {
		return ""
	}
	// Something is never nothing, and something free is never full.
	p := (r.InUse*100 + r.Capacity/2) / r.Capacity
	switch {
	case p == 0 && r.InUse > 0:
		p = 1
	case p >= 100 && r.InUse < r.Capacity:
		p = 99
	}
	return fmt.Sprintf("%d%%", p)
}

func (m *Map) printRegions(w io.Writer) {
	fmt.Fprintf(w, "  ADDRESS   END          BYTES   IN USE  FULL  REGION\n")
	for _, r := range m.Regions {
		use := fmt.Sprint(r.InUse)
		if r.Kind == Free {
			use = ""
		}
		line := fmt.Sprintf("  0x%06x  0x%06x  %8d %8s  %4s  %-11s %s", r.Addr, r.End(), r.Bytes, use, full(&r), r.Kind, r.Text)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	switch m.Table {
	case TableLinked:
		fmt.Fprintf(w, "\n  The firmware has not started yet: places are those that its first start will choose.\n")
	case TableNone:
		if m.Used > 0 {
			fmt.Fprintf(w, "\n  There is no partition table: regions are those that can be recognised.\n")
		}
	}
}

func (m *Map) printRecords(w io.Writer) {
	if len(m.Records) == 0 {
		return
	}
	fmt.Fprintf(w, "\nReboot config records:\n")
	for _, r := range m.Records {
		fmt.Fprintf(w, "  %d  %-18s  %s\n", r.ID, r.Name, r.Text)
	}
}

func printStore(w io.Writer, r *Region) {
	if r.Store == nil || len(r.Store.Modules) == 0 {
		return
	}
	var names []string
	for _, m := range r.Store.Modules {
		names = append(names, plain(m.Name))
	}
	fmt.Fprintf(w, "\nModules in the store of %d bytes at %#06x:\n", r.Store.Bytes, r.Addr)
	wrap(w, "  ", strings.Join(names, ", "))
}

func printFiles(w io.Writer, r *Region) {
	if r.Files == nil {
		return
	}
	fmt.Fprintf(w, "\nFiles in SPIFFS, %d of %d bytes in use:\n", r.Files.Used, r.Files.Total)
	for _, f := range r.Files.List {
		fmt.Fprintf(w, "  %8d  %s\n", f.Size, plain(f.Name))
	}
}

func (m *Map) printDrawing(w io.Writer) {
	per := m.CellSize()
	fmt.Fprintf(w, "\nEach character is %s:\n", Size(per))
	rows := m.Draw()
	again := false
	for i, row := range rows {
		// As in a hex dump, a star stands for rows that are like the one above.
		if i > 0 && i < len(rows)-1 && row == rows[i-1] {
			if !again {
				fmt.Fprintln(w, "  *")
			}
			again = true
			continue
		}
		again = false
		fmt.Fprintf(w, "  0x%06x  %s\n", i*rowCells*per, row)
	}
	var legend []string
	seen := map[byte]bool{}
	for _, r := range m.Regions {
		if c := r.Kind.letter(); !seen[c] && c != '.' && c != '?' {
			legend = append(legend, fmt.Sprintf("%c=%s", c, r.Kind))
			seen[c] = true
		}
	}
	legend = append(legend, "?=unknown", ".=free")
	wrap(w, "  ", strings.Join(legend, " ")+"; small letters: erased")
}

// plain is a name for people: as it is, unless it would disturb a terminal.
func plain(name string) string {
	if strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }) {
		return fmt.Sprintf("%q", name)
	}
	return name
}

// wrap prints text in lines of at most 98 columns, of which the first begins with head
// and the others with spaces.
func wrap(w io.Writer, head, text string) {
	const most = 98
	line, empty := head, true
	for word := range strings.FieldsSeq(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > most {
			fmt.Fprintln(w, line)
			line, empty = strings.Repeat(" ", len([]rune(head))), true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	fmt.Fprintln(w, line)
}
