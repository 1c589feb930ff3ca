package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"moonlet/internal/hostexec"
	"moonlet/internal/num"
	"moonlet/internal/stdlib"
	"moonlet/internal/stdlib/hostos"
)

func (a *App) execCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "exec FILE [ARGUMENT...]",
		Short: "run a Lua program on this computer",
		Long: `Runs a Lua program with the standard library, io and os, and with the module's
numbers (32-bit integers and floats), but without a module around it. FILE is
source or compiled code; "-" is the standard input. The program gets the
arguments as "...".

The exit code is 1 if the program fails, and else what it gives to os.exit.`,
		Example: `  moonlet exec sum.lua 1 2 3
  echo 'print(7 // 2)' | moonlet exec -`,
		Args: needArg(0, "the name of a Lua file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.exec(args[0], args[1:]) },
	}
	c.Flags().SetInterspersed(false) // what follows FILE belongs to the program
	return c
}

func (a *App) exec(name string, args []string) error {
	source, err := a.program(name, args)
	if err != nil {
		return fail(ExitUsage, err)
	}
	start := a.Now()
	out := bufio.NewWriter(a.Out)
	s, err := hostexec.New(hostexec.Config{
		Model: num.Int32Float32, StripDefault: 1, Output: out, Errors: a.Err,
		Random: new(stdlib.GlibcRand),
		System: &hostos.System{
			Input: a.In, Output: out, Errors: a.Err, Now: a.Now, Zone: time.Local,
			CPU:    func() time.Duration { return a.Now().Sub(start) },
			OnExit: func(code int, _ bool) { out.Flush(); a.Exit(code) },
		}})
	if err != nil {
		return fail(ExitHost, err)
	}
	if source != nil {
		err = s.RunString(string(source), "=stdin")
	} else {
		err = s.RunFile(name, args)
	}
	if closing := s.Close(); err == nil {
		err = closing
	}
	if flushing := out.Flush(); flushing != nil {
		return fail(ExitHost, fmt.Errorf("standard output: %w", flushing))
	}
	if err != nil && strings.HasPrefix(err.Error(), "BUG") {
		return err
	}
	return fail(ExitGuest, err)
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
