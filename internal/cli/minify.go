package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/internal/minify"
)

const minifyHelp = `Makes Lua source shorter, for flash and for the way to the module: comments and blanks
go, local variables get short names, numerals and strings their shortest form. The code
that is compiled of it stays the same, which is proved for each file: source and result
are compiled and compared, but for debug information.

One FILE goes to the standard output, or to the file that -o names; several go to the
directory that -o names, by their own names. "-" is the standard input. With -o it tells
what was gained.

Messages of errors name lines of the shorter source and short names of variables. --lines
leaves everything in its line. --map writes which line was which, and --translate reads
that and gives the messages on its standard input the lines of the source.
docs/minify.md tells more.`

// minifyOptions are the flags of minify.
type minifyOptions struct {
	lua             execOptions
	output, lineMap string
	translate       string
	json            bool
	shorter         minify.Options
}

func (a *App) minifyCommand() *cobra.Command {
	var o minifyOptions
	var lua, number string
	c := &cobra.Command{
		Use:   "minify FILE...",
		Short: "make Lua source shorter, with the same code",
		Long:  minifyHelp,
		Example: `  moonlet minify init.lua > short.lua
  moonlet minify --lua 5.1 *.lua -o short/
  moonlet minify server.lua -o server.min.lua --lines --keep-comments Copyright
  moonlet minify --translate lines.json < messages.txt`,
		RunE: func(c *cobra.Command, args []string) error {
			if o.translate != "" {
				return a.translate(args, o.translate)
			}
			if err := needArg(0, "the name of a Lua file")(c, args); err != nil {
				return err
			}
			if err := o.lua.readLua(lua, c.Flags().Changed); err != nil {
				return fail(ExitUsage, err)
			}
			var err error
			if o.lua.model, err = num.Parse(number); err != nil {
				return fail(ExitUsage, fmt.Errorf("--number: %w", err))
			}
			return a.minify(args, &o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "the `path` to write: a file, or a directory for several files")
	f.StringVar(&lua, "lua", "5.3", "the edition of Lua: 5.3, 5.1 (floats) or 5.1-int (integers)")
	f.StringVar(&number, "number", num.Int32Float32.Flag(), "numbers of 5.3: int32, int64 or mixed (32-bit integers, 64-bit floats)")
	f.StringSliceVar(&o.shorter.KeepNames, "keep", nil, "`names` of local variables that stay")
	f.BoolVar(&o.shorter.KeepAll, "keep-names", false, "all names stay")
	f.BoolVar(&o.shorter.KeepLines, "lines", false, "everything stays in its line")
	f.StringSliceVar(&o.shorter.KeepComments, "keep-comments", nil, "comments with one of these `words` stay")
	f.StringVar(&o.lineMap, "map", "", "write a `file` of JSON that tells the line of the source for each line")
	f.StringVar(&o.translate, "translate", "", "give messages on the standard input the lines of the source, by a `file` that --map wrote")
	f.BoolVar(&o.json, "json", false, "tell what was gained as a JSON object, which needs -o")
	offer(c, "lua", editionNames())
	offer(c, "number", []string{"int32", "int64", "mixed"})
	return c
}

// minified is what became of one file.
type minified struct {
	File   string `json:"file"`
	Output string `json:"output,omitempty"`
	Before int    `json:"before"` // bytes
	After  int    `json:"after"`  // bytes
	// Locals are how many local variables there are, Renamed those with another name.
	Locals  int `json:"locals"`
	Renamed int `json:"renamed"`

	result *minify.Result
}

func (a *App) minify(args []string, o *minifyOptions) error {
	switch {
	case o.json && o.output == "":
		return errors.New("--json: the shorter source is on the standard output: name a file with -o")
	case len(args) > 1 && o.output == "":
		return errors.New("several files: name a directory with -o")
	case len(args) > 1 && slices.Contains(args, luac.Stdin):
		return fmt.Errorf("%q: the standard input has no name: give it alone", luac.Stdin)
	}
	bases := make([]string, len(args))
	for i, name := range args {
		bases[i] = filepath.Base(name)
	}
	targets, err := a.outputTargets(args, bases, o.output)
	if err != nil {
		return err
	}
	m, err := minify.New(o.lua.lua, o.lua.model)
	if err != nil {
		return fail(ExitHost, err)
	}
	defer m.Close()
	var all []*minified
	for i, name := range args { // nothing is written before all is known to be right
		one, err := a.minifyFile(m, name, o)
		if err != nil {
			return err
		}
		one.Output = targets[i]
		all = append(all, one)
	}
	return a.writeMinified(all, o)
}

// outputTargets are the files to write for sources, of which rel says where each belongs in a directory; "" is the
// standard output.
func (a *App) outputTargets(names, rel []string, output string) ([]string, error) {
	info, err := a.Files.Stat(output)
	isDir := output != "" && (err == nil && info.IsDir() || os.IsPathSeparator(output[len(output)-1]) || len(names) > 1)
	if err == nil && !info.IsDir() && len(names) > 1 {
		return nil, fail(ExitUsage, fmt.Errorf("-o: %s is a file, and %d files are to be written: name a directory", output, len(names)))
	}
	var targets []string
	for i, name := range names {
		target := output
		if isDir {
			if name == luac.Stdin {
				return nil, fail(ExitUsage, fmt.Errorf("-o: %s is a directory, and what is on the standard input has no name: name a file", output))
			}
			target = filepath.Join(output, rel[i])
		}
		if target != "" && slices.Contains(targets, target) {
			return nil, fail(ExitUsage, fmt.Errorf("%s would be written twice: two files are called %s", target, rel[i]))
		}
		if target != "" && name != luac.Stdin && sameFile(a, name, target) {
			return nil, fail(ExitUsage, fmt.Errorf("%s is the source: name another file or directory with -o", target))
		}
		targets = append(targets, target)
	}
	return targets, nil
}

// sameFile tells whether two names are of one file.
func sameFile(a *App, x, y string) bool {
	ix, errX := a.Files.Stat(x)
	iy, errY := a.Files.Stat(y)
	return errX == nil && errY == nil && os.SameFile(ix, iy)
}

func (a *App) minifyFile(m *minify.Minifier, name string, o *minifyOptions) (*minified, error) {
	var data []byte
	var err error
	if name == luac.Stdin {
		data, err = io.ReadAll(io.LimitReader(a.In, inputMax))
	} else {
		data, err = readInput(a.Files, name)
	}
	if err != nil {
		return nil, err
	}
	r, err := m.Minify(data, o.shorter)
	var wrong *syntax.Error
	switch {
	case errors.As(err, &wrong):
		return nil, fail(ExitUsage, fmt.Errorf("%s:%d:%d: %s (as Lua %s)", name, wrong.Line, wrong.Column, wrong.Message, o.lua.lua.Name))
	case err != nil:
		return nil, fail(ExitHost, fmt.Errorf("%s: %w", name, err))
	}
	return &minified{File: name, Before: len(data), After: len(r.Text), Locals: r.Names, Renamed: r.Renamed, result: r}, nil
}

func (a *App) writeMinified(all []*minified, o *minifyOptions) error {
	before, after := 0, 0
	maps := minify.Maps{}
	for _, one := range all {
		before, after = before+one.Before, after+one.After
		maps.Maps = append(maps.Maps, minify.LineMap{File: one.File, Output: one.Output, Lines: one.result.Lines})
		if one.Output == "" {
			if _, err := a.Out.Write(one.result.Text); err != nil {
				return fail(ExitHost, err)
			}
			continue
		}
		if err := a.Files.MkdirAll(filepath.Dir(one.Output), 0o777); err != nil {
			return fail(ExitHost, err)
		}
		if err := a.Files.Replace(one.Output, one.result.Text, 0o666); err != nil {
			return fail(ExitHost, err)
		}
	}
	if o.lineMap != "" {
		data, err := json.Marshal(maps)
		if err != nil {
			return err
		}
		if err := a.Files.Replace(o.lineMap, append(data, '\n'), 0o666); err != nil {
			return fail(ExitHost, err)
		}
	}
	switch {
	case o.json:
		return a.writeJSON(map[string]any{"files": all, "before": before, "after": after})
	case o.output == "":
		return nil
	}
	return a.writeText(func(w io.Writer) {
		for _, one := range all {
			fmt.Fprintf(w, "%s: %d bytes, then %d\n", one.Output, one.Before, one.After)
		}
		if len(all) > 1 {
			fmt.Fprintf(w, "%d files: %d bytes, then %d\n", len(all), before, after)
		}
	})
}

// translate gives messages the lines of the source.
func (a *App) translate(args []string, name string) error {
	if len(args) > 0 {
		return fail(ExitUsage, errors.New("--translate: the messages are read from the standard input, and no file is made shorter"))
	}
	data, err := readInput(a.Files, name)
	if err != nil {
		return err
	}
	maps, err := minify.ReadMaps(data)
	if err != nil {
		return fail(ExitUsage, fmt.Errorf("%s: %w", name, err))
	}
	in := bufio.NewReader(a.In)
	for {
		line, err := in.ReadString('\n') // as they come: a module may be telling them
		if line != "" {
			if _, err := io.WriteString(a.Out, maps.Translate(line)); err != nil {
				return fail(ExitHost, err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fail(ExitHost, err)
		}
	}
}
