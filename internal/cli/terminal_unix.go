//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

func (hostTerminal) Editing() bool {
	name := os.Getenv("TERM")
	return name != "" && name != "dumb"
}

func (hostTerminal) Watch(resized, suspend func()) func() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH, syscall.SIGCONT)
	stop := make(chan os.Signal, 1)
	if !signal.Ignored(syscall.SIGTSTP) {
		signal.Notify(stop, syscall.SIGTSTP)
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-c:
				resized()
			case <-stop:
				suspend()
				signal.Notify(stop, syscall.SIGTSTP)
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(c)
		signal.Stop(stop)
		close(done)
	}
}

// Suspend stops the program's process group as Ctrl-Z would if the terminal were not raw.
func (hostTerminal) Suspend() {
	signal.Reset(syscall.SIGTSTP)
	syscall.Kill(0, syscall.SIGTSTP)
}
