package port

import (
	"errors"
	"strings"
)

// Limits of the file system (app/include/user_config.h).
const (
	FileNameMax  = 31 // bytes in a name: FS_OBJ_NAME_LEN
	OpenFilesMax = 4  // SPIFFS_MAX_OPEN_FILES
)

// Errors of Files and File. The firmware's modules tell none of them from the
// others, but the console and the host do.
var (
	ErrFileName      = errors.New("invalid file name")
	ErrFileNotFound  = errors.New("file not found")
	ErrFileExists    = errors.New("file exists")
	ErrFileClosed    = errors.New("file closed")
	ErrFileMode      = errors.New("file not open for this")
	ErrFileSystem    = errors.New("file system error")
	ErrFilesFull     = errors.New("file system full")
	ErrTooManyFiles  = errors.New("too many open files")
	ErrSeekBeforeTop = errors.New("position before the start of the file")
	ErrSeekPastEnd   = errors.New("position past the end of the file")
)

// OpenMode says what a file is opened for.
type OpenMode uint8

// The parts of an OpenMode, after the flags of SPIFFS.
const (
	OpenRead OpenMode = 1 << iota
	OpenWrite
	OpenCreate
	OpenTruncate
	OpenAppend
)

// ParseOpenMode reads a mode string as the firmware does (fs_mode2flag,
// app/spiffs/spiffs.c): what it does not know means "r".
func ParseOpenMode(s string) OpenMode {
	switch s {
	case "w":
		return OpenWrite | OpenCreate | OpenTruncate
	case "a":
		return OpenWrite | OpenCreate | OpenAppend
	case "r+":
		return OpenRead | OpenWrite
	case "w+":
		return OpenRead | OpenWrite | OpenCreate | OpenTruncate
	case "a+":
		return OpenRead | OpenWrite | OpenCreate | OpenAppend
	}
	return OpenRead
}

// Whence is the base of File.Seek.
type Whence int

// The bases, in the order of vfs_seek (app/platform/vfs_int.h).
const (
	SeekSet Whence = iota
	SeekCur
	SeekEnd
)

// FileInfo describes a file.
type FileInfo struct {
	Name string
	Size int // bytes
}

// FlashRegion is a part of the flash chip.
type FlashRegion struct {
	Addr uint32 // from the start of the chip
	Size uint32 // bytes
}

// Files is the module's file system, as app/platform/vfs.c shows it. Names are
// paths: a leading "/FLASH/" is dropped, any other leading slash names a drive
// that does not exist, and elsewhere a slash is a character like the others.
//
// An error of the host is reported where the user sees it; here it is
// ErrFileSystem.
type Files interface {
	// Mount makes the files available; other methods do so by themselves.
	Mount() error
	// Format removes all files, after it closed those that are open.
	Format() error
	Open(path string, m OpenMode) (File, error)
	// Remove needs a free file descriptor. Whoever has the file open gets
	// ErrFileClosed from then on.
	Remove(path string) error
	// Rename fails if there is a file of the new name.
	Rename(from, to string) error
	Stat(path string) (FileInfo, error)
	// List is sorted by name.
	List() ([]FileInfo, error)
	// Info is the size of the file system and how much of it is in use, in bytes.
	Info() (total, used uint32, err error)
	// Region is where it lies in the flash chip.
	Region() FlashRegion
}

// File is an open file with its position.
type File interface {
	// Read fills p from the position on; it returns 0 and no error at the end.
	Read(p []byte) (int, error)
	// Write writes all of p or nothing.
	Write(p []byte) (int, error)
	// Seek moves the position. Past the end, it moves to the end and fails with
	// ErrSeekPastEnd, as SPIFFS does.
	Seek(offset int, w Whence) (int, error)
	Tell() int
	Size() int
	Flush() error
	// Close gives the descriptor back; closing twice is ErrFileClosed.
	Close() error
}

const drive = "/FLASH"

// FlashName is the name in the flash file system that a path stands for
// (myspiffs_realm, app/spiffs/spiffs.c), false if the path names another drive.
func FlashName(path string) (string, bool) {
	if !strings.HasPrefix(path, "/") {
		return path, true
	}
	rest, ok := strings.CutPrefix(path, drive)
	if !ok {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// BaseName is the part of a path that the limit of names applies to
// (vfs_basename, app/platform/vfs.c): what follows the last slash, or else the
// last colon.
func BaseName(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[i+1:]
	}
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		return path[i+1:]
	}
	return path
}

// ValidPath tells whether the firmware's functions accept a path that came from
// Lua: without a zero byte and with a base name of FileNameMax bytes at most.
func ValidPath(path string) bool {
	return len(BaseName(path)) <= FileNameMax && strings.IndexByte(path, 0) < 0
}
