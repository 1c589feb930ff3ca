package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"moonlet.example/moonlet/internal/lua/compiled"
	lfs51 "moonlet.example/moonlet/internal/lua51/lfs"
)

// table prints columns, the first one to the left, those of numbers to the right.
// A number's column is narrower than that of a name, so the two do not touch.
type table struct {
	w     io.Writer
	names []string
	rows  [][]string
	left  map[int]bool // columns that are not numbers
}

func (t *table) row(cells ...any) {
	var row []string
	for _, c := range cells {
		row = append(row, fmt.Sprint(c))
	}
	t.rows = append(t.rows, row)
}

// print aligns the columns; the last one may be as long as it is.
func (t *table) print() {
	all := t.rows
	if t.names != nil {
		all = append([][]string{t.names}, t.rows...)
	}
	width := map[int]int{}
	for _, row := range all {
		for i, c := range row {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	tw := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
	for _, row := range all {
		for i, c := range row {
			if !t.left[i] {
				c = strings.Repeat(" ", width[i]-len([]rune(c))) + c
			}
			row[i] = c
		}
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(row, "\t"), "\t "))
	}
	tw.Flush()
}

// wrap prints text in lines of at most 98 columns, of which the first begins with
// head and the others with spaces.
func wrap(w io.Writer, head, text string) {
	const most = 98
	line := head
	for word := range strings.FieldsSeq(text) {
		if len([]rune(line))+len([]rune(word)) > most && strings.TrimSpace(line) != strings.TrimSpace(head) {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line = strings.Repeat(" ", len([]rune(head)))
		}
		line += word + " "
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

// levelText says what debug information a strip level leaves.
func levelText(level int) string {
	return [...]string{"names and line numbers", "line numbers, no names", "none"}[level] + " (strip level " + strconv.Itoa(level) + ")"
}

func timeText(stamp int64) string {
	if stamp == 0 {
		return "time stamp 0: pinned, tells no time"
	}
	return time.Unix(stamp, 0).UTC().Format(time.DateTime) + " UTC (" + strconv.FormatInt(stamp, 10) + ")"
}

// place is where a file is once it is loaded, in words.
func place(r *compiled.Report) string {
	if r.LoadedIn == compiled.InHeap {
		return "on the heap"
	}
	return "in flash"
}

func printReport(w io.Writer, r *compiled.Report, o lfsOptions) {
	fmt.Fprintln(w, r.File)
	t := &table{w: w, left: map[int]bool{0: true, 1: true}}
	t.row("  kind", r.Kind.Name()+", "+r.Edition)
	numbers := strings.Join(r.Numbers, " or ")
	if len(r.Numbers) > 1 {
		numbers += ": no constant tells which"
	}
	t.row("  numbers", numbers)
	size := fmt.Sprintf("%d bytes, %d bytes %s", r.FileBytes, r.LoadedBytes, place(r))
	if r.LoadedIn == compiled.InHeap {
		size += " once it is loaded, without what the allocator adds"
	}
	t.row("  size", size)
	if r.Base != nil {
		t.row("  address", fmt.Sprintf("%#08x", *r.Base))
	}
	if r.RestErased && r.RestBytes > 0 {
		t.row("  behind it", fmt.Sprintf("%d bytes of erased flash", r.RestBytes))
	}
	if r.Timestamp != nil {
		t.row("  made", timeText(*r.Timestamp))
	}
	if r.Seed != nil {
		t.row("  seed", fmt.Sprintf("%#08x", *r.Seed))
	}
	t.row("  debug", levelText(r.StripLevel))
	t.print()
	fmt.Fprintln(w)
	printModules(w, r, o.top)
	printSums(w, r)
	printStrip(w, r)
	if o.strings {
		printStrings(w, r, o.top)
	}
	if len(r.Warnings) > 0 {
		fmt.Fprintln(w, "\nWarnings:")
		for _, v := range r.Warnings {
			wrap(w, "  ", v.Text)
		}
	}
}

func printModules(w io.Writer, r *compiled.Report, top int) {
	image := r.LoadedIn == compiled.InFlash
	t := &table{w: w, left: map[int]bool{0: true},
		names: []string{"MODULE", "FUNCTIONS", "CODE", "CONSTANTS", "DEBUG", "RECORDS", "STRINGS", "TOTAL"}}
	if image {
		t.names = append(t.names, "SHARED")
	}
	row := func(name string, m compiled.ModuleReport, shared bool) {
		cells := []any{name, m.Functions, m.Code, m.Constants, m.Debug, m.Records, m.Strings, m.Total}
		if shared {
			cells = append(cells, m.Shared)
		}
		t.row(cells...)
	}
	var all, rest compiled.ModuleReport
	add := func(sum *compiled.ModuleReport, m compiled.ModuleReport) {
		sum.Functions += m.Functions
		sum.Code += m.Code
		sum.Constants += m.Constants
		sum.Debug += m.Debug
		sum.Records += m.Records
		sum.Strings += m.Strings
		sum.Total += m.Total
	}
	n := len(r.Modules)
	for i, m := range r.Modules {
		if top > 0 && i >= top {
			add(&rest, m)
		} else {
			row(cutName(m.Name), m, image)
		}
		add(&all, m)
	}
	if top > 0 && n > top {
		row(counted(n-top, "other"), rest, false)
	}
	if n != 1 {
		row(counted(n, "module"), all, false)
	}
	t.print()
}

// cutName is the start of a long name.
func cutName(name string) string {
	const most = 26
	name = compiled.Plain(name)
	if r := []rune(name); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return name
}

// counted is a number of things.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// printSums prints how the parts of a store add up.
func printSums(w io.Writer, r *compiled.Report) {
	s := &r.Strings
	fmt.Fprintln(w)
	if r.LoadedIn == compiled.InHeap {
		if r.Edition == lfs51.Edition { // which has one kind, and none that are there anyway
			wrap(w, "", fmt.Sprintf("%s, the longest of %d bytes", counted(s.Short, "string"), s.Longest))
			return
		}
		wrap(w, "", fmt.Sprintf("%d short and %d long strings, the longest of %d bytes; %s more that every Lua has anyway",
			s.Short, s.Long, s.Longest, counted(s.FixedUsed, "string")))
		return
	}
	modules := 0
	for _, m := range r.Modules {
		modules += m.Total
	}
	t := &table{w: w, left: map[int]bool{0: true, 2: true}}
	t.row(counted(len(r.Modules), "module"), modules, "with the strings that no other module has")
	t.row("shared strings", s.SharedBytes, fmt.Sprintf("%d, each in several modules", s.Shared))
	if s.Unused > 0 {
		t.row("unused strings", s.UnusedBytes, fmt.Sprintf("%d, in no module", s.Unused))
	}
	if r.Edition == lfs51.Edition {
		t.row("table of strings", s.TableBytes, fmt.Sprintf("%d slots, %d strings in the longest chain", s.Slots, s.LongestChain))
		t.row("frame", r.Frame, "header, and the function that finds a module by its name")
		t.row("in flash", r.LoadedBytes, fmt.Sprintf("with %s, the longest of %d bytes", counted(s.Short, "string"), s.Longest))
		t.print()
		return
	}
	t.row("fixed strings", s.FixedBytes, fmt.Sprintf("%d, in every store; the modules use %d", s.Fixed, s.FixedUsed))
	t.row("table of strings", s.TableBytes, fmt.Sprintf("%d slots for the short ones, %d in the longest chain", s.Slots, s.LongestChain))
	t.row("frame", r.Frame, "header, end and head of the table of modules")
	t.row("in flash", r.LoadedBytes, fmt.Sprintf("with %d short and %d long strings, the longest of %d bytes", s.Short, s.Long, s.Longest))
	t.print()
}

func printStrip(w io.Writer, r *compiled.Report) {
	if len(r.Strip) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWith less debug information:")
	t := &table{w: w, left: map[int]bool{0: true}, names: []string{"  LUAC", "FILE", "SAVED", strings.ToUpper(place(r)), "SAVED"}}
	for _, s := range r.Strip {
		t.row("  "+s.Option, s.FileBytes, r.FileBytes-r.RestBytes-s.FileBytes, s.LoadedBytes, r.LoadedBytes-s.LoadedBytes)
	}
	t.print()
}

// printStrings lists strings, those that take most first. Fixed ones that no
// module uses are left out.
func printStrings(w io.Writer, r *compiled.Report, top int) {
	list := slices.DeleteFunc(slices.Clone(r.Strings.All), func(u compiled.StringUse) bool { return u.Fixed && len(u.Users) == 0 })
	slices.SortStableFunc(list, func(a, b compiled.StringUse) int { return b.Bytes - a.Bytes })
	fmt.Fprintln(w)
	t := &table{w: w, left: map[int]bool{2: true, 3: true}, names: []string{"LENGTH", "BYTES", "STRING", "IN"}}
	for i, u := range list {
		if top > 0 && i >= top {
			break
		}
		users := compiled.Plain(briefList(u.Users, 3))
		switch {
		case u.Fixed:
			users += " (fixed)"
		case len(u.Users) == 0:
			users = "no module"
		}
		t.row(u.Length, u.Bytes, compiled.Quote(u.Raw, 44), users)
	}
	t.print()
	if top > 0 && len(list) > top {
		fmt.Fprintf(w, "... and %d more\n", len(list)-top)
	}
}

// briefList is a list in words that ends after a few.
func briefList(list []string, most int) string {
	if len(list) > most+1 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}

func printDiff(w io.Writer, d *compiled.Diff, files []string, all bool) {
	t := &table{w: w, left: map[int]bool{0: true, 1: true, 2: true}, names: []string{"", shortName(files[0]), shortName(files[1])}}
	for _, p := range d.Properties {
		b := p.B
		if p.Same {
			b = "same"
		} else if !p.Count {
			b += " (does not count)"
		}
		t.row(p.Name, p.A, b)
	}
	t.print()
	if len(d.Modules) > 0 {
		fmt.Fprintln(w)
		printModuleDiffs(w, d, all)
	}
	printStringDiff(w, "Strings only in "+files[0], d.Removed, all)
	printStringDiff(w, "Strings only in "+files[1], d.Added, all)
	if x := d.Word; x != nil {
		fmt.Fprintf(w, "\nFirst word behind the header that differs, at byte %d:\n", x.Offset)
		wrap(w, fmt.Sprintf("  %#08x  ", x.A), x.WhatA)
		wrap(w, fmt.Sprintf("  %#08x  ", x.B), x.WhatB)
	}
	fmt.Fprintln(w)
	switch {
	case !d.Same:
		fmt.Fprintln(w, "The files are different.")
	case d.FirstByte < 0:
		fmt.Fprintln(w, "The files are identical.")
	default:
		fmt.Fprintf(w, "The content is the same; the bytes differ from byte %d on.\n", d.FirstByte)
	}
}

// shortName is the end of a long name.
func shortName(name string) string {
	const most = 36
	if r := []rune(name); len(r) > most {
		return "..." + string(r[len(r)-most+3:])
	}
	return name
}

// mostPlaces is how many places and strings are listed if nobody asks for all.
const mostPlaces = 8

func printModuleDiffs(w io.Writer, d *compiled.Diff, all bool) {
	t := &table{w: w, left: map[int]bool{0: true, 1: true, 7: true},
		names: []string{"MODULE", "", "FUNCTIONS", "CODE", "CONSTANTS", "DEBUG", "RECORDS", "WHAT"}}
	signed := func(n int) string {
		if n == 0 {
			return "0"
		}
		return fmt.Sprintf("%+d", n)
	}
	for _, m := range d.Modules {
		t.row(cutName(m.Name), m.Change, signed(m.Functions), signed(m.Code), signed(m.Constants), signed(m.Debug), signed(m.Records), strings.Join(m.Parts, ", "))
	}
	t.print()
	fmt.Fprintf(w, "%s the same\n", counted(d.Equal, "module"))
	told := 0
	for _, m := range d.Modules {
		if m.First == "" {
			continue
		}
		if told++; told <= mostPlaces || all {
			wrap(w, "  ", compiled.Plain(m.Name)+" differs first in "+m.First)
		}
	}
	if told > mostPlaces && !all {
		fmt.Fprintf(w, "  ... and %d more; --all lists them\n", told-mostPlaces)
	}
}

func printStringDiff(w io.Writer, title string, list []compiled.StringUse, all bool) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s: %d\n", title, len(list))
	for i, u := range list {
		if i == mostPlaces && !all {
			fmt.Fprintf(w, "  ... and %d more; --all lists them\n", len(list)-mostPlaces)
			break
		}
		fmt.Fprintf(w, "  %s\n", compiled.Quote(u.Raw, 80))
	}
}

func printCheck(w io.Writer, r *checkResult) {
	if r.Loadable {
		fmt.Fprintf(w, "%s can be loaded: %d of %d bytes of flash, about %d bytes of heap while it is loaded\n",
			r.File, r.FlashBytes, r.PartitionBytes, r.LoadHeap)
	} else {
		fmt.Fprintf(w, "%s cannot be loaded:\n", r.File)
	}
	for _, p := range r.Problems {
		head := "  "
		if p.Warning {
			head = "  warning: "
		}
		wrap(w, head, p.Text)
	}
}
