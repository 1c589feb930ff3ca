package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/storage/chipmap"
	"moonlet.example/moonlet/internal/storage/flash"
)

const flashCreateHelp = `Makes the image of a whole flash chip from a project: with the partition table that
the firmware makes at its first boot, the project's lfs_files loaded into the Lua
Flash Store, and a file system with its files. The rest is erased. DIR is what
"moonlet run" takes; the chip has the project's flash_size, by default 4 MB. The same
project gives the same bytes, as long as no file of the store gets another time
(SOURCE_DATE_EPOCH sets it).

Without more than that only Moonlet can start from the image. A firmware comes into it
  with --firmware FILE@ADDRESS, as it is flashed, once for each of its files, or
  with --base IMAGE, a chip that was read from a board: its firmware, the radio's
  data and the settings of the SDK stay, table, store and files are replaced.
The firmware's own partition table is the one that counts then, with the size of store
that the project asks for (lfs).

The command lines for the flasher are told: for the whole image, and with --parts also
for the table, the store and the file system alone, which go to a board that has its
firmware already.

A file that exists is only replaced with --force, and nothing is written if something
is wrong.

Exit codes: 0 all went well, 2 the project, a firmware, an image or a file in the way,
3 a file cannot be written.`

// createOptions are the flags of flash create that are no keys.
type createOptions struct {
	settings []project.Setting
	out      string
	firmware []string
	base     string
	parts    string
	force    bool
	json     bool
	outside  bool
	files    *hostfile.Host
}

func (a *App) flashCreateCommand() *cobra.Command {
	var o createOptions
	c := &cobra.Command{
		Use:   "create DIR|FILE",
		Short: "make the image of a chip from a project",
		Long:  flashCreateHelp,
		Example: `  moonlet flash create . -o module.bin
  moonlet flash create . -o module.bin --firmware 0x00000.bin@0x0 --firmware 0x10000.bin@0x10000
  moonlet flash create . -o new.bin --base board.bin --parts parts`,
		Args: needArg(1, "the name of a project"),
		RunE: func(_ *cobra.Command, args []string) error { return a.flashCreate(args[0], o) },
	}
	c.Flags().SortFlags = false
	c.Flags().StringVarP(&o.out, "output", "o", "", "`file` for the image")
	c.Flags().StringArrayVar(&o.firmware, "firmware", nil, "a `file@address` of a firmware, as in 0x10000.bin@0x10000")
	c.Flags().StringVar(&o.base, "base", "", "begin with this `image` of a chip")
	c.Flags().StringVar(&o.parts, "parts", "", "also write table, store and file system as files to this `directory`")
	c.Flags().BoolVar(&o.force, "force", false, "replace files that exist")
	c.Flags().BoolVar(&o.json, "json", false, "tell as a JSON object what was made")
	addOutside(c.Flags(), &o.outside)
	addKeys(c, &o.settings, "flash_size", "lfs", "lfs_files", "resources", "files", "minify", "number")
	return c
}

// createdPart is a part of the image in the document of flash create.
type createdPart struct {
	Kind  chipmap.Kind `json:"kind"`
	Addr  int          `json:"address"`
	Bytes int          `json:"bytes"`
	Text  string       `json:"text"`
	File  string       `json:"file,omitempty"` // with --parts
}

// created is the document of flash create.
type created struct {
	File     string        `json:"file"`
	Bytes    int           `json:"bytes"`
	Firmware bool          `json:"firmware"` // there is one
	Parts    []createdPart `json:"parts"`
	Notes    []string      `json:"notes"`
	// The command lines for the flasher, the second one with --parts.
	Whole []string `json:"flash_whole"`
	Some  []string `json:"flash_parts,omitempty"`

	program int // where the program ends at most
}

func (a *App) flashCreate(path string, o createOptions) (err error) {
	if o.out == "" {
		return fail(ExitUsage, errors.New("--output is missing: which file is the image?"))
	}
	o.files = a.Files
	co, err := o.read()
	if err != nil {
		return err
	}
	p, err := a.openProject(path, o.settings, o.outside)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	made, err := p.MakeChip(co)
	if err != nil {
		return err
	}
	m, err := chipmap.Inspect(made.Chip.Bytes(), chipmap.Options{Files: readSPIFFS})
	if err != nil {
		return fmt.Errorf("BUG: %w", err)
	}
	for _, problem := range m.Problems {
		if !problem.Warning {
			return fail(ExitUsage, fmt.Errorf("the chip would have a problem: %s", problem.Text))
		}
	}
	doc, parts := o.describe(m, append(p.Warnings, made.Notes...))
	if err := o.write(made.Chip.Bytes(), parts); err != nil {
		return err
	}
	if o.json {
		return a.writeJSON(doc)
	}
	return a.writeText(doc.print)
}

// read reads the files that the flags name.
func (o *createOptions) read() (c project.ChipOptions, err error) {
	for _, arg := range o.firmware {
		i := strings.LastIndexByte(arg, '@')
		at, err := strconv.ParseUint(arg[i+1:], 0, 31)
		if i <= 0 || err != nil {
			return c, fail(ExitUsage, fmt.Errorf("--firmware: want a file and its address, as in 0x10000.bin@0x10000, not %q", arg))
		}
		data, err := readInput(o.files, arg[:i])
		if err != nil {
			return c, err
		}
		c.Firmware = append(c.Firmware, project.Firmware{Name: arg[:i], Addr: int(at), Data: data})
	}
	if o.base != "" {
		if _, err := inspectChip(o.files, o.base); err != nil { // it says what the file is instead
			return c, err
		}
		if c.Base, err = readInput(o.files, o.base); err != nil {
			return c, err
		}
		c.BaseName = o.base
	}
	if text := os.Getenv("SOURCE_DATE_EPOCH"); text != "" {
		if c.Time, err = strconv.ParseInt(text, 10, 64); err != nil || c.Time < 0 {
			return c, fail(ExitUsage, fmt.Errorf("SOURCE_DATE_EPOCH: want a number of seconds, not %q", text))
		}
	}
	return c, nil
}

