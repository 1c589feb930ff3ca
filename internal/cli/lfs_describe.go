package cli

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/lua/compiled"
)

// describeOptions are the flags of lfs describe.
type describeOptions struct {
	version, name, url, output string
}

// versionMost is how many characters the library's module ota takes for a version.
const versionMost = 40

func (a *App) lfsDescribeCommand() *cobra.Command {
	var o describeOptions
	c := &cobra.Command{
		Use:   "describe IMAGE",
		Short: "write the description of an image for updates over the air",
		Long: `Writes the description that the module "ota" of Moonlet's library asks a server for:
version, size and SHA-256 of an image, and where it is (docs/library-updates.md). Put it beside
the image on a web server.

Exit codes: 0 all went well, 2 the file cannot be read or is no image.`,
		Example: `  moonlet lfs describe thermostat-1.5.img --version 1.5 -o thermostat.txt
  moonlet lfs describe app.img --version 2 --name heating --url https://server.lan/images/app.img`,
		Args: needArg(1, "the name of an image"),
		RunE: func(_ *cobra.Command, args []string) error { return a.lfsDescribe(args[0], o) },
	}
	c.Flags().StringVar(&o.version, "version", "", "the `version`, any text of up to 40 characters")
	c.Flags().StringVar(&o.name, "name", "", "the `name` of the application, if modules ask for one")
	c.Flags().StringVar(&o.url, "url", "", "where the image is: a `URL`, also relative to that of the description; the file's name if there is none")
	c.Flags().StringVarP(&o.output, "output", "o", "", "the `file` to write; the standard output if there is none")
	return c
}

func (a *App) lfsDescribe(image string, o describeOptions) error {
	for _, f := range []struct{ flag, text string }{{"--version", o.version}, {"--name", o.name}, {"--url", o.url}} {
		if strings.ContainsFunc(f.text, func(r rune) bool { return r < ' ' || r == 0x7f }) || f.text != strings.TrimSpace(f.text) {
			return fmt.Errorf("%s: %q has characters that a line of the description cannot have", f.flag, f.text)
		}
	}
	if o.version == "" || len(o.version) > versionMost {
		return fmt.Errorf("--version: want 1 to %d characters", versionMost)
	}
	data, err := readInput(a.Files, image)
	if err != nil {
		return err
	}
	r, err := newReport(image, data)
	if err != nil {
		return err
	}
	if r.Kind != compiled.Image && r.Kind != compiled.Image51 {
		return fail(ExitUsage, fmt.Errorf("%s is no image that a module loads, but: %s; \"moonlet luac -f\" makes one", image, r.Kind.Name()))
	}
	url := o.url
	if url == "" {
		url = filepath.Base(image)
		if strings.ContainsAny(url, " %?#") {
			return errors.New("the name of the file is no URL as it is: give --url")
		}
	}
	text := ""
	if o.name != "" {
		text = "name " + o.name + "\n"
	}
	text += fmt.Sprintf("version %s\nsize %d\nsha256 %x\nimage %s\n", o.version, len(data), sha256.Sum256(data), url)
	if o.output == "" {
		return a.writeText(func(w io.Writer) { io.WriteString(w, text) })
	}
	return fail(ExitHost, a.Files.Replace(o.output, []byte(text), 0o666))
}
