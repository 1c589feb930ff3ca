//go:build unix && !linux

package main_test

// resident cannot be told here.
func (p *process) resident() int64 { return 0 }