// describe tells what was made, and which parts of it --parts writes.
func (o *createOptions) describe(m *chipmap.Map, notes []string) (*created, []chipmap.Part) {
	doc := &created{File: o.out, Bytes: m.Bytes, Firmware: m.Boot != nil, Notes: append([]string{}, notes...),
		Whole: []string{flasher, "write_flash", "0x0", o.out}}
	text := map[int]string{} // by address of the region
	for _, r := range m.Regions {
		text[r.Addr] = r.Text
		if r.Kind == chipmap.SPIFFS {
			text[r.FilesAt] = r.Text
		}
		if r.Kind == chipmap.Program {
			doc.program = r.End()
		}
	}
	var parts []chipmap.Part
	for _, p := range m.Parts() {
		c := createdPart{p.Kind, p.Addr, p.Bytes, text[p.Addr], ""}
		if o.parts != "" && slices.Contains([]chipmap.Kind{chipmap.RecordPage, chipmap.LFS, chipmap.SPIFFS}, p.Kind) {
			parts = append(parts, p)
			c.File = filepath.Join(o.parts, p.Name)
			doc.Some = append(doc.Some, fmt.Sprintf("0x%06x", p.Addr), c.File)
		}
		doc.Parts = append(doc.Parts, c)
	}
	if doc.Some != nil {
		doc.Some = append([]string{flasher, "write_flash"}, doc.Some...)
	}
	for _, problem := range m.Problems {
		doc.Notes = append(doc.Notes, problem.Text)
	}
	return doc, parts
}

// flasher is the usual program that writes to a board.
const flasher = "esptool.py"

// write writes the image and the parts, or nothing.
func (o *createOptions) write(image []byte, parts []chipmap.Part) error {
	x := extractOptions{dir: o.parts, force: o.force, files: o.files}
	if err := o.checkTargets(&x, parts); err != nil {
		return fail(ExitUsage, err)
	}
	write := o.files.Create
	if o.force {
		write = o.files.Replace
	}
	if err := write(o.out, image, extractMode); err != nil {
		return fail(ExitHost, fmt.Errorf("cannot write the image: %w", err))
	}
	if len(parts) > 0 {
		err := o.files.MkdirAll(o.parts, 0o777)
		if err == nil {
			err = x.write(parts)
		}
		if err != nil {
			if !o.force {
				o.files.Remove(o.out)
			}
			return fail(ExitHost, fmt.Errorf("cannot write the parts: %w", err))
		}
	}
	return fail(ExitHost, project.ForgetChip(o.files, o.out))
}

// checkTargets refuses to write over files, and over what is read in any case.
func (o *createOptions) checkTargets(x *extractOptions, parts []chipmap.Part) error {
	inputs := []string{}
	for _, arg := range o.firmware {
		inputs = append(inputs, arg[:strings.LastIndexByte(arg, '@')])
	}
	if o.base != "" {
		inputs = append(inputs, o.base)
	}
	for _, p := range parts {
		if filepath.Join(o.parts, p.Name) == filepath.Clean(o.out) {
			return fmt.Errorf("%s would be the image and a part of it: name another directory with --parts", o.out)
		}
	}
	image := extractOptions{dir: filepath.Dir(o.out), force: o.force, flag: "--output", files: o.files}
	if err := image.checkTargets(inputs, []chipmap.Part{{Name: filepath.Base(o.out)}}); err != nil {
		return err
	}
	if exists(o.out) {
		if err := flash.CheckFreeOn(o.files, o.out); err != nil {
			return err
		}
	}
	x.flag = "--parts"
	return x.checkTargets(inputs, parts)
}

func (d *created) print(w io.Writer) {
	fmt.Fprintf(w, "%s: a flash chip of %s\n\n", d.File, chipmap.Size(d.Bytes))
	t := &table{w: w, names: []string{"ADDRESS", "BYTES", "REGION", "WHAT"}, left: map[int]bool{0: true, 2: true, 3: true}}
	for _, p := range d.Parts {
		t.row(fmt.Sprintf("0x%06x", p.Addr), p.Bytes, p.Kind, p.Text)
	}
	t.print()
	fmt.Fprintln(w)
	for _, n := range d.Notes {
		fmt.Fprintf(w, "Note: %s.\n", n)
	}
	if d.Firmware {
		fmt.Fprintf(w, "To a board, all of it:\n  %s\n", shellLine(d.Whole))
	} else {
		fmt.Fprintf(w, "There is no firmware in it, so a board does not start from it: --firmware or --base adds one.\n")
	}
	switch {
	case d.Some == nil:
		fmt.Fprintf(w, "For a board that has its firmware already, --parts DIR writes only what is of the project.\n")
	case d.Firmware:
		fmt.Fprintf(w, "To a board that has this firmware already:\n  %s\n", shellLine(d.Some))
	default:
		fmt.Fprintf(w, "To a board that has NodeMCU 3.0 with Lua 5.3, whose program ends before 0x%06x:\n  %s\n", d.program, shellLine(d.Some))
	}
}

// shellLine is a command line for a shell.
func shellLine(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = shellQuote(a)
	}
	return strings.Join(quoted, " ")
}

func shellQuote(s string) string {
	odd := func(r rune) bool {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("./_-+,:@%", r)
		return !plain && r != filepath.Separator
	}
	if s != "" && !strings.ContainsFunc(s, odd) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
