package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/project"
)

// execOptions are the flags of exec.
type execOptions struct {
	lua     hostexec.Edition
	model   num.Model
	lib     clib.Library
	memory  int           // bytes, 0 for as much as there is
	timeout time.Duration // 0 for none
}

const execHelp = `Runs a Lua program with the standard library, io and os, and with the module's
numbers (32-bit integers and floats, or others by --number), but without a module
around it; --lua 5.1 or 5.1-int takes Lua 5.1 for it. What numbers look like and some functions give is this computer's, as with
luac.cross -e, or with --libc chip a module's. FILE is source or compiled code; "-" is the standard input. The program
gets the arguments as "...", and in the table arg with its own name at 0.

--memory and --timeout bound what a program takes of memory and time. They do not
bound what it does: io and os reach the files and commands of whoever runs it.

The exit code is 1 if the program fails, 4 if --memory or --timeout ended it, 130
after Ctrl-C, and else what it gives to os.exit.`

func (a *App) execCommand() *cobra.Command {
	var lua, number, library, memory string
	var o execOptions
	c := &cobra.Command{
		Use:   "exec FILE [ARGUMENT...]",
		Short: "run a Lua program on this computer",
		Long:  execHelp,
		Example: `  moonlet exec sum.lua 1 2 3
  moonlet exec --memory 8MB --timeout 10s untrusted.lua
  echo 'print(7 // 2)' | moonlet exec -`,
		Args: needArg(0, "the name of a Lua file"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.readLua(lua, c.Flags().Changed); err != nil {
				return fail(ExitUsage, err)
			}
			if err := o.read(number, library, memory, c.Flags().Changed); err != nil {
				return fail(ExitUsage, err)
			}
			return a.exec(args[0], args[1:], o)
		},
	}
	c.Flags().StringVar(&lua, "lua", "5.3", "the edition of Lua: 5.3, 5.1 (floats) or 5.1-int (integers)")
	c.Flags().StringVar(&number, "number", num.Int32Float32.Flag(), "numbers: int32, int64 or mixed (32-bit integers, 64-bit floats)")
	c.Flags().StringVar(&library, "libc", clib.Host.String(), "whose C library prints, reads and computes numbers: host or chip")
	c.Flags().StringVar(&memory, "memory", "", "how much memory Lua may take, as in 8MB")
	c.Flags().DurationVar(&o.timeout, "timeout", 0, "how long it may run, as in 10s")
	offer(c, "lua", editionNames())
	offer(c, "number", []string{"int32", "int64", "mixed"})
	offer(c, "libc", []string{"host", "chip"})
	c.Flags().SetInterspersed(false) // what follows FILE belongs to the program
	return c
}

// memoryMin is what a program needs at least, the standard library included, in bytes.
const memoryMin = 64 << 10

// errNumber51 refuses --number where the edition says it all.
var errNumber51 = errors.New("--number is for Lua 5.3: --lua 5.1 has 64-bit floats, --lua 5.1-int has 32-bit integers")

// readLua reads the edition; numbers of Lua 5.1 are part of its name.
func (o *execOptions) readLua(lua string, given func(flag string) bool) (err error) {
	if o.lua, err = editions.Find(lua); err != nil {
		return fmt.Errorf("--lua: %w", err)
	}
	if o.lua.Lua51 && given("number") {
		return errNumber51
	}
	return nil
}

// read reads the values of flags.
func (o *execOptions) read(number, library, memory string, given func(flag string) bool) (err error) {
	if o.model, err = num.Parse(number); err != nil {
		return fmt.Errorf("--number: %w", err)
	}
	if o.lib, err = clib.Parse(library); err != nil {
		return fmt.Errorf("--libc: %w", err)
	}
	if given("memory") {
		n, ok := project.ParseSize(memory)
		if !ok || n < memoryMin || n > hostexec.HeapMax {
			return fmt.Errorf("--memory: want a number of bytes from 64KB to %dMB, as in 8MB", hostexec.HeapMax>>20)
		}
		o.memory = int(n)
	}
	if given("timeout") && o.timeout <= 0 {
		return errors.New("--timeout: want a time, as in 10s")
	}
	return nil
}

