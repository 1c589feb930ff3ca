// Package store has images of the Lua Flash Store, of whatever edition of Lua: what a project is compiled to, and what
// lies in a partition then.
package store

import (
	"encoding/binary"
	"fmt"

	"moonlet.example/moonlet/internal/lua/num"
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/image"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

// Image is an image with all that its modules need. It is never changed.
type Image struct {
	lua51 *image.Image

	lua53 *chunk.Image // of this one, if it is not nil
	model num.Model
}

// New51 is an image of Lua 5.1.
func New51(im *image.Image) *Image { return &Image{lua51: im} }

// New53 is an image of Lua 5.3 with the numbers of a model, whose strings are collected.
func New53(m num.Model, im *chunk.Image) *Image { return &Image{lua53: im, model: m} }

// Decode reads a file that was compiled for the store. The error tells what it is instead, and where it is damaged.
func Decode(data []byte) (*Image, error) {
	if image.IsImage(data) {
		im, err := image.Decode(data)
		if err != nil {
			return nil, fmt.Errorf("of Lua 5.1, and not whole: %w", err)
		}
		return New51(im), nil
	}
	f, err := chunk.Decode(data)
	switch {
	case err != nil:
		return nil, err
	case f.Image == nil:
		return nil, fmt.Errorf("code, and no image of the store")
	}
	return New53(f.Model, f.Image), nil
}

// Lua51 is the image as Lua 5.1 has it, nil if it is none of that.
func (im *Image) Lua51() *image.Image { return im.lua51 }

// Lua53 is the image as Lua 5.3 has it, nil if it is none of that.
func (im *Image) Lua53() *chunk.Image { return im.lua53 }

// Modules are the names of the modules, as they lie.
func (im *Image) Modules() (names []string) {
	if im.lua51 != nil {
		for _, m := range im.lua51.Modules {
			names = append(names, m.Name)
		}
		return names
	}
	for _, m := range im.lua53.Modules {
		names = append(names, m.Name)
	}
	return names
}

// WithTime is the image as if it had been compiled at another time, in seconds since 1970.
func (im *Image) WithTime(t int64) *Image {
	if im.lua51 != nil {
		same := *im.lua51
		main := *same.Main
		main.Constants = append([]chunk51.Constant(nil), main.Constants...)
		last := &main.Constants[len(main.Constants)-1]
		last.Float, last.Int = float64(t), int32(t)
		same.Main, same.Timestamp = &main, t
		return New51(&same)
	}
	same := *im.lua53
	same.Timestamp = t
	return New53(im.model, &same)
}

// Flash are the bytes that lie in a partition that the processor reads at an address, as the firmware's loader leaves
// them. An image that is too large for any is an error.
func (im *Image) Flash(addr uint32) ([]byte, error) {
	if im.lua53 != nil {
		return lfs.Build(im.model, im.lua53, addr).Data, nil
	}
	placed := *im.lua51
	placed.Absolute, placed.Base, placed.Writing = true, addr, false
	data, err := placed.Encode()
	if err != nil {
		return nil, err
	}
	binary.LittleEndian.PutUint32(data, image.Signature(placed.Numbers, placed.Packed))
	return data, nil
}

// Sum are bytes that are equal for equal images.
func (im *Image) Sum() []byte {
	if im.lua53 != nil {
		return chunk.EncodeImage(im.model, im.lua53, sumSource, 0)
	}
	data, err := im.Flash(0)
	if err != nil {
		return nil
	}
	return data
}

// sumSource is the chunk name above all modules, which counts for nothing in a store.
const sumSource = "=(luac.cross)"

// In is what is known of a partition's content.
type In struct {
	Lua51    bool
	Integral bool // of Lua 5.1, which has integers for numbers
	Bytes    int  // that the store has
}

// Look tells whether a partition begins like a store that is whole, by its header alone.
func Look(content []byte) (s In, ok bool) {
	const header = 32
	if len(content) < header {
		return In{}, false
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(content[4*i:]) }
	if word(0) == lfs.Signature {
		return In{Bytes: int(word(lfs.HeaderSize))}, true
	}
	for _, n := range []chunk51.Numbers{chunk51.Float, chunk51.Integer} {
		if sig := image.Signature(n, n == chunk51.Float); word(0)&^image.AbsoluteBit == sig {
			return In{Lua51: true, Integral: n == chunk51.Integer, Bytes: int(word(1))}, true
		}
	}
	return In{}, false
}
