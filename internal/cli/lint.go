package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lint"
	"moonlet.example/moonlet/internal/project"
)

// ExitFindings is the exit code of lint when it found something.
const ExitFindings = 6

const lintHelp = `Looks at Lua source without running it, and tells what the firmware has not: calls,
constants and modules of older firmware and of other builds, arguments that mean
something else now, and names of older Lua. What the build has is what the
project's file or the flags say.

DIR is a project, of which all Lua files count that "moonlet run" puts into flash and
into the store; its other files only have to fit. Single files count as one application
with the default build.

A finding is an error (it fails when it is reached), a warning (it does something else than
it seems) or a note (it may be meant like that), which --notes shows. The comment
"-- moonlet: ignore RULE" silences its line. docs/lint.md explains the rules.

Exit codes: 0 nothing was found that --fail-on asks for, 6 something was, 2 a file or the
project is wrong.`

// lintOptions are the flags of lint.
type lintOptions struct {
	settings       []project.Setting
	json, sarif    bool
	notes, outside bool
	failOn         string
}

// failLevels are the values of --fail-on, from the strictest one on.
var failLevels = []string{"note", "warning", "error", "never"}

func (a *App) lintCommand() *cobra.Command {
	var o lintOptions
	c := &cobra.Command{
		Use:   "lint [DIR|FILE...]",
		Short: "tell what an application uses that the firmware has not",
		Long:  lintHelp,
		Example: `  moonlet lint .
  moonlet lint init.lua server.lua --modules bit,file,net,node,tmr,wifi
  moonlet lint . --notes --fail-on error
  moonlet lint . --sarif > lint.sarif`,
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case !slices.Contains(failLevels, o.failOn):
				return fmt.Errorf("--fail-on: %q is none of %s", o.failOn, strings.Join(failLevels, ", "))
			case o.json && o.sarif:
				return errors.New("--json and --sarif: choose one of them")
			}
			return a.lint(args, o)
		},
	}
	c.Flags().BoolVar(&o.notes, "notes", false, "also tell what is only likely")
	c.Flags().StringVar(&o.failOn, "fail-on", "warning", "the least `level` of a finding with which the command fails: note, warning, error\nor never")
	offer(c, "fail-on", failLevels)
	c.Flags().BoolVar(&o.json, "json", false, "as a JSON object")
	c.Flags().BoolVar(&o.sarif, "sarif", false, "in the format SARIF 2.1.0, which services for code read")
	addKeys(c, &o.settings, "profile", "lua", "firmware", "modules", "options", "number")
	addOutside(c.Flags(), &o.outside)
	return c
}

// lintReport is the document of lint.
type lintReport struct {
	Findings []lint.Finding `json:"findings"`
	Files    int            `json:"files"`
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Notes    int            `json:"notes"`
	// Classic is how many of them a build with the classic interface has not.
	Classic int `json:"classic"`
}

// run looks at an application's Lua files, also as a build with the classic interface has them.
func (r *lintReport) run(files []lint.File, o lint.Options) ([]lint.Finding, error) {
	found, err := lint.Run(files, o)
	if err != nil || len(found) == 0 || o.Build.Firmware != "" {
		return found, err
	}
	o.Build.Firmware = firmware.Classic
	classic, err := lint.Run(files, o)
	r.Classic += max(len(found)-len(classic), 0)
	return found, err
}

func (a *App) lint(args []string, o lintOptions) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	r := &lintReport{Findings: []lint.Finding{}}
	var single []string
	for _, arg := range args {
		info, err := a.Files.Stat(arg)
		if err == nil && !info.IsDir() && filepath.Base(arg) != project.FileName {
			single = append(single, arg)
			continue
		}
		if err := a.lintProject(r, arg, o); err != nil {
			return err
		}
	}
	if len(single) > 0 {
		if err := a.lintFiles(r, single, o); err != nil {
			return err
		}
	}
	for _, f := range r.Findings {
		*[]*int{&r.Notes, &r.Warnings, &r.Errors}[f.Level]++
	}
	var err error
	switch {
	case o.json:
		err = a.writeJSON(r)
	case o.sarif:
		err = a.writeJSON(lint.NewSARIF(r.Findings, readVersion().Version))
	default:
		err = a.writeText(r.print)
	}
	least := slices.Index(failLevels, o.failOn)
	if err == nil && slices.ContainsFunc(r.Findings, func(f lint.Finding) bool { return int(f.Level) >= least }) {
		err = &failure{code: ExitFindings, err: errors.New("something was found"), told: true}
	}
	return err
}