// errTimeout and errInterrupt end a program from outside.
var (
	errTimeout   = errors.New("the program was ended: it ran for longer than --timeout allows")
	errInterrupt = errors.New("interrupted")
)

func (a *App) exec(name string, args []string, o execOptions) error {
	source, err := a.program(name, args)
	if err != nil {
		return fail(ExitUsage, err)
	}
	out := a.execOutput()
	c := a.hostConfig(out, o.model, 1)
	c.Lua, c.HeapBytes, c.CLib = o.lua, o.memory, o.lib
	s, err := hostexec.New(c)
	if err != nil {
		return fail(ExitHost, err)
	}
	run := &execution{app: a, session: s, out: out, over: make(chan struct{})}
	defer close(run.over)
	defer a.Signals(func() { run.end(errInterrupt) })()
	if o.timeout > 0 {
		defer time.AfterFunc(o.timeout, func() { run.end(errTimeout) }).Stop()
	}
	if source != nil {
		err = s.RunString(string(source), "=stdin")
	} else {
		err = s.RunFile(name, args)
	}
	if closing := s.End(); err == nil { // the process ends soon, and its memory with it
		err = closing
	}
	if errors.Is(err, errInterrupt) {
		flushWithin(leaveWait, out)
		return &failure{code: ExitInterrupted, err: err, told: true}
	}
	if flushing := out.Flush(); flushing != nil {
		return fail(ExitHost, fmt.Errorf("standard output: %w", flushing))
	}
	return o.failure(err)
}

// failure is the failure of a program, with its exit code.
func (o *execOptions) failure(err error) error {
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "BUG"):
		return err
	case errors.Is(err, errTimeout):
		return fail(ExitLimit, err)
	case err != nil && o.memory > 0:
		first, trace, _ := strings.Cut(err.Error(), "\n")
		if strings.Contains(first, "not enough memory") { // so say Lua and its library
			return fail(ExitLimit, fmt.Errorf("%s: --memory allows the program %d bytes\n%s", first, o.memory, trace))
		}
	}
	return fail(ExitGuest, err)
}

// execution is a program that runs.
type execution struct {
	app     *App
	session *hostexec.Session
	out     *execOutput
	over    chan struct{} // closed when it has ended
}

// end ends a program, and the process if the program does not notice: it may wait for
// input, or for somebody to read its output.
func (e *execution) end(why error) {
	e.session.Interrupt(why)
	select {
	case <-e.over:
		return
	case <-time.After(hostexec.InterruptTime + leaveWait):
	}
	flushWithin(leaveWait, e.out)
	code := ExitInterrupted
	if why == errTimeout {
		code = ExitLimit
		e.app.say("moonlet: " + why.Error() + "\n")
	}
	e.app.Exit(code)
}

// flushWithin writes what a program has printed, unless nobody reads it.
func flushWithin(t time.Duration, out *execOutput) {
	done := make(chan struct{})
	go func() { out.Flush(); close(done) }()
	select {
	case <-done:
	case <-time.After(t):
	}
}

// program reads a program from the standard input; one in a file is only looked
// at.
func (a *App) program(name string, args []string) ([]byte, error) {
	if name != "-" {
		return nil, readable(name)
	}
	if len(args) > 0 {
		return nil, errors.New("a program from the standard input cannot have arguments: put it into a file")
	}
	source, err := io.ReadAll(a.In)
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	if bytes.HasPrefix(source, []byte("#")) { // as at the start of a script
		end := bytes.IndexByte(append(source, '\n'), '\n')
		source = source[min(end, len(source)):]
	}
	return append([]byte{}, source...), nil
}

// readable tells in plain words why a file cannot be read.
func readable(name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no such file", name)
	}
	if err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory: name a Lua file, or use \"moonlet run\"", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("cannot read the program: %w", err)
	}
	return f.Close()
}
