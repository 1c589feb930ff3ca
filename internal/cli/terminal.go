package cli

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// Terminal is what the command's streams may be connected to.
type Terminal interface {
	// Input, Screen and Errors tell whether the standard input, the standard output and
	// the standard error output are terminals, Output whether both output streams are.
	Input() bool
	Screen() bool
	Errors() bool
	Output() bool
	// Raw hands all keys to the program and leaves echo and ends of lines to it,
	// until restore is called.
	Raw() (restore func(), err error)
	// Editing tells whether the terminal obeys what a line editor sends, Color whether
	// the user wants colours.
	Editing() bool
	Color() bool
	// Size is that of the standard output, in columns and rows.
	Size() (columns, rows int)
	// Watch calls resized when Size may have changed, and continued when the program was
	// stopped and goes on, until end is called. Suspend stops it.
	Watch(resized, continued func()) (end func())
	Suspend()
}

// Host is the real environment.
func Host() *App {
	return &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: hostTerminal{},
		Signals: hostSignals, Buttons: hostButtons, KeepPipes: func() { signal.Ignore(syscall.SIGPIPE) }, Now: time.Now, Exit: os.Exit,
		NewMachine: NewMachine,
	}
}

type hostTerminal struct{}

func (hostTerminal) Input() bool { return term.IsTerminal(int(os.Stdin.Fd())) }

func (hostTerminal) Screen() bool { return term.IsTerminal(int(os.Stdout.Fd())) }

func (hostTerminal) Errors() bool { return term.IsTerminal(int(os.Stderr.Fd())) }

func (t hostTerminal) Output() bool { return t.Screen() && t.Errors() }

func (hostTerminal) Color() bool { return os.Getenv("NO_COLOR") == "" }

func (hostTerminal) Size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || columns == 0 || rows == 0 {
		return 80, 24
	}
	return columns, rows
}

func (hostTerminal) Raw() (func(), error) {
	fd := int(os.Stdin.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return nil, fmt.Errorf("cannot set up the terminal: %w", err)
	}
	return func() { term.Restore(fd, old) }, nil
}

// hostSignals leaves a signal that is ignored where the program was started: that is what
// nohup and a shell's background jobs are for.
func hostSignals(f func()) func() {
	return onSignals(func(os.Signal) { f() }, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

// onSignals calls f with signals that are not ignored, until stop is called.
func onSignals(f func(s os.Signal), which ...os.Signal) (stop func()) {
	c := make(chan os.Signal, 1)
	for _, s := range which {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-c:
				f(s)
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
