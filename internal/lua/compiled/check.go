package compiled

import "moonlet.example/moonlet/internal/lua/num"

// Target is a module that is to take an image.
type Target struct {
	Name string // of the project, for messages
	// Lua51 is a module with Lua 5.1, whose numbers are integers or floats; else it has Lua 5.3 with a number model.
	Lua51, Integral bool
	Model           num.Model
	Base            uint32 // address of the LFS partition in the flash window; 0: not known
	Size            uint32 // of the partition in bytes; 0: there is none
	// HeapFree is the heap in bytes that is free when the module loads an image: with Lua 5.3 at boot, before
	// init.lua; 0: not known.
	HeapFree int
}

// Problem is a reason why a module cannot load a file or, if it is a warning, why
// what was loaded will not work as it looks. Code stays as it is.
type Problem struct {
	Code    string `json:"code"`
	Warning bool   `json:"warning"`
	Text    string `json:"text"`
}

// The codes of problems; the kinds of warnings are codes, too.
const (
	BadKind      = "kind"         // no image, or none of this edition of Lua
	BadFile      = "damaged"      // the file is damaged
	BadNumbers   = "numbers"      // other numbers
	BadTypes     = "types"        // types have the numbers of older firmware
	BadSize      = "size"         // the image does not fit
	BadPartition = "no-partition" // the module has no partition
	BadAddress   = "address"      // an absolute image for another address
	BadMemory    = "memory"       // not enough heap to load it
)

// Loadable tells whether nothing but warnings was found.
func Loadable(problems []Problem) bool {
	for _, p := range problems {
		if !p.Warning {
			return false
		}
	}
	return true
}
