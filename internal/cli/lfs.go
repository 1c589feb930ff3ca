package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/store"
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	lfs51 "moonlet.example/moonlet/internal/lua51/lfs"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/project"
)

// lfsCommand is "moonlet lfs". Its subcommands stand in one line.
func (a *App) lfsCommand() *cobra.Command {
	var o lfsOptions
	c := &cobra.Command{
		Use:   "lfs FILE",
		Short: "look into compiled code and images of the Lua Flash Store",
		Long: `Tells what is in a file of compiled code of Lua 5.3 or 5.1: a .lc file, an image of
the Lua Flash Store (LFS), an absolute image of it, or a dump of the LFS partition. For each
module there is what it takes once it is loaded, in bytes, and then what strings
take and what less debug information would save.

A file with the name of a subcommand is given with its directory: ./diff

Exit codes: 0 all went well, 2 the file cannot be read or is none of these.`,
		Example: `  moonlet lfs lfs.img
  moonlet lfs lfs.img --top 5 --strings
  moonlet lfs diff old.img new.img
  moonlet lfs check lfs.img --module .`,
		Args: needArg(1, "the name of a file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.lfsReport(args[0], o) },
	}
	c.Flags().BoolVar(&o.json, "json", false, "the whole report as a JSON object")
	c.Flags().BoolVar(&o.strings, "strings", false, "list all strings and who uses them")
	c.Flags().IntVar(&o.top, "top", 0, "list no more than `N` modules, and strings")
	c.AddCommand(a.lfsDiffCommand(), a.lfsCheckCommand(), a.lfsStringsCommand(), a.lfsResourcesCommand(), a.lfsDescribeCommand())
	return c
}

// lfsOptions are the flags of lfs.
type lfsOptions struct {
	json, strings bool
	top           int
}

// inputMax is more than any chip has of flash, in bytes.
const inputMax = 64 << 20

// readInput reads a file that is to be looked into.
func readInput(files *hostfile.Host, name string) ([]byte, error) {
	info, err := files.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fail(ExitUsage, fmt.Errorf("%s: there is no such file", name))
	case err == nil && info.IsDir():
		return nil, fail(ExitUsage, fmt.Errorf("%s is a directory: name a file", name))
	case err == nil && info.Size() > inputMax:
		return nil, fail(ExitUsage, fmt.Errorf("%s has %d bytes, more than any flash chip: name another file", name, info.Size()))
	}
	data, err := readBounded(files, name)
	if err != nil {
		return nil, fail(ExitUsage, fmt.Errorf("cannot read the file: %w", err))
	}
	return data, nil
}

// readBounded reads a file or what a pipe has, up to inputMax.
func readBounded(files *hostfile.Host, name string) ([]byte, error) {
	data, err := files.ReadAll(name, inputMax)
	if errors.Is(err, hostfile.ErrTooLarge) {
		err = fmt.Errorf("%s has more than %d bytes, more than any flash chip", name, inputMax)
	}
	return data, err
}

// lfsError tells what is wrong with a file.
func lfsError(name string, err error) error {
	return fail(ExitUsage, fmt.Errorf("%s: %s", name, lfs.Explain(err)))
}

// newReport examines a file of either edition.
func newReport(name string, data []byte) (r *compiled.Report, err error) {
	if lfs51.Is(data) {
		if r, err = lfs51.NewReport(name, data); err != nil {
			err = fail(ExitUsage, fmt.Errorf("%s: %s", name, lfs51.Explain(err)))
		}
		return r, err
	}
	if r, err = lfs.NewReport(name, data); err != nil {
		err = lfsError(name, err)
	}
	return r, err
}

