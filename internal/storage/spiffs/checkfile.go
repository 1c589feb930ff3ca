package spiffs

import (
	"bytes"
	"fmt"
	"slices"
)

// version is what a file would be with one of its headers.
type version struct {
	header  int
	size    uint32 // in the header; 0 if there is none
	keep    int    // pages of data from the start on that exist
	indexes []int  // pages: the header and what follows
	data    []int  // pages
	mend    []int  // parts for which the index has a wrong page
}

// kept is the size that the file keeps.
func (v *version) kept() uint32 { return min(v.size, uint32(v.keep)*DataSize) }

// lost is how much of the file is missing.
func (v *version) lost() int { return int(v.size - v.kept()) }

// checkFile looks at a file with all that its index leads to. If there are two
// headers, since one was being replaced, the one that loses less counts.
func (s *survey) checkFile(id uint16) {
	var best *version
	for _, h := range s.headers[id] {
		v := s.version(id, h)
		if best == nil || v.lost() < best.lost() ||
			v.lost() == best.lost() && len(v.mend) < len(best.mend) ||
			v.lost() == best.lost() && len(v.mend) == len(best.mend) && v.size > best.size {
			best = v
		}
	}
	name := string(nameIn(s.page(best.header)))
	file := func(k Kind, page, lost int, format string, a ...any) {
		s.problem(Problem{Kind: k, Block: -1, Page: page, ID: id, Name: name, Lost: lost, Text: fmt.Sprintf(format, a...)})
	}
	for _, h := range s.headers[id] {
		if h != best.header {
			file(DoubleHeader, h, 0, "has a second header, on page %d: it is deleted", h)
			s.free(h)
		}
	}
	for _, page := range slices.Concat(best.indexes, best.data) {
		s.claimed[page] = true
	}
	for _, span := range best.mend {
		at := best.entry(span)
		file(BadReference, -1, 0, "has a wrong page for its part %d in the index: it is put right", span)
		s.editU16(at, uint16(best.data[span]))
	}
	s.checkSize(best, file)
	s.checkPastEnd(best, file)
	stat := Stat{Name: s.uniqueName(best.header, name, file), Size: int(best.size), ID: id, Type: s.page(best.header)[atType], Page: best.header}
	s.report.Files = append(s.report.Files, CheckedFile{Stat: stat, Readable: int(best.kept())})
}

// version follows a header.
func (s *survey) version(id uint16, header int) *version {
	v := &version{header: header, size: u32(s.page(header)[atSize:]), indexes: []int{header}}
	if v.size == sizeNone {
		v.size = 0
	}
	pages := dataPages(v.size)
	for v.keep < min(pages, s.g.pages()) {
		n, at := indexOf(uint32(v.keep))
		if int(n) == len(v.indexes) {
			index := s.bestIndex(id, uint16(n))
			if index < 0 {
				break
			}
			v.indexes = append(v.indexes, index)
		}
		choice := s.parts[part{id, uint16(v.keep)}]
		if len(choice) == 0 {
			break
		}
		page := int(u16(s.page(v.indexes[n])[at:]))
		if !slices.Contains(choice, page) {
			page = s.last(choice)
			v.mend = append(v.mend, v.keep)
		}
		v.data = append(v.data, page)
		v.keep++
	}
	return v
}

// last is the last page that is in the lookup, if there is one.
func (s *survey) last(choice []int) int {
	for _, page := range slices.Backward(choice) {
		if s.id(page) != idFree {
			return page
		}
	}
	return choice[0]
}

// bestIndex is the page of an index that leads to most pages of its file, -1 if there
// is none.
func (s *survey) bestIndex(id, n uint16) int {
	best, bestGood := -1, -1
	for _, page := range s.parts[part{id | idIndex, n}] {
		good := 0
		for i := range indexSlots {
			span := headerSlots + (int(n)-1)*indexSlots + i
			if span > pagesMax {
				break
			}
			ref := int(u16(s.page(page)[indexHeader+2*i:]))
			if slices.Contains(s.parts[part{id, uint16(span)}], ref) {
				good++
			}
		}
		if good > bestGood {
			best, bestGood = page, good
		}
	}
	return best
}

// entry is the offset at which the index has the page of a part.
func (v *version) entry(span int) int {
	n, at := indexOf(uint32(span))
	return v.indexes[n]*PageSize + at
}

type fileProblem func(k Kind, page, lost int, format string, a ...any)

// checkSize deals with files that are shorter than their size says.
func (s *survey) checkSize(v *version, file fileProblem) {
	p := s.page(v.header)
	if u32(p[atSize:]) == 0 {
		file(WrongSize, v.header, 0, "has the size 0 for good, so nothing can be written to it: it becomes a new file")
	} else if v.lost() > 0 {
		file(MissingData, -1, v.lost(), "should have %d bytes, but its part %d is missing: it keeps the first %d bytes", v.size, v.keep, v.kept())
	} else {
		return
	}
	size := v.kept()
	if size == 0 {
		size = sizeNone
	}
	b := make([]byte, 4)
	putU32(b, size)
	s.edit(v.header*PageSize+atSize, b...)
}

// checkPastEnd finds what is behind the end of a file, where the next write goes.
func (s *survey) checkPastEnd(v *version, file fileProblem) {
	found := false
	last := headerSlots + (len(v.indexes)-1)*indexSlots
	for span := v.keep; span < last; span++ {
		at := v.entry(span)
		if u16(s.fs[at:]) != noPage {
			found = true
			s.editU16(at, noPage)
		}
	}
	if in := int(v.kept() % DataSize); in != 0 {
		at := v.data[v.keep-1]*PageSize + headerSize + in
		tail := s.fs[at : at+DataSize-in]
		if !bytes.Equal(tail, blank[:len(tail)]) {
			found = true
			s.edit(at, blank[:len(tail)]...)
		}
	}
	if found && v.lost() == 0 {
		file(PastEnd, -1, 0, "has something behind its end, and what is appended would be damaged: it is blanked")
	}
	// An index that holds nothing belongs to no file: appending makes another one.
	if need, _ := indexOf(uint32(max(v.keep, 1) - 1)); int(need)+1 < len(v.indexes) {
		for _, page := range v.indexes[need+1:] {
			s.claimed[page] = false
		}
	}
}

// uniqueName is the name that a file keeps: one that another file has gets a number.
func (s *survey) uniqueName(header int, name string, file fileProblem) string {
	unique := name
	for n := 2; s.names[unique]; n++ {
		suffix := fmt.Sprintf("~%d", n)
		unique = name[:min(len(name), NameMax-len(suffix))] + suffix
	}
	s.names[unique] = true
	if unique != name {
		file(DoubleName, header, 0, "has the name of another file, so it cannot be opened: it is renamed to %q", unique)
		b := make([]byte, nameSize)
		copy(b, unique)
		s.edit(header*PageSize+atName, b...)
	}
	return name
}
