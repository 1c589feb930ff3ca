package lfs

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"moonlet.example/moonlet/internal/lua/compiled"
	"strings"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
)

// sector is the unit in which flash is erased, in bytes.
const sector = 4096

// Identify tells what kind of file begins like this. If it cannot be read, text
// says what it is and what to do.
func Identify(data []byte) (k compiled.Kind, text string) {
	if len(data) == 0 {
		return compiled.NoBytes, "the file is empty"
	}
	switch {
	case chunk.IsCompiled(data):
		return identifyLua(data)
	case bytes.HasPrefix(data, []byte("\x1bLJ")):
		return compiled.OtherLua, "compiled by LuaJIT, which no firmware can load: compile the source for NodeMCU"
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b, 8}):
		return identifyGzip(data)
	case len(bytes.TrimLeft(data, "\xff")) == 0:
		return compiled.Empty, fmt.Sprintf("%d bytes of erased flash: there is no store in it", len(data))
	}
	if k, text := identifyStore(data); k != "" {
		return k, text
	}
	if isText(data) {
		return compiled.Source, "this is text, probably Lua source: compile it first; \"moonlet luac -f\" makes an image of source files"
	}
	if at := findStore(data); at > 0 {
		return compiled.Firmware, fmt.Sprintf("no store, but one begins at byte %#x: cut out what is from there on", at)
	}
	if data[0] == 0xe9 || data[0] == 0xea { // ESP8266 boot loader
		return compiled.Firmware, "an image of firmware, in which no store of Lua 5.3 is found"
	}
	return compiled.Unknown, "neither compiled Lua nor a store: it begins with the bytes" + fmt.Sprintf(" % x", data[:min(len(data), 8)])
}

// identifyLua looks at a file that begins with Lua's signature.
func identifyLua(data []byte) (k compiled.Kind, text string) {
	if len(data) < 6 {
		return compiled.Chunk, "" // the decoder tells that it ends early
	}
	version, format := data[4], data[5]
	switch {
	case version == chunk.Version && format == chunk.FormatLFS:
		return compiled.Image, ""
	case version == chunk.Version && format == 0:
		return compiled.OtherLua, "compiled by the standard luac of Lua 5.3, whose format no firmware can load: compile the source for NodeMCU"
	case version == chunk.Version:
		return compiled.Chunk, ""
	case version == 0x51:
		return compiled.Chunk51, "compiled for Lua 5.1" + numbers51(data) + ": compile the source for Lua 5.3"
	}
	return compiled.OtherLua, fmt.Sprintf("compiled for Lua %d.%d, not for NodeMCU's Lua 5.3: compile the source again", version>>4, version&15)
}

// numbers51 tells what the header of a chunk of Lua 5.1 says about numbers.
func numbers51(data []byte) string {
	const sizeAt, integralAt = 10, 11
	switch {
	case len(data) <= integralAt:
		return ""
	case data[integralAt] != 0:
		return fmt.Sprintf(" with integers of %d bytes as its only numbers", data[sizeAt])
	}
	return fmt.Sprintf(" with floats of %d bytes", data[sizeAt])
}

const format51 = 1 << 8 // of the store of Lua 5.1, in its signature (lflash.h)

// IsLua51 tells whether the first word of a partition is that of a store of Lua 5.1.
func IsLua51(word uint32) bool {
	return word&signatureMask == Signature&signatureMask && word&formatMask == format51
}

const (
	signatureMask = 0xfffff0f0 // without version and flags
	formatMask    = 0xf00
)

// identifyGzip looks into a compressed file: that is what images of Lua 5.1 are.
func identifyGzip(data []byte) (k compiled.Kind, text string) {
	var b [4]byte
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		_, err = io.ReadFull(z, b[:])
	}
	if sig := binary.LittleEndian.Uint32(b[:]); err == nil && IsLua51(sig) {
		return compiled.Image51, "an image of the store for Lua 5.1: compile the sources for Lua 5.3"
	}
	return compiled.Unknown, "a file compressed by gzip: images for Lua 5.3 are not compressed"
}

// identifyStore looks for the signature of a store.
func identifyStore(data []byte) (k compiled.Kind, text string) {
	if len(data) < wordSize {
		return "", ""
	}
	sig := binary.LittleEndian.Uint32(data)
	switch {
	case sig == Signature && len(data) < headerSize:
		return compiled.Unknown, fmt.Sprintf("a store that was cut off: its header has %d bytes, the file has %d", headerSize, len(data))
	case sig == Signature:
		return compiled.Absolute, ""
	case sig == Signature|InProgress, len(data) > headerSize && len(bytes.TrimLeft(data[:headerSize], "\xff")) == 0:
		// The loader of Lua 5.3 writes the header last.
		return compiled.Unfinished, "a store whose loading was cut off: load the image again"
	case IsLua51(sig):
		return compiled.Absolute51, "a store of Lua 5.1, or an absolute image for it: compile the sources for Lua 5.3"
	case sig&signatureMask != Signature&signatureMask:
		return "", ""
	}
	return compiled.Unknown, fmt.Sprintf("a store of an unknown version: its signature is %#08x, that of Lua 5.3 is %#08x", sig, uint32(Signature))
}

// findStore finds a store in a dump of flash, where it begins with a sector. The
// start of the file does not count.
func findStore(data []byte) int {
	for at := sector; at+headerSize < len(data); at += sector {
		if binary.LittleEndian.Uint32(data[at:]) == Signature {
			return at
		}
	}
	return 0
}

// isText tells whether a file is text, from its beginning: there are no control
// characters, and most bytes are ASCII.
func isText(data []byte) bool {
	const enough = 4096
	head := data[:min(len(data), enough)]
	ascii := 0
	for _, c := range head {
		if c < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1a", rune(c)) || c == 0x7f {
			return false
		}
		if c < 0x80 {
			ascii++
		}
	}
	return ascii > len(head)/2
}

// Content is a file that was read.
type Content struct {
	Kind   compiled.Kind
	Data   []byte // of the whole file
	Models []num.Model
	Main   *chunk.Proto // of a chunk
	Image  *chunk.Image // of the other kinds
	Store  *Store       // of an absolute image
}

// Model is the number model, or the more likely one of two.
func (c *Content) Model() num.Model { return c.Models[0] }

// FlashSize is how many bytes of flash an image takes once it is loaded.
func (c *Content) FlashSize() int { return len(Build(c.Model(), c.Image, 0).Data) }

// Open reads a file. The error is a *compiled.KindError or, if the file is damaged, a
// *chunk.Error.
func Open(data []byte) (*Content, error) {
	k, text := Identify(data)
	c := &Content{Kind: k, Data: data}
	switch k {
	case compiled.Chunk, compiled.Image:
		f, err := chunk.Decode(data)
		if err != nil {
			return nil, err
		}
		c.Models, c.Main, c.Image = []num.Model{f.Model}, f.Main, f.Image
	case compiled.Absolute:
		s, im, err := Read(data)
		if err != nil {
			return nil, err
		}
		c.Models, c.Image, c.Store = s.Models, im, s
	default:
		return nil, &compiled.KindError{Kind: k, Text: text}
	}
	return c, nil
}

// Explain says in a sentence what the error of Open means.
func Explain(err error) string {
	var e *chunk.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("damaged at byte %d: %s", e.Offset, e.Reason)
	}
	return err.Error()
}
