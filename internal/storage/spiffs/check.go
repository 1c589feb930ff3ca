package spiffs

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// Check reads an image and tells what is wrong in it and what Repair would do about
// that. It fails if there is no file system of that geometry.
func Check(image []byte, g Geometry) (*Report, error) {
	s, err := examine(image, g)
	if err != nil {
		return nil, err
	}
	return s.report, nil
}

// Repair returns an image without the problems that Check finds, and what it found.
// Files that are whole stay as they are. Of a file that is not, what comes before
// the first part that is missing stays. The image that it gets stays as it is.
//
// The result is not always one that a chip could be brought to without erasing.
func Repair(image []byte, g Geometry) ([]byte, *Report, error) {
	s, err := examine(image, g)
	if err != nil {
		return nil, nil, err
	}
	out := bytes.Clone(image)
	fs := out[g.Offset : g.Offset+g.Size]
	for _, e := range s.edits {
		copy(fs[e.at:], e.b)
	}
	return out, s.report, nil
}

// edit is a change that Repair makes.
type edit struct {
	at int
	b  []byte
}

// part is a part of a file or, if the id says so, of its index.
type part struct{ id, span uint16 }

// survey is what is known of an image.
type survey struct {
	g       Geometry
	fs      []byte
	report  *Report
	edits   []edit
	dead    []bool // blocks without a magic number that get erased
	headers map[uint16][]int
	parts   map[part][]int // pages of data and indexes, the headers not among them
	claimed map[int]bool   // pages that belong to a file
	removed map[uint16]int // headers of files that were being removed
	names   map[string]bool
	// misplaced are pages with another id than in the lookup.
	misplaced []int
	unlisted  []int // pages that are free in the lookup, but not blank
}

// examine makes a survey. Blocks without a magic number come first: mounting erases
// one of them, and if there are more of them than others this is no file system.
func examine(image []byte, g Geometry) (*survey, error) {
	if err := g.check(len(image)); err != nil {
		return nil, err
	}
	s := &survey{
		g: g, fs: image[g.Offset : g.Offset+g.Size], report: &Report{Geometry: g, ErasedMin: idFree},
		dead:    make([]bool, g.Blocks()),
		headers: map[uint16][]int{}, parts: map[part][]int{}, claimed: map[int]bool{},
		removed: map[uint16]int{}, names: map[string]bool{},
	}
	if g.unerased(image) > g.Blocks()/2 {
		return nil, fmt.Errorf("%v: %w", g, ErrNotAFS)
	}
	s.checkBlocks()
	for page := range g.pages() {
		if page%g.pagesPerBlock() >= g.lookupPages() && !s.dead[page/g.pagesPerBlock()] {
			s.checkPage(page)
		}
	}
	for _, page := range s.misplaced {
		s.place(page)
	}
	for _, page := range s.unlisted {
		s.offer(page)
	}
	for _, id := range s.idsInOrder() {
		s.checkFile(id)
	}
	s.checkRest()
	slices.SortFunc(s.report.Files, func(a, b CheckedFile) int { return a.Page - b.Page })
	return s, nil
}

func (s *survey) idsInOrder() []uint16 {
	return slices.SortedFunc(maps.Keys(s.headers), func(a, b uint16) int { return s.headers[a][0] - s.headers[b][0] })
}

func (s *survey) page(n int) []byte { return s.fs[n*PageSize : (n+1)*PageSize] }

func (s *survey) idAt(page int) int {
	per := s.g.pagesPerBlock()
	return page/per*s.g.Block + (page%per-s.g.lookupPages())*2
}

func (s *survey) id(page int) uint16 { return u16(s.fs[s.idAt(page):]) }

func (s *survey) problem(p Problem) { s.report.Problems = append(s.report.Problems, p) }

func (s *survey) edit(at int, b ...byte) { s.edits = append(s.edits, edit{at, b}) }

func (s *survey) editU16(at int, v uint16) { s.edit(at, byte(v), byte(v>>8)) }

