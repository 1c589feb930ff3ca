// Package cli is the command moonlet: it reads the command line and connects a
// module to the terminal, the standard streams and the signals of the host.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/project"
)

// Exit codes of the command.
const (
	ExitOK          = 0
	ExitGuest       = 1   // the program that exec ran failed
	ExitUsage       = 2   // the command line, a path or a project file is wrong
	ExitHost        = 3   // the host has not got what is needed: a port, a place to write
	ExitLimit       = 4   // the program that exec ran wanted more than --memory or --timeout allow
	ExitBug         = 70  // a fault of this program
	ExitInterrupted = 130 // ended by a signal before the work was done, as a shell has it
)

const exitHelp = `Exit codes:
  0   all went well
  1   the program that exec ran failed
  2   the command line, a path or a project file is wrong
  3   this computer has not got what is needed: a named port is in use, a
      directory cannot be written
  4   the program that exec ran wanted more than --memory or --timeout allow
  5   a text of run --expect did not come
  6   lint found something
  10, 11, 12, 13, 14  run --fail-on: panic, reset, longtask, oom, error
  70  a fault of moonlet itself
  130 it was interrupted before its work was done (not run, which Ctrl-C ends)
`

// App is the command's environment.
type App struct {
	In       io.Reader
	Out, Err io.Writer
	Terminal Terminal
	// Signals calls f with each request of the host to end the program, until stop
	// is called.
	Signals func(f func()) (stop func())
	// Buttons, if any, calls f with each request of the host to press the module's reset button
	// or to cycle its power, until stop is called.
	Buttons func(f func(power bool)) (stop func())
	// KeepPipes, if any, makes writing to a stream that nobody reads any more fail, instead
	// of ending the process.
	KeepPipes func()
	Now       func() time.Time
	// Files is the file system of the host; nil is the real one.
	Files *hostfile.Host
	// Exit ends the process.
	Exit func(code int)
	// NewMachine makes what runs; NewMachine is that but for tests.
	NewMachine func(r Run) (Machine, error)
	// FailNetwork, if any, makes operations of the host's network fail, for tests.
	FailNetwork func(op string, a netip.AddrPort) error
}

// failure is an error with its exit code.
type failure struct {
	code int
	err  error
	told bool // the user knows already
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func fail(code int, err error) error {
	if err == nil {
		return nil
	}
	return &failure{code: code, err: err}
}

// Main runs the command and returns its exit code.
func (a *App) Main(args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			a.say(string(debug.Stack()) + "\n")
			a.reportBug(fmt.Sprint(r))
			code = ExitBug
		}
	}()
	err := a.execute(args)
	if err == nil {
		return ExitOK
	}
	code = exitCode(err)
	var f *failure
	if errors.As(err, &f) && f.told {
		return code
	}
	if code == ExitBug {
		a.reportBug(err.Error())
		return code
	}
	var text strings.Builder
	if wantsJSON(args) {
		writeRecord(&text, record{Event: "error", Text: err.Error(), Code: code}, "\n")
		a.say(text.String())
		return code
	}
	for line := range strings.Lines(err.Error()) {
		// A traceback goes with the line above it.
		prefix := "moonlet: "
		if (code == ExitGuest || code == ExitLimit) && line != firstLine(err.Error()) {
			prefix = ""
		}
		fmt.Fprintf(&text, "%s%s\n", prefix, strings.TrimSuffix(line, "\n"))
	}
	a.say(plain(text.String()))
	return code
}

// wantsJSON tells whether a command line says that errors are for programs, also one with
// mistakes. What follows the name of a program that exec runs is that program's, and the
// firmware's tools have no such flag.
func wantsJSON(args []string) bool {
	if len(args) == 0 || args[0] == "luac" || args[0] == "spiffsimg" {
		return false
	}
	for _, arg := range args[1:] {
		switch {
		case arg == "--json" || arg == "--json=true":
			return true
		case arg == "--", args[0] == "exec" && !strings.HasPrefix(arg, "-"):
			return false
		}
	}
	return false
}

// say writes the last words on the standard error output, unless nobody reads them.
func (a *App) say(text string) {
	o := newOutput(a.Err, nil)
	io.WriteString(o, text)
	o.close(closeWait)
}

// execute does what the command line says. The plain form of exec goes without a library
// for that: what it takes to get ready is a twentieth of a short run.
func (a *App) execute(args []string) error {
	if len(args) >= 2 && args[0] == "exec" && !strings.HasPrefix(args[1], "-") {
		return a.exec(args[1], args[2:], execOptions{model: num.Int32Float32})
	}
	root := a.root(args)
	if wantsHelpAll(args) {
		args = append(slices.Clone(args), "--help") // before anything is asked of the others
	}
	root.SetArgs(args)
	return root.Execute()
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	if len(first) < len(s) {
		first += "\n"
	}
	return first
}

func (a *App) reportBug(what string) {
	what = strings.TrimPrefix(what, "BUG: ")
	a.say(fmt.Sprintf("BUG: %s\nThis is a fault of moonlet itself: please report it with the lines above.\n", what))
}

