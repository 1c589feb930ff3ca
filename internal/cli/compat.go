package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/compat"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lint"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/project"
)

const compatHelp = `Rewrites Lua source of older firmware and of Lua 5.1 so that today's firmware takes it:
static timers, wifi.sta.config with several arguments, names that are called otherwise,
module and setfenv, escapes. It changes only what it is sure of. Comments stay, and lines but
for one that declares a table of timers.

DIR is a project, of which all Lua files count that "moonlet run" puts into flash and into the
store. Single files count as one application. Nothing is written unless --write or -o says so.

It tells each change, what the result does in another way, and what is left, as "moonlet lint"
finds it in the result. docs/compat.md has the list.

Exit codes: 0 nothing is left, 6 something is, 2 a file or the project is wrong.`

// compatOptions are the flags of compat.
type compatOptions struct {
	settings    []project.Setting
	output      string
	write, json bool
	old         bool
	outside     bool
}

func (a *App) compatCommand() *cobra.Command {
	var o compatOptions
	c := &cobra.Command{
		Use:   "compat [DIR|FILE...]",
		Short: "rewrite source of older firmware for today's",
		Long:  compatHelp,
		Example: `  moonlet compat .
  moonlet compat . --write
  moonlet compat old/*.lua -o new/
  moonlet compat init.lua -o - --lua 5.1`,
		RunE: func(_ *cobra.Command, args []string) error {
			if o.write && o.output != "" {
				return errors.New("--write and -o: choose one of them")
			}
			return a.compat(args, o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "the `path` to write: a file, or a directory for several files; - is the standard output")
	f.BoolVarP(&o.write, "write", "w", false, "write the files where they are")
	f.BoolVar(&o.old, "old", false, "take what both editions of Lua read, in two senses, for Lua 5.1")
	f.BoolVar(&o.json, "json", false, "as a JSON object")
	addKeys(c, &o.settings, "lua", "modules", "options", "number")
	addOutside(f, &o.outside)
	return c
}

// compatReport is the document of compat.
type compatReport struct {
	Changes []compat.Change `json:"changes"`
	// Left is what lint finds in the result; its lines are those of the result.
	Left []lint.Finding `json:"left"`
	// Before is how much lint finds in the source.
	Before  int      `json:"before"`
	Files   int      `json:"files"`
	Changed int      `json:"changed"`           // files
	Written []string `json:"written,omitempty"` // files
	// Classic tells that the project file has firmware = "classic", which can go.
	Classic bool `json:"classic,omitempty"`
}

// compatInput is what is to be rewritten.
type compatInput struct {
	files []compat.File
	rel   []string // where a copy of each belongs
	build firmware.Build
	// classic tells that the project asks for the interface of older firmware, which the result needs no more.
	classic bool
}

func (a *App) compat(args []string, o compatOptions) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	in, err := a.compatInput(args, o)
	if err != nil {
		return err
	}
	targets, err := a.compatTargets(in, o)
	if err != nil {
		return err
	}
	results, err := compat.Rewrite(in.files, compat.Options{Build: in.build, Old: o.old})
	switch {
	case errors.Is(err, compat.ErrDeep):
		return fail(ExitUsage, err)
	case err != nil:
		return fail(ExitHost, err)
	}
	r, err := in.report(results)
	if err != nil {
		return fail(ExitHost, err)
	}
	if err := a.compatWrite(r, results, targets, o); err != nil {
		return err
	}
	switch {
	case o.json:
		err = a.writeJSON(r)
	case o.output == "-":
		r.print(a.Err)
	default:
		err = a.writeText(r.print)
	}
	if err == nil && len(r.Left) > 0 {
		err = &failure{code: ExitFindings, err: errors.New("something is left"), told: true}
	}
	return err
}

// compatInput reads what the arguments name: a project, or files.
func (a *App) compatInput(args []string, o compatOptions) (*compatInput, error) {
	in := &compatInput{}
	toEdition := editions.Default().Name
	for _, s := range o.settings {
		if s.Flag == "lua" {
			toEdition = s.Value
		}
	}
	info, err := a.Files.Stat(args[0])
	if err == nil && (info.IsDir() || filepath.Base(args[0]) == project.FileName) {
		if len(args) > 1 {
			return nil, fail(ExitUsage, errors.New("a project is one directory: name it alone"))
		}
		settings := append([]project.Setting{{Flag: "lua", Value: toEdition}}, o.settings...)
		p, err := project.Options{Flags: settings, Files: a.Files, AllowOutside: o.outside, Unbuilt: true}.Open(args[0])
		if err != nil {
			return nil, err
		}
		defer p.Close()
		dir := args[0]
		if !info.IsDir() {
			dir = filepath.Dir(dir)
		}
		for _, s := range p.LuaSources() {
			rel, err := filepath.Rel(dir, s.Path)
			if err != nil || !filepath.IsLocal(rel) {
				rel = filepath.Base(s.Path)
			}
			in.files, in.rel = append(in.files, compat.File{Path: s.Path, Data: s.Data}), append(in.rel, rel)
		}
		if len(in.files) == 0 {
			return nil, fail(ExitUsage, fmt.Errorf("there is no Lua file in %s itself that would go to flash; name files, as in %s", dir, filepath.Join(dir, "*", "*.lua")))
		}
		in.build = p.Config().Build
		in.classic, in.build.Firmware = in.build.Firmware == firmware.Classic, ""
		return in, nil
	}
	if in.build, err = (project.Options{Flags: append([]project.Setting{{Flag: "lua", Value: toEdition}}, o.settings...), Files: a.Files}).Build(); err != nil {
		return nil, err
	}
	for _, name := range args {
		data, err := readInput(a.Files, name)
		if err != nil {
			return nil, err
		}
		in.files, in.rel = append(in.files, compat.File{Path: name, Data: data}), append(in.rel, filepath.Base(name))
	}
	return in, nil
}

// compatTargets are the files to write, "" for none.
func (a *App) compatTargets(in *compatInput, o compatOptions) ([]string, error) {
	targets := make([]string, len(in.files))
	switch {
	case o.write:
		for i, f := range in.files {
			targets[i] = f.Path
		}
	case o.output == "-" && len(in.files) > 1:
		return nil, fail(ExitUsage, fmt.Errorf("-o -: there are %d files: name a directory", len(in.files)))
	case o.output == "-":
		targets[0] = o.output
	case o.output != "":
		names := make([]string, len(in.files))
		for i, f := range in.files {
			names[i] = f.Path
		}
		return a.outputTargets(names, in.rel, o.output)
	}
	return targets, nil
}

// report says what was done, and what lint finds before and after.
func (in *compatInput) report(results []*compat.Result) (*compatReport, error) {
	r := &compatReport{Files: len(in.files), Classic: in.classic, Changes: []compat.Change{}, Left: []lint.Finding{}}
	var before, after []lint.File
	for i, f := range in.files {
		before = append(before, lint.File{Path: f.Path, Data: f.Data})
		after = append(after, lint.File{Path: f.Path, Data: results[i].Text})
		r.Changes = append(r.Changes, results[i].Changes...)
		if len(results[i].Changes) > 0 {
			r.Changed++
		}
		for _, c := range results[i].Left {
			r.Left = append(r.Left, lint.Finding{File: c.File, Line: c.Line, Column: c.Column, Rule: c.Rule, Level: lint.Warning, Message: c.Message})
		}
	}
	old, err := lint.Run(before, lint.Options{Build: in.build})
	if err != nil {
		return nil, err
	}
	found, err := lint.Run(after, lint.Options{Build: in.build})
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		i := slices.IndexFunc(in.files, func(x compat.File) bool { return x.Path == f.File })
		if f.Rule == lint.RuleSyntax && results[i].Wrong == nil && !slices.ContainsFunc(old, func(x lint.Finding) bool { return x.File == f.File && x.Rule == f.Rule }) {
			return nil, fmt.Errorf("%s:%d: what was rewritten does not compile: %s: this is a fault of moonlet; please report it with the file", f.File, f.Line, f.Message)
		}
	}
	r.Before, r.Left = len(old)+len(r.Left), append(r.Left, found...)
	return r, nil
}