// free makes Repair delete a page.
func (s *survey) free(page int) {
	s.editU16(s.idAt(page), idDeleted)
	p := s.page(page)
	s.edit(page*PageSize+atFlags, p[atFlags]&^(flagDeleted|flagUsed))
}

// checkBlocks finds blocks without a magic number. If there is one, mounting
// erases it. If there are more, nothing mounts the file system: Repair keeps those
// that look as if only the number is damaged.
func (s *survey) checkBlocks() {
	var bad []int
	for b := range s.g.Blocks() {
		at := b*s.g.Block + s.g.magicAt()
		if u16(s.fs[at:]) != s.g.magic(b) {
			bad = append(bad, b)
			continue
		}
		if n := u16(s.fs[at+2:]); n != idFree {
			s.report.ErasedMin = min(s.report.ErasedMin, n)
			s.report.ErasedMax = max(s.report.ErasedMax, n)
		}
	}
	for _, b := range bad {
		at := b*s.g.Block + s.g.magicAt()
		if len(bad) > 1 && s.plausible(b) {
			s.problem(Problem{Kind: TooManyBlocks, Block: b, Page: -1,
				Text: "has no magic number, but pages that fit to its lookup: it gets one"})
			s.editU16(at, s.g.magic(b))
			continue
		}
		kind, words := NoMagic, "has no magic number, it was being erased: mounting it erases it"
		if len(bad) > 1 {
			kind, words = TooManyBlocks, "has no magic number and no pages that fit to its lookup: it is erased"
		}
		s.problem(Problem{Kind: kind, Block: b, Page: -1, Text: words})
		s.dead[b] = true
		s.edit(b*s.g.Block, bytes.Repeat([]byte{0xFF}, s.g.Block)...)
		s.editU16(at+2, s.report.ErasedMax+1&^idIndex)
		s.editU16(at, s.g.magic(b))
	}
}

// plausible tells whether a block has pages and all of them are what its lookup says.
func (s *survey) plausible(block int) bool {
	per := s.g.pagesPerBlock()
	used := 0
	for page := block*per + s.g.lookupPages(); page < (block+1)*per; page++ {
		if id := s.id(page); usesID(id) {
			if u16(s.page(page)) != id {
				return false
			}
			used++
		}
	}
	return used > 0
}

// checkPage looks at a page and its id, without other pages.
func (s *survey) checkPage(page int) {
	id, p := s.id(page), s.page(page)
	flags := p[atFlags]
	one := func(k Kind, format string, a ...any) {
		s.problem(Problem{Kind: k, Block: -1, Page: page, Text: fmt.Sprintf(format, a...)})
	}
	switch {
	case id == idFree:
		s.report.Free++
		if !bytes.Equal(p, blank[:]) {
			s.unlisted = append(s.unlisted, page)
		}
		return
	case id == idDeleted:
		s.report.Deleted++
		return
	}
	s.report.Used++
	switch {
	case flags&flagDeleted == 0:
		one(HalfDeleted, "is deleted, but not in the lookup: it is deleted there as well")
	case flags&(flagUsed|flagFinal) != 0:
		one(HalfWritten, "of id %d was not written completely: it is deleted", id&^idIndex)
	case u16(p) != id, flags&flagIndex == 0 != (id&idIndex != 0):
		s.misplaced = append(s.misplaced, page)
		return
	default:
		s.sortPage(page, id, p)
		return
	}
	s.free(page)
}

// place decides which of its two ids a page keeps: its own if there are other pages of
// that file, or else the one in the lookup if there are some of that. A header without
// any keeps the one in the lookup.
func (s *survey) place(page int) {
	p, lookup := s.page(page), s.id(page)
	own := u16(p)
	header := p[atFlags]&(flagIndex|flagRemoving) == flagRemoving && u16(p[atSpan:]) == 0
	for i, id := range []uint16{own, lookup, lookup} {
		id &^= idIndex
		if id == idDeleted || id == idFree&^idIndex || !s.known(id) && (i < 2 || !header) {
			continue
		}
		if p[atFlags]&flagIndex == 0 {
			id |= idIndex
		}
		s.problem(Problem{Kind: Misplaced, Block: -1, Page: page,
			Text: fmt.Sprintf("has the id %#04x in the lookup, but %#04x in itself: both become %#04x", lookup, own, id)})
		s.editU16(page*PageSize+atID, id)
		s.editU16(s.idAt(page), id)
		s.sortPage(page, id, p)
		return
	}
	s.problem(Problem{Kind: Misplaced, Block: -1, Page: page,
		Text: fmt.Sprintf("has the id %#04x in the lookup, but %#04x in itself, and no file has either: it is deleted", lookup, own)})
	s.free(page)
}

