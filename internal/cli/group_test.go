package cli

import (
	"bytes"
	"errors"

	"github.com/spf13/cobra"
)

// runSub runs one command of moonlet and gives its exit code, its output, and what would
// be said as an error.
func runSub(command func(*App) *cobra.Command, args []string) (code int, out, message string) {
	var b bytes.Buffer
	a := &App{Out: &b, Err: &b}
	root := &cobra.Command{Use: "moonlet", SilenceErrors: true, SilenceUsage: true}
	root.SetOut(&b)
	c := command(a)
	root.AddCommand(c)
	root.SetArgs(append([]string{c.Name()}, args...))
	err := root.Execute()
	if err == nil {
		return ExitOK, b.String(), ""
	}
	var f *failure
	if !errors.As(err, &f) || !f.told {
		message = err.Error()
	}
	return exitCode(err), b.String(), message
}

func runLFS(args ...string) (code int, out, message string) {
	return runSub((*App).lfsCommand, args)
}

func runFlash(args ...string) (code int, out, message string) {
	return runSub((*App).flashCommand, args)
}

func runSPIFFS(args ...string) (code int, out, message string) {
	return runSub((*App).spiffsCommand, args)
}
