package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/storage/spiffs"
)

func (a *App) spiffsAddCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "add IMAGE FILE...",
		Short: "write files to the file system in an image",
		Long: `Writes files to the file system in an image, of SPIFFS or of a whole flash chip, in place
of those of the same names. FILE is as for create. The image changes as it would on the
module; if a file has no room it stays as it was.

Exit codes: 0 all went well, 2 a file that cannot be read or has no room, an image
without SPIFFS or in use, 3 the image cannot be written.`,
		Example: `  moonlet spiffs add module.bin init.lua index.html=www/index.html`,
		Args:    needTwo("an image and a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			sources, err := readSources(a.Files, args[1:])
			if err != nil {
				return fail(ExitUsage, err)
			}
			return a.spiffsChange(args[0], out, func(disk *spiffs.FS) error { return putFiles(disk, sources) })
		},
	}
	spiffsOutput(c, &out)
	return c
}

func (a *App) spiffsRemoveCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "remove IMAGE NAME...",
		Short: "remove files from the file system in an image",
		Long: `Removes files from the file system in an image, of SPIFFS or of a whole flash chip. If one
of them is not there the image stays as it was.

Exit codes: 0 all went well, 2 a file that is not there, an image without SPIFFS or in
use, 3 the image cannot be written.`,
		Args: needTwo("an image and the name of a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.spiffsChange(args[0], out, func(disk *spiffs.FS) error {
				for _, name := range args[1:] {
					if err := disk.Remove(name); err != nil {
						return fmt.Errorf("%q: %w", name, err)
					}
				}
				return nil
			})
		},
	}
	spiffsOutput(c, &out)
	return c
}

func spiffsOutput(c *cobra.Command, out *string) {
	c.Flags().StringVarP(out, "output", "o", "", "`file` for the changed image (default: the image itself)")
}

// spiffsChange changes the file system in an image, in memory, and writes the image if
// all went well.
func (a *App) spiffsChange(name, out string, change func(*spiffs.FS) error) error {
	m, err := openSPIFFS(a.Files, name)
	if err != nil {
		return err
	}
	chip := spiffs.MemoryOf(m.data)
	disk, err := spiffs.MountAt(chip, m.at, spiffs.Options{})
	if err == nil {
		err = change(disk)
	}
	if err != nil {
		return fail(ExitUsage, fmt.Errorf("%s: %w", name, err))
	}
	disk.Unmount()
	return m.save(chip.Bytes(), out)
}

func needTwo(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < 2 {
			return fmt.Errorf("wanted are %s; \"%s --help\" tells more", what, c.CommandPath())
		}
		return nil
	}
}
