package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/storage/chipmap"
)

// flashCommand is "moonlet flash", which has subcommands only.
func (a *App) flashCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "flash",
		Short: "make the image of a module's flash chip, and look into one",
		Long: `Makes the image of a whole flash chip from a project, and looks into one, as it is read
from a board:

  esptool.py read_flash 0 0x400000 module.bin

No subcommand writes to an image that exists, but for create --force.`,
		Example: `  moonlet flash create . -o module.bin
  moonlet flash inspect module.bin
  moonlet flash extract module.bin lfs records -o parts
  moonlet flash diff before.bin after.bin
  moonlet flash wear module.bin`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return fmt.Errorf("which subcommand? \"%s --help\" lists them", c.CommandPath())
		},
	}
	c.AddCommand(a.flashCreateCommand(), a.flashInspectCommand(), a.flashExtractCommand(), a.flashDiffCommand(), a.flashWearCommand())
	return c
}

// inspectChip reads the image of a chip and tells what lies where.
func inspectChip(files *hostfile.Host, name string) (*chipmap.Map, error) {
	data, err := readInput(files, name)
	if err != nil {
		return nil, err
	}
	m, err := chipmap.Inspect(data, chipmap.Options{Files: readSPIFFS, Search: searchSPIFFS})
	if err != nil {
		return nil, fail(ExitUsage, fmt.Errorf("%s: %w", name, err))
	}
	return m, nil
}

func (a *App) flashInspectCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "inspect IMAGE",
		Short: "draw the map of a chip: what lies where, how full it is",
		Long: `Tells what lies where in the image of a flash chip, how full each region is, what is
in it as far as that can be told, and what is wrong. Then it draws the chip.

Exit codes: 0 nothing is wrong, 1 there are problems, not only warnings, 2 the
file cannot be read or is not the image of a whole chip.`,
		Example: `  moonlet flash inspect module.bin
  moonlet flash inspect module.bin --json`,
		Args: needArg(1, "the image of a flash chip"),
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := inspectChip(a.Files, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				err = a.writeJSON(m)
			} else {
				err = a.writeText(func(w io.Writer) { m.Print(w, args[0]) })
			}
			if err == nil && !m.Sound() {
				err = &failure{code: ExitGuest, err: errors.New("the chip has problems"), told: true}
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as a JSON object")
	return c
}

