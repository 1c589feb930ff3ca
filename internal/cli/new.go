package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/examples"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/project"
)

// template is an application to begin with: one of the examples.
type template struct {
	name, dir, about string
	// expect is what it prints when it has begun well, "" if it prints nothing then.
	expect string
	// library are the modules of the library that it needs.
	library []string
	// fractions tells that it computes with them.
	fractions bool
	// more is what to do besides, a paragraph.
	more string
}

var templates = []template{
	{name: "blink", dir: "blink", about: "an LED that blinks"},
	{name: "web", dir: "thermostat", about: "a thermostat with a web page: a relay, a button, settings in a file",
		expect: "Wi-Fi: my address is", fractions: true, more: "Open http://127.0.0.1:8080/ while it runs."},
	{name: "mqtt", dir: "meter", about: "a sensor whose values go to a broker by MQTT, over broken connections",
		expect: "meter: no connection", more: "Start a broker on this computer first, as `mosquitto`; `mosquitto_sub -t 'meter/#' -v` shows the values. The test has none, so it expects what is said then."},
	{name: "weather", dir: "weather", about: "a weather forecast from a service, larger than the RAM, on a page of the module",
		expect: "weather: http://", library: []string{"fetch", "httpd", "jsonstream"},
		more: "A forecast to try it with, on this computer, and the page:\n\n    python3 -m http.server 8091 &\n\nhttp://127.0.0.1:8080/. `settings.lua` has the address of the service."},
	{name: "clock", dir: "clock", about: "a clock with four digits (TM1637), the time from the network, summer time",
		expect: "clock: ", more: "The display is at pins 5 (clock) and 6 (data). `localtime.lua` has the time zone."},
	{name: "ota", dir: "ota", about: "an application in the flash store, updated over the air, with the version before to go back to",
		expect: "Hello from the flash store, version 1", library: []string{"ota", "otacheck", "fetch"}, more: otaMore},
	{name: "telnet", dir: "telnet", about: "a Lua prompt over the network", expect: "telnet: port 23 is open", library: []string{"telnet"},
		more: "Then `telnet 127.0.0.1 8023`; the password is `moonlight`."},
}

// otaMore tells how a second version gets to the module.
const otaMore = `It asks this computer for an update each minute. The next version: change text(1) in app/main.lua to text(2), then

    mkdir updates
    moonlet luac --lua EDITION -f -o updates/greeting-2.img app/*.lua lib/*.lua
    moonlet lfs describe updates/greeting-2.img --version 2 --name greeting -o updates/greeting.txt
    (cd updates && python3 -m http.server 8090)

A version that does not call ota.good() is started three times; then the one before comes back. Try it: write error("oops") into app/main.lua, and make version 3.`

const newHelp = `Makes a directory with an application to begin with, which boots as it is. DIR is the
template's name by default; it must be empty or not there. Without a name it lists the
templates.

What is in there: the application, moonlet.toml, and a README.md that says how to run and
how to test it. docs/first-hour.md goes on from there.

--with adds modules of the library in Lua and those that they need, in lib/, for the flash
store. With a DIR alone they go into the project that is there.`

func (a *App) newCommand() *cobra.Command {
	var lua string
	var with, names []string
	for _, t := range templates {
		names = append(names, t.name)
	}
	c := &cobra.Command{
		Use:   "new [TEMPLATE [DIR]] | new --with NAME,... DIR",
		Short: "begin an application from a template",
		Long:  newHelp,
		Example: `  moonlet new
  moonlet new web greenhouse
  moonlet new blink --lua 5.1
  moonlet new mqtt meter --with log,settings
  moonlet new --with ftp .`,
		ValidArgs: names,
		Args:      cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && len(with) > 0 {
				return fail(ExitUsage, errors.New("--with: name a template, or the directory of a project"))
			}
			if len(args) == 0 {
				modules, about, err := libraryNames()
				if err != nil {
					return fail(ExitHost, err)
				}
				return a.writeText(func(w io.Writer) { listTemplates(w); listLibrary(w, modules, about) })
			}
			edition, err := editions.Find(lua)
			if err != nil {
				return fail(ExitUsage, fmt.Errorf("--lua: %w", err))
			}
			i := slices.IndexFunc(templates, func(t template) bool { return t.name == args[0] })
			if i < 0 && len(with) > 0 && len(args) == 1 {
				return a.addLibrary(args[0], with)
			}
			if i < 0 {
				return fail(ExitUsage, fmt.Errorf("there is no template %q; there are %s", args[0], strings.Join(names, ", ")))
			}
			dir := args[0]
			if len(args) > 1 {
				dir = args[1]
			}
			return a.makeNew(&templates[i], dir, edition, with)
		},
	}
	c.Flags().StringVar(&lua, "lua", editions.Default().Name, "the edition of Lua: 5.3, 5.1 (floats) or 5.1-int (integers)")
	c.Flags().StringSliceVar(&with, "with", nil, "`modules` of the library to add")
	offer(c, "lua", editionNames())
	return c
}

