package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/resources"
)

func (a *App) lfsResourcesCommand() *cobra.Command {
	output := resources.Module + ".lua"
	c := &cobra.Command{
		Use:   "resources FILE...",
		Short: "write files as strings of a module for the store",
		Long: `Writes a Lua module that has files as strings. In the Lua Flash Store they take no
RAM, and an application reads them with the module "resources" of Moonlet's library
(docs/library-start.md). FILE is a file, which gets its own name without directories, or
FILE=NAME.

Compile the module into the image of the store, with the key lfs_files or with "moonlet
luac -f". The key "resources" of moonlet.toml does both at once.

Exit codes: 0 all went well, 2 a file that cannot be read or has no good name, 3 the module
cannot be written.`,
		Example: `  moonlet lfs resources web/index.html web/style.css=css/style.css
  moonlet lfs resources -o lfs/resources_data.lua web/*`,
		Args: needArg(0, "a file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.lfsResources(args, output) },
	}
	c.Flags().StringVarP(&output, "output", "o", output, "`file` to write, \"-\" for standard output")
	return c
}

func (a *App) lfsResources(args []string, output string) error {
	sources, err := readSources(a.Files, args)
	if err != nil {
		return fail(ExitUsage, err)
	}
	files, size := make([]resources.File, len(sources)), 0
	for i, s := range sources {
		files[i] = resources.File{Name: s.name, Data: s.data}
		size += len(s.data)
	}
	text, err := resources.Source(files)
	if err != nil {
		return fail(ExitUsage, err)
	}
	if output == "-" {
		_, err := a.screen().Write(text)
		return fail(ExitHost, err)
	}
	switch old, err := a.Files.ReadAll(output, inputMax); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fail(ExitHost, err)
	case !resources.Made(old):
		return fail(ExitUsage, fmt.Errorf("%s exists and was not made by this command: name another file with -o", output))
	}
	if err := a.Files.Replace(output, text, 0o644); err != nil {
		return fail(ExitHost, err)
	}
	return a.writeText(func(w io.Writer) { fmt.Fprintf(w, "%s has %d bytes of %d files.\n", output, size, len(files)) })
}
