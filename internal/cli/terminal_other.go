//go:build !unix

package cli

import "time"

// resizePoll is how often the size of the terminal is looked at, which tells nobody.
const resizePoll = 250 * time.Millisecond

func (hostTerminal) Watch(resized, _ func()) func() {
	done := make(chan struct{})
	go func() {
		for tick := time.NewTicker(resizePoll); ; {
			select {
			case <-tick.C:
				resized()
			case <-done:
				tick.Stop()
				return
			}
		}
	}()
	return func() { close(done) }
}

// Suspend is not called: nothing of this host asks for it.
func (hostTerminal) Suspend() {}