// compare compares two files, which have to be of one edition.
func compare(names []string, data [2][]byte, ignoreTime bool) (*compiled.Diff, error) {
	if is, other := lfs51.Is(data[0]), lfs51.Is(data[1]); is != other {
		of := [2]string{"Lua 5.3", "Lua 5.1"}
		if is {
			of[0], of[1] = of[1], of[0]
		}
		return nil, fail(ExitUsage, fmt.Errorf("%s is of %s and %s of %s: two files of one edition can be compared", names[0], of[0], names[1], of[1]))
	} else if is {
		var files [2]*lfs51.Content
		for i, name := range names {
			var err error
			if files[i], err = lfs51.Open(data[i]); err != nil {
				return nil, fail(ExitUsage, fmt.Errorf("%s: %s", name, lfs51.Explain(err)))
			}
		}
		return lfs51.Compare(files[0], files[1], ignoreTime), nil
	}
	var files [2]*lfs.Content
	for i, name := range names {
		var err error
		if files[i], err = lfs.Open(data[i]); err != nil {
			return nil, lfsError(name, err)
		}
	}
	return lfs.Compare(files[0], files[1], lfs.DiffOptions{IgnoreTime: ignoreTime}), nil
}

// writeJSON writes a document for people and programs.
func (a *App) writeJSON(v any) error {
	e := json.NewEncoder(a.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return fail(ExitHost, e.Encode(v))
}

// writeText writes what f prints. Names that come out of a file are somebody else's, so a
// terminal does not get all bytes of them.
func (a *App) writeText(f func(w io.Writer)) error {
	var b strings.Builder
	f(&b)
	_, err := io.WriteString(a.screen(), b.String())
	return fail(ExitHost, err)
}

func (a *App) lfsReport(name string, o lfsOptions) error {
	if o.top < 0 {
		return errors.New("--top: want a number of lines, as in 10")
	}
	data, err := readInput(a.Files, name)
	if err != nil {
		return err
	}
	r, err := newReport(name, data)
	if err != nil {
		return err
	}
	if !o.strings {
		r.Strings.All = nil
	}
	if o.json {
		return a.writeJSON(r)
	}
	return a.writeText(func(w io.Writer) { printReport(w, r, o) })
}

func (a *App) lfsDiffCommand() *cobra.Command {
	var ignoreTime, asJSON, all bool
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "compare two files of compiled code",
		Long: `Compares two files of any kind that "moonlet lfs" reads. What they contain counts,
not how: an image and the absolute image made of it are the same.

Exit codes: 0 the same, 1 different, 2 a file cannot be read or is of no such
kind.`,
		Example: `  moonlet lfs diff old.img new.img
  moonlet lfs diff lfs.img flash-dump.bin --ignore-time`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("two files are wanted, not %d; \"%s --help\" tells more", len(args), c.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var data [2][]byte
			for i, name := range args {
				var err error
				if data[i], err = readInput(a.Files, name); err != nil {
					return err
				}
			}
			d, err := compare(args, data, ignoreTime)
			if err != nil {
				return err
			}
			if asJSON {
				err = a.writeJSON(d)
			} else {
				err = a.writeText(func(w io.Writer) { printDiff(w, d, args, all) })
			}
			if err == nil && !d.Same {
				err = &failure{code: ExitGuest, err: errors.New("the files are different"), told: true}
			}
			return err
		},
	}
	c.Flags().BoolVar(&ignoreTime, "ignore-time", false, "another time stamp is no difference")
	c.Flags().BoolVar(&all, "all", false, "list all places that differ, and all strings that only one file has")
	c.Flags().BoolVar(&asJSON, "json", false, "as a JSON object")
	return c
}

// checkOptions are the flags of lfs check.
type checkOptions struct {
	module, lua, number, size, base string
	json                            bool
}

func (a *App) lfsCheckCommand() *cobra.Command {
	var o checkOptions
	c := &cobra.Command{
		Use:   "check IMAGE",
		Short: "tell whether a module can load an image",
		Long: `Tells whether a module can load an image into its Lua Flash Store: its kind, its
numbers, its size, and the heap that loading takes. The module is that of a
project; or flags describe it, which also win over the project.

Exit codes: 0 it can be loaded, 1 it cannot, 2 the command line, the file or the
project is wrong.`,
		Example: `  moonlet lfs check lfs.img --module .
  moonlet lfs check lfs.img --number int64 --size 64KB`,
		Args: needArg(1, "the name of an image"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := o.target(c.Flags().Changed)
			if err != nil {
				return err
			}
			return a.lfsCheck(args[0], t, !c.Flags().Changed("module") && !c.Flags().Changed("lua"), o.json)
		},
	}
	c.Flags().StringVar(&o.module, "module", "", "`directory` of the project whose module is to load it")
	c.Flags().StringVar(&o.number, "number", "int32", "numbers of the firmware: int32, int64 or mixed")
	offer(c, "number", []string{"int32", "int64", "mixed"})
	c.Flags().StringVar(&o.size, "size", "", "size of the LFS partition in `bytes`, as in 65536 or 64KB")
	c.Flags().StringVar(&o.lua, "lua", "", "`edition` of Lua that the module has (default: that of the image)")
	offer(c, "lua", editionNames())
	c.Flags().StringVar(&o.base, "base", "", "`address` of the LFS partition, as in 0x40290000")
	c.Flags().BoolVar(&o.json, "json", false, "as a JSON object")
	return c
}

