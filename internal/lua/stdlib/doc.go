// Package stdlib is the standard library of the firmware's Lua 5.3: what
// app/lua53 of the firmware has in lbaselib.c, lstrlib.c and their like, with
// the firmware's contents, messages and limits. Package io and os come from its
// host build (app/lua53/host) and belong to the host profile only.
//
// Everything is written against state.State, so one copy serves every number
// model. Each library is a state.Module; a ROM is linked from the modules that
// a profile selects.
//
// # What a library takes from the host
//
// State.Host may implement the interfaces of this package (Files, Randomizer,
// FileSystem, Clock, Environment, Stdin): a library asks for the one that it
// needs at the moment of use, and says in Lua that something is missing if the
// host does not have it.
//
// # Heap accounting
//
// A firmware program can watch its heap, so functions push the same strings,
// grow the same buffers and create the same tables as the C code does, in the
// same order, even where Go could do without.
package stdlib

import (
	"io"
	"time"
)

// Files opens files for reading: loadfile, dofile, require and package.searchpath
// use it. The text of an error becomes part of Lua's message; a device's file
// system returns errors with empty texts, as the firmware has no strerror.
type Files interface {
	Open(name string) (io.ReadCloser, error)
}

// Randomizer is the generator behind math.random: rand and srand of the C
// library that the profile stands for. GlibcRand and NewlibRand implement it.
type Randomizer interface {
	Random() uint32 // 31 bits
	SeedRandom(seed uint32)
}

// Stdin is the standard input, for loadfile without a name and for io.
type Stdin interface {
	Stdin() io.Reader
}

// Flusher lets io write out what the standard output holds back, where a host has it.
type Flusher interface {
	FlushOutput() error
}

// File is an open file of a FileSystem.
type File interface {
	io.ReadWriteSeeker
	io.Closer
}

// FileSystem is what io and os do to files. Errors that have a method
// Errno() int give Lua that number and their text; those of package os are
// translated to the numbers and texts of C.
type FileSystem interface {
	OpenFile(name, mode string) (File, error) // mode as fopen takes it
	TempFile() (File, error)                  // removed when it is closed
	TempName() (string, error)                // name of a new, empty file
	Remove(name string) error
	Rename(from, to string) error
}

// Clock tells os the time.
type Clock interface {
	CPUTime() time.Duration   // processor time used so far
	UnixTime() int64          // seconds since 1970
	Location() *time.Location // the local time zone
}

// Environment is the process that a script of the host profile runs in.
type Environment interface {
	Getenv(name string) (value string, ok bool)
	Exit(code int, closeState bool) // ends the script; it does not return
	HasShell() bool
	Execute(command string) (status int, err error) // status as C's system returns it
}