// lintProject looks at a project: its Lua files, and whether all its files have room.
func (a *App) lintProject(r *lintReport, dir string, o lintOptions) error {
	p, err := project.Options{Flags: o.settings, Files: a.Files, AllowOutside: o.outside, Unbuilt: true}.Open(dir)
	if err != nil {
		return err
	}
	defer p.Close()
	var files, all []lint.File
	for _, s := range p.LuaSources() {
		files = append(files, lint.File{Path: s.Path, Name: s.Name, Data: s.Data, Store: p.InStore(&s)})
	}
	for _, s := range p.Sources {
		all = append(all, lint.File{Path: s.Path, Name: s.Name, Data: s.Data})
	}
	if len(files) == 0 {
		return fail(ExitUsage, fmt.Errorf("there is no Lua file in %s itself that would go to flash; name files, as in %s", dir, filepath.Join(dir, "*", "*.lua")))
	}
	c := p.Config()
	found, err := r.run(files, lint.Options{Build: c.Build, Notes: o.notes})
	if err != nil {
		return fail(ExitHost, err)
	}
	store, room, err := p.Partitions()
	if err != nil {
		return err
	}
	for _, f := range all {
		if filepath.Ext(f.Name) != ".lua" {
			found = append(found, lint.Name(&f)...)
		}
	}
	found = append(found, lint.Room(dir, all, int(room.Size))...)
	if !slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Rule == lint.RuleSyntax }) {
		im, err := p.BuildStore()
		if err != nil {
			return err
		}
		if im != nil {
			data, err := im.Flash(0)
			if err != nil {
				return err
			}
			found = append(found, lint.StoreRoom(dir, len(data), int(store.Size))...)
		}
	}
	r.Findings = append(r.Findings, found...)
	r.Files += len(files)
	return nil
}

// lintFiles looks at single files as one application.
func (a *App) lintFiles(r *lintReport, names []string, o lintOptions) error {
	build, err := project.Options{Flags: o.settings, Files: a.Files}.Build()
	if err != nil {
		return err
	}
	var files []lint.File
	for _, name := range names {
		data, err := readInput(a.Files, name)
		if err != nil {
			return err
		}
		files = append(files, lint.File{Path: name, Data: data})
	}
	found, err := r.run(files, lint.Options{Build: build, Notes: o.notes})
	if err != nil {
		return fail(ExitHost, err)
	}
	r.Findings = append(r.Findings, found...)
	r.Files += len(files)
	return nil
}

func printFinding(w io.Writer, f *lint.Finding) {
	at := f.File
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
	fmt.Fprintf(w, "%s: %v: %s [%s]\n", at, f.Level, f.Message, f.Rule)
	if f.Instead != "" {
		fmt.Fprintf(w, "    instead: %s\n", f.Instead)
	}
}

func (r *lintReport) print(w io.Writer) {
	for _, f := range r.Findings {
		printFinding(w, &f)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintf(w, "Nothing was found in %s.\n", plural(r.Files, "file"))
		return
	}
	fmt.Fprintf(w, "%s, %s, %s in %s\n", plural(r.Errors, "error"), plural(r.Warnings, "warning"), plural(r.Notes, "note"), plural(r.Files, "file"))
	if r.Classic > 0 {
		fmt.Fprintf(w, "--firmware classic has the calls of older firmware, and leaves %d of %d (docs/classic.md)\n", len(r.Findings)-r.Classic, len(r.Findings))
	}
}

// plural is a number of things.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