// target is the module that the flags describe.
func (o *checkOptions) target(given func(flag string) bool) (t compiled.Target, err error) {
	switch {
	case given("module"):
		if t, err = project.LFSTarget(o.module); err != nil {
			return t, err
		}
	case !given("size"):
		return t, errors.New("which module? give --module DIR, or --size with the size of the LFS partition")
	}
	if given("lua") {
		e, err := editions.Find(o.lua)
		if err != nil {
			return t, fmt.Errorf("--lua: %w", err)
		}
		t.Lua51, t.Integral = e.Lua51, e.Integral
	}
	if t.Lua51 && given("number") {
		return t, errNumber51
	}
	if given("number") || !given("module") {
		if t.Model, err = num.Parse(o.number); err != nil {
			return t, fmt.Errorf("--number: %w", err)
		}
	}
	if given("size") {
		if t.Size, err = parseBytes(o.size); err != nil {
			return t, fmt.Errorf("--size: %w", err)
		}
	}
	if given("base") {
		n, err := strconv.ParseUint(o.base, 0, 32)
		if err != nil || n%4 != 0 {
			return t, fmt.Errorf("--base: want an address, as in 0x40290000, not %q", o.base)
		}
		t.Base = uint32(n)
	}
	return t, nil
}

// parseBytes reads a number of bytes, with a unit of 1024 if it has one.
func parseBytes(s string) (uint32, error) {
	const units = "kKmMbBiI "
	digits, factor := s, uint64(1)
	if !strings.HasPrefix(s, "0x") { // where b is a digit
		digits = strings.TrimRight(s, units)
		switch strings.ToLower(strings.TrimSpace(s[len(digits):])) {
		case "", "b":
		case "k", "kb", "kib":
			factor = 1 << 10
		case "m", "mb", "mib":
			factor = 1 << 20
		default:
			digits = ""
		}
	}
	n, err := strconv.ParseUint(digits, 0, 32)
	if err != nil || n*factor > 1<<31 {
		return 0, fmt.Errorf("want a number of bytes, as in 65536 or 64KB, not %q", s)
	}
	return uint32(n * factor), nil
}

// checkResult is the document of lfs check.
type checkResult struct {
	File     string             `json:"file"`
	Loadable bool               `json:"loadable"`
	Problems []compiled.Problem `json:"problems"`
	// Of an image.
	FlashBytes     int `json:"flash_bytes,omitempty"`
	PartitionBytes int `json:"partition_bytes"`
	LoadHeap       int `json:"load_heap,omitempty"`
}

// lfsCheck checks a file for a module, whose edition may be that of the file.
func (a *App) lfsCheck(name string, t compiled.Target, sameEdition, asJSON bool) error {
	data, err := readInput(a.Files, name)
	if err != nil {
		return err
	}
	if x, err := lfs51.Open(data); err == nil && sameEdition {
		t.Lua51, t.Integral = true, x.Numbers == chunk51.Integer
	}
	c := store.Check(data, t)
	r := checkResult{File: name, Problems: c.Problems, PartitionBytes: int(t.Size), FlashBytes: c.FlashBytes, LoadHeap: c.LoadHeap}
	if r.Problems == nil {
		r.Problems = []compiled.Problem{}
	}
	r.Loadable = compiled.Loadable(r.Problems)
	if asJSON {
		err = a.writeJSON(r)
	} else {
		err = a.writeText(func(w io.Writer) { printCheck(w, &r) })
	}
	if err == nil && !r.Loadable {
		err = &failure{code: ExitGuest, err: errors.New("the file cannot be loaded"), told: true}
	}
	return err
}
