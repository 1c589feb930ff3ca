//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func (hostTerminal) Editing() bool {
	name := os.Getenv("TERM")
	return name != "" && name != "dumb"
}

func (hostTerminal) Watch(resized, continued func()) func() {
	c := make(chan os.Signal, 2)
	signal.Notify(c, syscall.SIGWINCH, syscall.SIGCONT)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-c:
				if s == syscall.SIGCONT {
					continued()
				}
				resized()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(c)
		close(done)
	}
}

// suspendMax is how long the signal may be on its way that stops the program. None comes where
// there is no shell that could continue it.
const suspendMax = 100 * time.Millisecond

// Suspend stops the program and those that were started with it, as Ctrl-Z would if the
// terminal were not raw. Nobody ever asks to be notified of this signal: a Go program that
// has been would not stop by it any more.
func (hostTerminal) Suspend() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGCONT)
	defer signal.Stop(c)
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return
	}
	select {
	case <-c:
	case <-time.After(suspendMax):
	}
}