func (a *App) flashDiffCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "compare two chips, region by region",
		Long: `Compares the images of two flash chips. Regions of the same kind are compared with
each other, wherever they lie.

Exit codes: 0 the same bytes, 1 different, 2 a file cannot be read or is not the
image of a whole chip.`,
		Example: `  moonlet flash diff before.bin after.bin`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("two images are wanted, not %d; \"%s --help\" tells more", len(args), c.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			x, err := inspectChip(a.Files, args[0])
			if err != nil {
				return err
			}
			y, err := inspectChip(a.Files, args[1])
			if err != nil {
				return err
			}
			d := chipmap.Compare(x, y)
			if asJSON {
				err = a.writeJSON(d)
			} else {
				err = a.writeText(func(w io.Writer) { d.Print(w, args[0], args[1]) })
			}
			if err == nil && !d.Same {
				err = &failure{code: ExitGuest, err: errors.New("the chips are different"), told: true}
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as a JSON object")
	return c
}

// extractOptions are the flags of flash extract.
type extractOptions struct {
	flag  string // that names dir
	dir   string
	force bool
	json  bool
	files *hostfile.Host
}

// extractMode is the mode of what is taken out of a chip: there may be passwords in it.
const extractMode = 0o600

func (a *App) flashExtractCommand() *cobra.Command {
	var o extractOptions
	c := &cobra.Command{
		Use:   "extract IMAGE [REGION...]",
		Short: "write regions of a chip as files",
		Long: `Writes what is in a flash chip as files, each as it could be flashed at the address
that is told: all regions that are not erased, or those that are named as "moonlet
flash inspect" does. Of the Lua Flash Store there are its words, lfs.img, which
"moonlet lfs" reads.

A file that exists is only replaced with --force, and none is written if one is in
the way.

Exit codes: 0 all went well, 2 the image, a region or a file in the way, 3 a file
cannot be written.`,
		Example: `  moonlet flash extract module.bin -o parts
  moonlet flash extract module.bin lfs spiffs`,
		Args: needArg(0, "the image of a flash chip"),
		RunE: func(_ *cobra.Command, args []string) error { return a.flashExtract(args[0], args[1:], o) },
	}
	c.Flags().StringVarP(&o.dir, "output", "o", ".", "`directory` for the files; it is made if it does not exist")
	c.Flags().BoolVar(&o.force, "force", false, "replace files that exist")
	c.Flags().BoolVar(&o.json, "json", false, "what was written as a JSON list")
	return c
}

func (a *App) flashExtract(image string, kinds []string, o extractOptions) error {
	o.files = a.Files
	m, err := inspectChip(a.Files, image)
	if err != nil {
		return err
	}
	parts, err := chooseParts(m.Parts(), kinds)
	if err != nil {
		return fail(ExitUsage, fmt.Errorf("%s: %w", image, err))
	}
	if err := o.checkTargets([]string{image}, parts); err != nil {
		return fail(ExitUsage, err)
	}
	if err := o.files.MkdirAll(o.dir, 0o777); err != nil {
		return fail(ExitHost, fmt.Errorf("cannot make the directory for the files: %w", err))
	}
	if err := o.write(parts); err != nil {
		return fail(ExitHost, err)
	}
	if o.json {
		return a.writeJSON(parts)
	}
	return a.writeText(func(w io.Writer) {
		t := &table{w: w, names: []string{"ADDRESS", "BYTES", "FILE"}, left: map[int]bool{0: true, 2: true}}
		for _, p := range parts {
			t.row(fmt.Sprintf("0x%06x", p.Addr), p.Bytes, filepath.Join(o.dir, p.Name))
		}
		t.print()
	})
}

// write writes all parts. If that fails, files that it made are removed again.
func (o *extractOptions) write(parts []chipmap.Part) error {
	for i, p := range parts {
		write := o.files.Create
		if o.force {
			write = o.files.Replace
		}
		err := write(filepath.Join(o.dir, p.Name), p.Data, extractMode)
		if err == nil {
			continue
		}
		for _, done := range parts[:i] {
			if !o.force {
				o.files.Remove(filepath.Join(o.dir, done.Name))
			}
		}
		return fmt.Errorf("cannot write %s: %w", p.Name, err)
	}
	return nil
}

// chooseParts leaves the parts that were asked for, all if none was.
func chooseParts(parts []chipmap.Part, kinds []string) ([]chipmap.Part, error) {
	if len(parts) == 0 {
		return nil, errors.New("the whole chip is erased: there is nothing to take out")
	}
	if len(kinds) == 0 {
		return parts, nil
	}
	var list []chipmap.Part
	var names []string
	for _, p := range parts {
		if !slices.Contains(names, string(p.Kind)) {
			names = append(names, string(p.Kind))
		}
		if slices.Contains(kinds, string(p.Kind)) {
			list = append(list, p)
		}
	}
	for _, k := range kinds {
		if !slices.Contains(names, k) {
			return nil, fmt.Errorf("there is no region %q with something in it; there are %s", k, strings.Join(names, ", "))
		}
	}
	return list, nil
}

// checkTargets refuses to write over files, and over those that are read in any case.
func (o *extractOptions) checkTargets(inputs []string, parts []chipmap.Part) error {
	var read []os.FileInfo
	for _, name := range inputs {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		read = append(read, info)
	}
	flag := cmp.Or(o.flag, "-o")
	for _, p := range parts {
		path := filepath.Join(o.dir, p.Name)
		info, err := os.Stat(path)
		switch {
		case err == nil && slices.ContainsFunc(read, func(r os.FileInfo) bool { return os.SameFile(r, info) }):
			return fmt.Errorf("%s is what is read itself: name another place with %s", path, flag)
		case err == nil && info.IsDir():
			return fmt.Errorf("%s is a directory: name another place with %s", path, flag)
		case err == nil && !info.Mode().IsRegular():
			return fmt.Errorf("%s is no plain file: name another place with %s", path, flag)
		case o.force:
			continue
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			return fmt.Errorf("%s exists: give --force to replace it, or another place with %s", path, flag)
		}
	}
	return nil
}
