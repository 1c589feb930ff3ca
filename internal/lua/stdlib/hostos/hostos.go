// Package hostos gives the standard library the operating system that the
// program runs on: files, environment and shell. A host of the host profile
// embeds System; tests replace it.
package hostos

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"moonlet.example/moonlet/internal/lua/stdlib"
)

// System implements the interfaces of stdlib by package os. It reads no clock
// and does not end the process by itself: its functions do.
type System struct {
	Input   io.Reader
	Output  io.Writer // of commands that Execute runs, as Errors is
	Errors  io.Writer
	Now     func() time.Time
	CPU     func() time.Duration // processor time used so far
	Zone    *time.Location
	OnExit  func(code int, closeState bool) // does not return
	Flush   func() error                    // of Output, if that holds something back, else nil
	TempDir string                          // "" for the system's
	// Source, if any, opens what dofile and its like read.
	Source func(name string) (io.ReadCloser, error)
}

// The interfaces that System implements.
var _ interface {
	stdlib.Files
	stdlib.FileSystem
	stdlib.Stdin
	stdlib.Flusher
	stdlib.Clock
	stdlib.Environment
} = (*System)(nil)

// Open opens a file for reading.
func (s *System) Open(name string) (io.ReadCloser, error) {
	if s.Source != nil {
		return s.Source(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// OpenFile opens a file as fopen does.
func (*System) OpenFile(name, mode string) (stdlib.File, error) {
	flags := map[byte]int{'r': 0, 'w': os.O_CREATE | os.O_TRUNC, 'a': os.O_CREATE | os.O_APPEND}[mode[0]]
	switch {
	case len(mode) > 1 && mode[1] == '+':
		flags |= os.O_RDWR
	case mode[0] == 'r':
		flags |= os.O_RDONLY
	default:
		flags |= os.O_WRONLY
	}
	f, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// tempFile is removed when it is closed.
type tempFile struct{ *os.File }

func (f tempFile) Close() error {
	err := f.File.Close()
	if e := os.Remove(f.Name()); err == nil {
		err = e
	}
	return err
}

// TempFile makes a file that exists as long as it is open.
func (s *System) TempFile() (stdlib.File, error) {
	f, err := os.CreateTemp(s.TempDir, "lua_")
	if err != nil {
		return nil, err
	}
	return tempFile{f}, nil
}

// TempName makes an empty file.
func (s *System) TempName() (string, error) {
	f, err := os.CreateTemp(s.TempDir, "lua_")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// Remove removes a file or an empty directory.
func (*System) Remove(name string) error { return os.Remove(name) }

// Rename renames a file.
func (*System) Rename(from, to string) error { return os.Rename(from, to) }

// Stdin is the standard input.
func (s *System) Stdin() io.Reader { return s.Input }

// FlushOutput writes out what Output holds back.
func (s *System) FlushOutput() error {
	if s.Flush == nil {
		return nil
	}
	return s.Flush()
}

// CPUTime is the processor time used so far.
func (s *System) CPUTime() time.Duration { return s.CPU() }

// UnixTime is the time in seconds.
func (s *System) UnixTime() int64 { return s.Now().Unix() }

// Location is the local time zone.
func (s *System) Location() *time.Location { return s.Zone }

// Getenv reads the environment.
func (*System) Getenv(name string) (string, bool) { return os.LookupEnv(name) }

// Exit ends the script.
func (s *System) Exit(code int, closeState bool) { s.OnExit(code, closeState) }

// HasShell tells whether there is a shell for Execute.
func (*System) HasShell() bool {
	_, err := exec.LookPath("sh")
	return err == nil
}

// Execute runs a command in the shell. The status is that of wait: the exit
// code is in its second byte.
func (s *System) Execute(command string) (int, error) {
	c := exec.Command("sh", "-c", command)
	c.Stdin, c.Stdout, c.Stderr = s.Input, s.Output, s.Errors
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if code := exit.ExitCode(); code >= 0 {
			return code << 8, nil
		}
		if w, ok := exit.Sys().(interface{ Signal() syscall.Signal }); ok {
			return max(int(w.Signal()), 1), nil // as wait has it
		}
		return 1, nil
	}
	return 0, err
}
