package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/trial"
)

// stringsOptions are the flags of lfs strings.
type stringsOptions struct {
	output  string
	after   time.Duration
	json    bool
	outside bool
}

func (a *App) lfsStringsCommand() *cobra.Command {
	o := stringsOptions{output: trial.StringsModule + ".lua", after: 5 * time.Second}
	c := &cobra.Command{
		Use:   "strings [DIRECTORY]",
		Short: "find the strings in RAM that could be in flash",
		Long: `Boots the application of a directory on a virtual module and lists the short
strings that it has in RAM. A module of the store that has these strings, which
this writes, moves them to flash: strings of the store take no RAM. What that
saves is measured by booting the application again with such a store.

The application runs in virtual time and in a flash memory of its own; nothing in
the directory changes. Strings that look like data are left out: numbers, and
what is not there in a second run with other random numbers.

Compile the file into the image of the store, with the key lfs_files or with
"moonlet luac -f".`,
		Example: `  moonlet lfs strings .
  moonlet lfs strings examples/thermostat --after 1m -o lfs/dummy_strings.lua`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return a.interruptible(func(ctx context.Context) error { return a.lfsStrings(ctx, dir, o) })
		},
	}
	c.Flags().StringVarP(&o.output, "output", "o", o.output, `the file to write, "-" for standard output`)
	c.Flags().DurationVar(&o.after, "after", o.after, "how long the application runs")
	c.Flags().BoolVar(&o.json, "json", false, "what was found as a JSON object; no file is written")
	addOutside(c.Flags(), &o.outside)
	return c
}

func (a *App) lfsStrings(ctx context.Context, dir string, o stringsOptions) (err error) {
	if o.after <= 0 {
		return errors.New("--after: want a time, as in 5s")
	}
	if err := a.mayReplace(o.output); err != nil && !o.json {
		return fail(ExitUsage, err)
	}
	p, err := a.openProject(dir, nil, o.outside)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	r, err := trial.Strings(ctx, p, o.after)
	switch {
	case err != nil:
		return err
	case o.json:
		return a.writeJSON(r)
	case len(r.Strings) == 0:
		return a.writeText(func(w io.Writer) { fmt.Fprintln(w, "No string of the application is in RAM.") })
	}
	source := trial.StringsSource(r.Strings)
	if o.output == "-" {
		_, err := a.screen().Write(source)
		return fail(ExitHost, err)
	}
	if err := a.Files.Replace(o.output, source, 0o644); err != nil {
		return fail(ExitHost, err)
	}
	return a.writeText(func(w io.Writer) { printMoved(w, r, o.output) })
}

// mayReplace refuses to overwrite a file that somebody wrote by hand.
func (a *App) mayReplace(name string) error {
	old, err := a.Files.ReadAll(name, inputMax)
	switch {
	case name == "-", errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil && !errors.Is(err, hostfile.ErrTooLarge):
		return err
	}
	if first, _, _ := bytes.Cut(trial.StringsSource(nil), []byte("\n")); !bytes.HasPrefix(old, first) {
		return fmt.Errorf("%s exists and was not made by this command: name another file with -o", name)
	}
	return nil
}

func printMoved(w io.Writer, r *trial.StringsReport, name string) {
	fmt.Fprintf(w, "Free heap after %s, garbage collected:\n", r.After)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if r.Empty != r.Now {
		fmt.Fprintf(t, "without a store\t%d\t\t\n", r.Now)
		fmt.Fprintf(t, "with a store\t%d\t%+d\t  for the strings that every store has\n", r.Empty, r.Empty-r.Now)
	} else {
		fmt.Fprintf(t, "as it is\t%d\t\t\n", r.Now)
	}
	fmt.Fprintf(t, "with these strings\t%d\t%+d\t  for %d strings of the application\n", r.With, r.With-r.Empty, len(r.Strings))
	t.Flush()
	fmt.Fprintf(w, "They take %d bytes of the store. %s has them: compile it into the image.\n", r.StoreBytes, name)
}
