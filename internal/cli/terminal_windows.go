package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// Editing lets the console obey sequences; one that cannot is too old.
func (hostTerminal) Editing() bool {
	h := windows.Handle(os.Stdout.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
