package stdlib

import (
	"errors"
	"io/fs"
	"runtime"
	"syscall"

	"moonlet.example/moonlet/internal/lua/state"
)

// errno is a C error number with its text.
type errno struct {
	code int
	text string
}

func (e errno) Error() string { return e.text }

// Errno is the number.
func (e errno) Errno() int { return e.code }

// The errors that the library itself reports, with the numbers and texts of
// Linux, on which the firmware's host build is made.
var (
	errNoEntry    = errno{2, "No such file or directory"}
	errBadFile    = errno{9, "Bad file descriptor"}
	errDenied     = errno{13, "Permission denied"}
	errExists     = errno{17, "File exists"}
	errSeek       = errno{29, "Illegal seek"}
	errNoFunction = errno{38, "Function not implemented"}
)

// sysError is what C has in errno and strerror after the failure err.
func sysError(err error) (text string, code int) {
	var numbered interface {
		error
		Errno() int
	}
	if errors.As(err, &numbered) {
		return numbered.Error(), numbered.Errno()
	}
	var number syscall.Errno
	if runtime.GOOS != "windows" && errors.As(err, &number) {
		if text = number.Error(); text != "" && 'a' <= text[0] && text[0] <= 'z' {
			text = string(rune(text[0]-'a'+'A')) + text[1:] // as strerror spells it
		}
		return text, int(number)
	}
	for _, known := range []struct {
		is error
		c  errno
	}{{fs.ErrNotExist, errNoEntry}, {fs.ErrPermission, errDenied}, {fs.ErrExist, errExists}} {
		if errors.Is(err, known.is) {
			return known.c.text, known.c.code
		}
	}
	return err.Error(), 5 // EIO
}

// fileResult returns what io and os functions return for success or failure
// (luaL_fileresult without a file name).
func fileResult(L state.State, err error) int {
	if err == nil {
		L.PushBoolean(true)
		return 1
	}
	text, code := sysError(err)
	L.PushNil()
	L.PushString(text)
	L.PushInteger(int64(code))
	return 3
}

// namedResult is fileResult with the name in front of the message.
func namedResult(L state.State, err error, name string) int {
	if err == nil {
		L.PushBoolean(true)
		return 1
	}
	text, code := sysError(err)
	L.PushNil()
	L.PushFString("%s: %s", name, text)
	L.PushInteger(int64(code))
	return 3
}
