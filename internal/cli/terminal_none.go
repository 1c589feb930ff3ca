//go:build !unix && !windows

package cli

func (hostTerminal) Editing() bool { return false }
