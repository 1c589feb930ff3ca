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

	"github.com/spf13/cobra"

	"moonlet/internal/hostexec"
	"moonlet/internal/num"
)

func (a *App) execCommand() *cobra.Command {
	var number string
	c := &cobra.Command{
		Use:   "exec FILE [ARGUMENT...]",
		Short: "run a Lua program on this computer",
		Long: `Runs a Lua program with the standard library, io and os, and with the module's
numbers (32-bit integers and floats, or others by --number), but without a module
around it. FILE is
source or compiled code; "-" is the standard input. The program gets the
arguments as "...".

The exit code is 1 if the program fails, and else what it gives to os.exit.`,
		Example: `  moonlet exec sum.lua 1 2 3
  echo 'print(7 // 2)' | moonlet exec -`,
		Args: needArg(0, "the name of a Lua file"),
		RunE: func(_ *cobra.Command, args []string) error {
			model, err := num.Parse(number)
			if err != nil {
				return fail(ExitUsage, fmt.Errorf("--number: %w", err))
			}
			return a.exec(args[0], args[1:], model)
		},
	}
	c.Flags().StringVar(&number, "number", num.Int32Float32.Flag(), "numbers: int32, int64 or mixed (32-bit integers, 64-bit floats)")
	c.Flags().SetInterspersed(false) // what follows FILE belongs to the program
	return c
}

func (a *App) exec(name string, args []string, model num.Model) error {
	source, err := a.program(name, args)
	if err != nil {
		return fail(ExitUsage, err)
	}
	out := bufio.NewWriter(a.Out)
	s, err := hostexec.New(a.hostConfig(out, model, 1))
	if err != nil {
		return fail(ExitHost, err)
	}
	if source != nil {
		err = s.RunString(string(source), "=stdin")
	} else {
		err = s.RunFile(name, args)
	}
	if closing := s.End(); err == nil { // the process ends soon, and its memory with it
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
