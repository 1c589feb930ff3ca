// Package project turns a directory with an application into the configuration
// of a module, and puts the application's files into the module's flash memory.
//
// A project is a directory; what its file moonlet.toml says (Keys lists it) can
// also be given as flags, which win. A single .lua or .lc file is a project too.
package project

import (
	"errors"
	"fmt"

	"moonlet.example/moonlet/internal/keys"
)

// FileName is the name of the file that describes a project.
const FileName = "moonlet.toml"

// Error is something wrong with what the user wrote.
type Error = keys.Error

// HostError is something that the host does not let this package do.
type HostError struct {
	Doing string
	Err   error
}

// Error implements error.
func (e *HostError) Error() string { return fmt.Sprintf("%s: %v", e.Doing, e.Err) }

// Unwrap implements errors.Unwrap.
func (e *HostError) Unwrap() error { return e.Err }

func hostErrorf(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	var known *HostError
	if errors.As(err, &known) {
		return err
	}
	return &HostError{fmt.Sprintf(format, args...), err}
}