// compatWrite writes what was rewritten: where the files are, only those that changed.
func (a *App) compatWrite(r *compatReport, results []*compat.Result, targets []string, o compatOptions) error {
	for i, target := range targets {
		switch {
		case target == "" || o.write && len(results[i].Changes) == 0:
			continue
		case target == "-":
			if _, err := a.Out.Write(results[i].Text); err != nil {
				return fail(ExitHost, err)
			}
			continue
		}
		if err := a.Files.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return fail(ExitHost, err)
		}
		if err := a.Files.Replace(target, results[i].Text, 0o666); err != nil {
			return fail(ExitHost, err)
		}
		r.Written = append(r.Written, target)
	}
	return nil
}

func (r *compatReport) print(w io.Writer) {
	look := 0
	for _, c := range r.Changes {
		fmt.Fprintf(w, "%s:%d:%d: %s [%s]\n", c.File, c.Line, c.Column, c.Message, c.Rule)
		if c.Look != "" {
			look++
			fmt.Fprintf(w, "    look: %s\n", c.Look)
		}
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(w, "\nLeft, by the lines of the result:\n")
	}
	for _, f := range r.Left {
		printFinding(w, &f)
	}
	if len(r.Changes)+len(r.Left) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s in %d of %s, %d to look at; lint finds %d, and %d before\n", plural(len(r.Changes), "change"), r.Changed, plural(r.Files, "file"), look, len(r.Left), r.Before)
	if r.Classic && len(r.Left) == 0 {
		fmt.Fprintf(w, "The result needs no firmware = %q in %s any more.\n", firmware.Classic, project.FileName)
	}
	switch {
	case len(r.Written) > 0:
		fmt.Fprintf(w, "%s written\n", plural(len(r.Written), "file"))
	case len(r.Changes) > 0:
		fmt.Fprintf(w, "Nothing was written: --write writes the files where they are, -o a copy.\n")
	}
}
