package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// spiffsCommand is "moonlet spiffs", which has subcommands only.
func (a *App) spiffsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "spiffs",
		Short: "make, read, check and repair images of the module's file system",
		Long: `Works with images of SPIFFS, the file system of the firmware. An image is that of the
file system alone or of a whole flash chip, in which it is found.`,
		Example: `  moonlet spiffs create -o spiffs.bin --size 256KB init.lua www/index.html=index.html
  moonlet spiffs fit . --size 256KB
  moonlet spiffs list module.bin
  moonlet spiffs add module.bin init.lua
  moonlet spiffs extract module.bin -o files
  moonlet spiffs check module.bin`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return fmt.Errorf("which subcommand? \"%s --help\" lists them", c.CommandPath())
		},
	}
	c.AddCommand(a.spiffsListCommand(), a.spiffsExtractCommand(), a.spiffsCheckCommand(), a.spiffsCreateCommand(),
		a.spiffsFitCommand(),
		a.spiffsAddCommand(), a.spiffsRemoveCommand())
	return c
}

// spiffsImage is an image with a file system in it.
type spiffsImage struct {
	name  string
	data  []byte
	at    spiffs.Geometry
	files *hostfile.Host
}

func openSPIFFS(files *hostfile.Host, name string) (*spiffsImage, error) {
	data, err := readInput(files, name)
	if err != nil {
		return nil, err
	}
	found := spiffs.Search(data)
	if len(found) == 0 {
		if kind := spiffs.Foreign(data, nil); kind != "" {
			return nil, fail(ExitUsage, fmt.Errorf("%s: this is %s: NodeMCU's firmware does not mount it", name, kind))
		}
		return nil, fail(ExitUsage, fmt.Errorf("%s: there is no SPIFFS in it: no sector has the magic numbers of its first blocks", name))
	}
	if kind := spiffs.Foreign(data, &found[0]); kind != "" {
		return nil, fail(ExitUsage, fmt.Errorf("%s: this is %s: NodeMCU's firmware for the ESP8266 cannot read its files", name, kind))
	}
	return &spiffsImage{name: name, data: data, at: found[0], files: files}, nil
}

// viewSPIFFS mounts a copy of an image and lists its files by name. The image has the
// place of the file system, the copy begins with it.
func viewSPIFFS(files *hostfile.Host, name string) (*spiffsImage, *spiffs.FS, []spiffs.Stat, error) {
	m, err := openSPIFFS(files, name)
	if err != nil {
		return nil, nil, nil, err
	}
	disk, err := spiffs.View(m.data, m.at, spiffs.Options{})
	if err != nil {
		return nil, nil, nil, fail(ExitUsage, fmt.Errorf("%s: %w", name, err))
	}
	list, err := disk.List()
	if err != nil {
		return nil, nil, nil, fail(ExitUsage, fmt.Errorf("%s: %w", name, err))
	}
	slices.SortFunc(list, func(a, b spiffs.Stat) int { return strings.Compare(a.Name, b.Name) })
	return m, disk, list, nil
}

// spiffsList is the output of list with --json.
type spiffsList struct {
	Address int          `json:"address"`
	Bytes   int          `json:"bytes"`
	Block   int          `json:"block_bytes"`
	Total   uint32       `json:"total_bytes"`
	Used    uint32       `json:"used_bytes"`
	Files   []spiffsFile `json:"files"`
}

type spiffsFile struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

func (a *App) spiffsListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list IMAGE",
		Short: "list the files of an image",
		Long: `Lists the files in an image of SPIFFS or of a whole flash chip, with their sizes in bytes.

Exit codes: 0 all went well, 2 the file cannot be read or has no SPIFFS in it.`,
		Args: needArg(1, "an image"),
		RunE: func(_ *cobra.Command, args []string) error { return a.spiffsList(args[0], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as a JSON object")
	return c
}

func (a *App) spiffsList(name string, asJSON bool) error {
	m, disk, files, err := viewSPIFFS(a.Files, name)
	if err != nil {
		return err
	}
	list := spiffsList{Address: m.at.Offset, Bytes: m.at.Size, Block: m.at.Block, Files: []spiffsFile{}}
	if list.Total, list.Used, err = disk.Info(); err != nil {
		return fail(ExitUsage, err)
	}
	for _, f := range files {
		list.Files = append(list.Files, spiffsFile{f.Name, f.Size})
	}
	if asJSON {
		return a.writeJSON(list)
	}
	return a.writeText(func(w io.Writer) {
		fmt.Fprintf(w, "%s: %v, %d of %d bytes in use\n", name, m.at, list.Used, list.Total)
		for _, f := range list.Files {
			fmt.Fprintf(w, "%10d  %s\n", f.Bytes, f.Name)
		}
	})
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (a *App) spiffsCheckCommand() *cobra.Command {
	var repair bool
	var out string
	c := &cobra.Command{
		Use:   "check IMAGE",
		Short: "tell what is wrong with a file system, and repair it",
		Long: `Looks at each page of a SPIFFS and tells what is wrong, and what would be lost. Nothing is
written without --repair; that keeps files that are whole, and of others what comes
before the first part that is missing.

Exit codes: 0 nothing is wrong, or it was repaired, 1 there are problems, 2 the file
cannot be read or has no SPIFFS in it, 3 it cannot be written.`,
		Example: `  moonlet spiffs check module.bin
  moonlet spiffs check module.bin --repair -o repaired.bin`,
		Args: needArg(1, "an image"),
		RunE: func(_ *cobra.Command, args []string) error { return a.spiffsCheck(args[0], repair, out) },
	}
	c.Flags().BoolVar(&repair, "repair", false, "write an image without the problems")
	c.Flags().StringVarP(&out, "output", "o", "", "`file` for the repaired image (default: the image itself)")
	return c
}

func (a *App) spiffsCheck(name string, repair bool, out string) error {
	if out != "" && !repair {
		return fail(ExitUsage, errors.New("--output goes with --repair"))
	}
	m, err := openSPIFFS(a.Files, name)
	if err != nil {
		return err
	}
	fixed, report, err := spiffs.Repair(m.data, m.at)
	if err != nil {
		return fail(ExitUsage, fmt.Errorf("%s: %w", name, err))
	}
	err = a.writeText(func(w io.Writer) {
		fmt.Fprintf(w, "%s: %v; %d files; pages: %d in use, %d deleted, %d free; blocks erased %d to %d times\n",
			name, m.at, len(report.Files), report.Used, report.Deleted, report.Free, report.ErasedMin, report.ErasedMax)
		for _, p := range report.Problems {
			fmt.Fprintf(w, "  %v\n", p)
		}
		for _, f := range report.Files {
			if !f.Whole() {
				fmt.Fprintf(w, "  of %q %d of %d bytes can be read\n", f.Name, f.Readable, f.Size)
			}
		}
		if report.Clean() {
			fmt.Fprintln(w, "  nothing is wrong")
		}
	})
	switch {
	case err != nil || report.Clean():
		return err
	case !repair:
		return &failure{code: ExitGuest, err: errors.New("the file system has problems"), told: true}
	}
	return m.save(fixed, out)
}

// save writes a changed image to a file, or over the old one if out is "".
func (m *spiffsImage) save(image []byte, out string) error {
	if out == "" {
		out = m.name
	}
	if err := flash.CheckFreeOn(m.files, out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(ExitUsage, err)
	}
	// As private as the image: there may be passwords in a chip.
	info, err := m.files.Stat(m.name)
	if err != nil {
		return fail(ExitHost, err)
	}
	return fail(ExitHost, m.files.Replace(out, image, info.Mode().Perm()))
}