func listTemplates(w io.Writer) {
	for _, t := range templates {
		fmt.Fprintf(w, "%-8s %s\n", t.name, t.about)
	}
	fmt.Fprintf(w, "\nmoonlet new %s my-device   makes a directory of one.\n", templates[0].name)
}

// makeNew makes a directory of a template.
func (a *App) makeNew(t *template, dir string, edition *editions.Edition, with []string) error {
	if t.fractions && edition.Integral {
		return fail(ExitUsage, fmt.Errorf("%s computes with fractions, which %s has not: choose --lua 5.1", t.name, edition))
	}
	switch entries, err := a.Files.ReadDir(dir); {
	case err == nil && len(entries) > 0:
		return fail(ExitUsage, fmt.Errorf("%s is not empty: name another directory", dir))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fail(ExitUsage, err)
	}
	library, err := libraryFiles(append(slices.Clone(t.library), with...))
	if err != nil {
		return err
	}
	files, err := t.files(edition, len(library) > 0)
	if err != nil {
		return fail(ExitHost, err)
	}
	files = append(files, library...)
	if err := a.writeNew(dir, files); err != nil {
		return err
	}
	return a.writeText(func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s\n\n  moonlet run %s\n  %s\n", dir, fileNames(files), dir, t.test(dir))
		if len(with) > 0 && len(t.library) == 0 {
			fmt.Fprintf(w, "\nIn init.lua, before the first require of the library:\n\n  %s\n", loaderLine)
		}
	})
}

// writeNew writes files into a directory.
func (a *App) writeNew(dir string, files []newFile) error {
	for _, f := range files {
		target := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := a.Files.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return fail(ExitHost, err)
		}
		if err := a.Files.Replace(target, []byte(f.text), 0o666); err != nil {
			return fail(ExitHost, err)
		}
	}
	return nil
}

// test is the command that tests the application.
func (t *template) test(dir string) string {
	command := "moonlet run " + dir + " --time virtual --for 1m --no-echo --quiet --fail-on panic,oom,error"
	if t.expect != "" {
		command += fmt.Sprintf(" --expect %q", t.expect)
	}
	return command
}

// newFile is a file to be written.
type newFile struct{ name, text string }

// files are those of a new application, which may have the library.
func (t *template) files(edition *editions.Edition, library bool) ([]newFile, error) {
	var list []newFile
	toml := ""
	err := fs.WalkDir(examples.Files, t.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(examples.Files, name)
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(string(data), "examples/"+t.dir, ".")
		if rel := strings.TrimPrefix(name, t.dir+"/"); rel == project.FileName {
			toml = text
		} else {
			list = append(list, newFile{rel, text})
		}
		return nil
	})
	if library && !strings.Contains(toml, "lfs_files") {
		toml = storeKeys + toml
	}
	if edition != editions.Default() {
		toml = fmt.Sprintf("lua = %q\n\n", edition.Name) + toml
	}
	if toml != "" {
		list = append(list, newFile{project.FileName, strings.TrimRight(toml, "\n") + "\n"})
	}
	list = append(list, newFile{".gitignore", ".moonlet/\n"}, newFile{"README.md", t.readme(edition)})
	slices.SortFunc(list, func(x, y newFile) int { return strings.Compare(x.name, y.name) })
	return list, err
}

// readme tells how to run and how to test it.
func (t *template) readme(edition *editions.Edition) string {
	more := strings.ReplaceAll(t.more, "EDITION", edition.Name)
	if more != "" {
		more = "\n" + more + "\n"
	}
	return fmt.Sprintf("# %s\n\n%s%s, for the firmware's %s.\n\nRun it without a board:\n\n    moonlet run .\n%s\nTest it; the exit code is 0 if all is well:\n\n    %s\n",
		t.name, strings.ToUpper(t.about[:1]), t.about[1:], edition, more, t.test("."))
}