// exitCode classifies an error. What has no code of its own comes from the
// reading of the command line.
func exitCode(err error) int {
	var f *failure
	var bad *project.Error
	var host *project.HostError
	switch {
	case strings.HasPrefix(err.Error(), "BUG"):
		return ExitBug
	case errors.Is(err, hostfile.ErrOutside):
		return ExitUsage
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &bad):
		return ExitUsage
	case errors.As(err, &host), isHostError(err):
		return ExitHost
	}
	return ExitUsage
}

// isHostError tells whether the host refused something.
func isHostError(err error) bool {
	var p *fs.PathError
	var l *os.LinkError
	var s *os.SyscallError
	var n syscall.Errno
	return errors.As(err, &p) || errors.As(err, &l) || errors.As(err, &s) || errors.As(err, &n)
}

// root is the command with its subcommands. Where the first argument names one of them,
// the others are left out, since making them takes a good part of a short run.
func (a *App) root(args []string) *cobra.Command {
	c := &cobra.Command{
		Use:   "moonlet",
		Short: "a NodeMCU module made of software",
		Long: `Moonlet is a NodeMCU module (ESP8266) made of software: it runs an application
as the firmware does, with its prompt, its files and its network, without a board
on the desk.

` + exitHelp,
		Example: `  moonlet new web my-device      begin an application from a template
  moonlet run .                  run the application in this directory
  moonlet run blink.lua          run a single file
  moonlet exec sum.lua 1 2 3     run a Lua program without a module
  moonlet luac -f -o lfs.img *.lua   compile an image of the flash store
  moonlet lfs lfs.img            tell what is in it
  moonlet flash create . -o module.bin   make the image of a whole flash chip
  moonlet spiffs list spiffs.bin   tell what files an image has
  moonlet heap .                 tell where the application's memory is
  moonlet lint .                 tell what it uses that the firmware has not
  moonlet compat old.lua         rewrite source of older firmware
  moonlet doc tmr.create         tell what a function of the firmware does
  moonlet minify init.lua        make its source shorter`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	c.Version = readVersion().String()
	c.SetVersionTemplate("{{.Version}}\n")
	c.SetIn(a.In)
	c.SetOut(a.Out)
	c.SetErr(a.Err)
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if meant := suggestFlag(c, err); meant != "" {
			return fmt.Errorf("%w%s", err, meant)
		}
		return fmt.Errorf("%w; \"%s --%s\" lists the flags", err, c.CommandPath(), flagsHelp(c))
	})
	commands := []struct {
		name string
		make func() *cobra.Command
	}{
		{"run", a.runCommand}, {"exec", a.execCommand}, {"luac", a.luacCommand}, {"lfs", a.lfsCommand},
		{"flash", a.flashCommand}, {"spiffs", a.spiffsCommand},
		{"spiffsimg", a.spiffsimgCommand}, {"heap", a.heapCommand}, {"lint", a.lintCommand}, {"compat", a.compatCommand}, {"doc", a.docCommand}, {"softmodule", a.softmoduleCommand}, {"minify", a.minifyCommand}, {"new", a.newCommand}, {"version", a.versionCommand},
	}
	for _, sub := range commands {
		if len(args) > 0 && args[0] == sub.name {
			c.AddCommand(sub.make())
			c.CompletionOptions.DisableDefaultCmd = true
			addJSON(c)
			return c
		}
	}
	for _, sub := range commands {
		c.AddCommand(sub.make())
	}
	addJSON(c)
	return c
}

// addJSON adds the flag --json, which wantsJSON sees, to all commands that do something and
// have none of their own.
func addJSON(c *cobra.Command) {
	for _, sub := range c.Commands() {
		addJSON(sub)
	}
	if !c.HasParent() || c.DisableFlagParsing || c.RunE == nil || c.Flags().Lookup("json") != nil {
		return
	}
	c.Flags().Bool("json", false, "tell what goes wrong as a JSON object on the standard error output")
}

// interruptible runs f with a context that a signal of the host ends. Then nothing more is
// said, and the exit code tells. What does not end by itself ends with the process.
func (a *App) interruptible(f func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	if a.Signals != nil {
		defer a.Signals(cancel)()
	}
	go func() {
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		select {
		case <-over:
		case <-time.After(endMax):
			a.Exit(ExitInterrupted)
		}
	}()
	err := f(ctx)
	if err != nil && ctx.Err() != nil {
		return &failure{code: ExitInterrupted, err: err, told: true}
	}
	return err
}

// oneDirectory wants one argument at most.
func oneDirectory(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%q is too much: %s takes one argument besides flags", args[1], c.CommandPath())
	}
	return nil
}

// directory is the argument of a command that oneDirectory has looked at: without one it is
// the present directory.
func directory(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// needArg wants an argument, and at most as many as most says if that is not 0.
func needArg(most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return fmt.Errorf("%s is missing; \"%s --help\" tells more", what, c.CommandPath())
		case most > 0 && len(args) > most:
			return fmt.Errorf("%q is too much: %s takes one argument besides flags", args[most], c.CommandPath())
		}
		return nil
	}
}
