package endusersetup

import (
	_ "embed"
	"fmt"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

//go:generate go test -run ^TestPage$ -update

// ownPage is the page that is served where the file system has none, packed.
//
//go:embed page/enduser_setup.html.gz
var ownPage string

const (
	pageHeader  = "HTTP/1.1 200 OK\r\nCache-control:no-cache\r\nConnection:close\r\nContent-Type:text/html; charset=utf-8\r\n"
	pagePacked  = "Content-Encoding: gzip\r\n"
	pageLength  = "Content-length:%5d\r\n\r\n"
	packedMagic = "\x1F\x8B"
)

// loadPage makes the page with its headers, as one block: of a file, or the own one. False is that
// there is no memory for it (enduser_setup_http_load_payload).
func (p portal) loadPage() bool {
	for _, file := range []string{"enduser_setup.html.gz", "enduser_setup.html"} {
		if f, size, ok := p.openPage(file); ok {
			return p.loadFile(f, size)
		}
	}
	page := p.newPage(pageHead(ownPage, len(ownPage)), len(ownPage))
	copy(page, ownPage)
	return page != nil
}

// openPage opens a file at its beginning.
func (p portal) openPage(name string) (f port.File, size int, ok bool) {
	files, ok := port.FilesOf(p.chip)
	if !ok {
		return nil, 0, false
	}
	f, err := files.Open(name, port.OpenRead)
	if err != nil {
		return nil, 0, false
	}
	_, err = f.Seek(0, port.SeekEnd)
	size = f.Tell()
	if err == nil {
		_, err = f.Seek(0, port.SeekSet)
	}
	if err != nil {
		_ = f.Close()
		return nil, 0, false
	}
	return f, size, true
}

// loadFile makes the page of a file. As in the firmware the file stays open where there is no
// memory.
func (p portal) loadFile(f port.File, size int) bool {
	var magic [len(packedMagic)]byte
	_, _ = f.Read(magic[:])
	page := p.newPage(pageHead(string(magic[:]), size), size)
	if page == nil {
		return false
	}
	_, _ = f.Seek(0, port.SeekSet)
	_, _ = f.Read(page[:size:size])
	_ = f.Close()
	return true
}

// pageHead are the headers of a page that begins with so.
func pageHead(begins string, size int) string {
	head := pageHeader
	if begins[:len(packedMagic)] == packedMagic {
		head += pagePacked
	}
	return head + fmt.Sprintf(pageLength, size)
}

// newPage takes a block for a page and gives the place behind its headers, nil if there is no
// memory.
func (p portal) newPage(head string, size int) []byte {
	s, n := p.state(), len(head)+size
	p.m.SetU32(s+sPageLen, uint32(n))
	at := p.L.Alloc(n)
	p.m.SetPtr(s+sPage, at)
	if at == 0 {
		return nil
	}
	copy(p.m.Bytes(at, mem.Addr(n)), head)
	return p.m.Bytes(at, mem.Addr(n))[len(head):]
}

// freePage gives the page back, if it is there.
func (p portal) freePage() {
	s := p.state()
	if at := p.m.Ptr(s + sPage); at != 0 {
		p.L.Free(at, int(p.m.U32(s+sPageLen)))
		p.m.SetPtr(s+sPage, 0)
	}
}