// offer makes a page that is free in the lookup one that a file may have, after those
// that are in the lookup.
func (s *survey) offer(page int) {
	p := s.page(page)
	id := u16(p)
	span := u16(p[atSpan:])
	if p[atFlags]&(flagUsed|flagFinal|flagDeleted) == flagDeleted && usesID(id) &&
		p[atFlags]&flagIndex == 0 == (id&idIndex != 0) && (id&idIndex == 0 || span != 0) {
		s.parts[part{id, span}] = append(s.parts[part{id, span}], page)
	}
}

// checkUnlisted deals with those pages when it is known what files have.
func (s *survey) checkUnlisted() {
	for _, page := range s.unlisted {
		if s.claimed[page] {
			s.problem(Problem{Kind: Misplaced, Block: -1, Page: page,
				Text: fmt.Sprintf("is free in the lookup, but belongs to the file with the id %d: it gets that id", u16(s.page(page))&^idIndex)})
			s.editU16(s.idAt(page), u16(s.page(page)))
			continue
		}
		s.claimed[page] = true // it is no lost page of a file
		s.problem(Problem{Kind: NotBlank, Block: -1, Page: page,
			Text: "is free, but was written to, and what is written there next would be damaged: it becomes a deleted one"})
		s.free(page)
	}
}

// known tells whether there are other pages of a file.
func (s *survey) known(id uint16) bool {
	return len(s.headers[id]) > 0 || len(s.parts[part{id, 0}]) > 0
}

// sortPage notes a page that is all right by itself.
func (s *survey) sortPage(page int, id uint16, p []byte) {
	span := u16(p[atSpan:])
	if id&idIndex == 0 || span != 0 {
		s.parts[part{id, span}] = append(s.parts[part{id, span}], page)
		return
	}
	file := id &^ idIndex
	switch {
	case p[atFlags]&flagRemoving == 0:
		s.removed[file] = page
		s.problem(Problem{Kind: HalfRemoved, Block: -1, Page: page, ID: file, Name: string(nameIn(p)),
			Text: "was being removed: its pages are deleted"})
		s.free(page)
	case len(nameIn(p)) > NameMax:
		s.problem(Problem{Kind: BadName, Block: -1, Page: page, ID: file,
			Text: "has a header with a name that does not end, which was not written completely: it is deleted"})
		s.free(page)
	default:
		s.headers[file] = append(s.headers[file], page)
	}
}

// checkRest deals with pages that belong to no file.
func (s *survey) checkRest() {
	s.checkUnlisted()
	lost := map[uint16]int{}
	for _, k := range slices.SortedFunc(maps.Keys(s.parts), func(a, b part) int {
		return s.parts[a][0] - s.parts[b][0]
	}) {
		for _, page := range s.parts[k] {
			if !s.claimed[page] {
				lost[k.id&^idIndex]++
				s.free(page)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(lost)) {
		p := Problem{Kind: LostPages, Block: -1, Page: -1, ID: id}
		what := fmt.Sprintf("%d pages that no file leads to", lost[id])
		if page, ok := s.removed[id]; ok {
			p.Name = string(nameIn(s.page(page)))
			what = fmt.Sprintf("%d pages are left of it", lost[id])
		} else if h := s.headers[id]; len(h) > 0 {
			p.Name = string(nameIn(s.page(h[0])))
			what = fmt.Sprintf("%d pages that were written for it are not in its index", lost[id])
		}
		p.Text = what + ": they are deleted"
		s.problem(p)
	}
}
