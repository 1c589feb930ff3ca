package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"moonlet.example/moonlet/internal/heapview"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/prompt"
	"moonlet.example/moonlet/internal/trial"
)

const heapHelp = `Boots an application on a virtual module, lets it run for some time, collects the
garbage, and tells where each byte of the heap went: by kind of object, by the
source line that took it, by what holds it, and what keeps the largest objects
alive. DIR|FILE|IMAGE is what "moonlet run" takes.

With --drive it does that in real time, around a command of your computer that uses
the module's servers: they are at $MOONLET_TCP_80 and the like, for the module's port
80, as address:port of this computer. What the command has left behind is told.

With --then it compares two moments and tells what is new at the second one, or
has grown, by the line that took it: a leak names its line. --leaks is the same
as --then 60s. Callbacks and objects that only keep each other alive are told in
any case. --oom shows the moment when memory runs out.

The application runs in virtual time and in a flash memory of its own; nothing in
the directory changes, and the same application always gives the same figures.
docs/heap.md explains them.

Exit codes: 0 all went well, 2 the command line or the project is wrong, or no Lua
runs at the moment that was asked for, 3 a file cannot be written, 130 interrupted.`

const heapExamples = `  moonlet heap .
  moonlet heap . --after 1m --top 10
  moonlet heap . --path "userdata net.socket"
  moonlet heap examples/leak --after 2s --then 30s
  moonlet heap . --pprof heap.pb.gz && go tool pprof -top -lines heap.pb.gz
  moonlet heap . --after 10m --svg heap.svg --csv heap.csv
  moonlet heap . --oom --after 1h
  moonlet heap . --drive 'for i in 1 2 3; do curl -s http://$MOONLET_TCP_80/; done'`

// heapOptions are the flags of heap that are no keys.
type heapOptions struct {
	settings    []project.Setting
	after, then time.Duration
	leaks       bool
	top         int
	topGiven    bool
	path        string
	oom         bool
	pprof       string
	csv, svg    string
	json        bool
	serial      bool
	outside     bool
	drive       string
	driveFor    time.Duration
}

// Defaults of heap.
const (
	heapAfter   = 5 * time.Second
	driveFor    = 5 * time.Minute
	heapLeaks   = time.Minute
	heapTop     = 20
	heapLargest = 5                      // objects in the text, if nobody asks for more
	heapEvery   = 100 * time.Millisecond // between two lines of --csv, and points of --svg
)

func (a *App) heapCommand() *cobra.Command {
	o := heapOptions{}
	c := &cobra.Command{
		Use:     "heap [DIR|FILE|IMAGE]",
		Short:   "tell where the bytes of an application's heap went",
		Long:    heapHelp,
		Example: heapExamples,
		Args:    oneDirectory,
		RunE: func(c *cobra.Command, args []string) error {
			o.topGiven = c.Flags().Changed("top")
			if err := o.check(c.Flags().Changed("then")); err != nil {
				return err
			}
			return a.interruptible(func(ctx context.Context) error { return a.heap(ctx, directory(args), o) })
		},
	}
	own := pflag.NewFlagSet("heap", pflag.ContinueOnError)
	own.SortFlags = false
	own.DurationVar(&o.after, "after", heapAfter, "how long the application runs")
	own.DurationVar(&o.then, "then", 0, "compare with what is there after this `time`")
	own.BoolVar(&o.leaks, "leaks", false, "the same as --then 60s")
	own.IntVar(&o.top, "top", heapTop, "list no more than `N` lines, holders and objects; 0 is all of them")
	own.StringVar(&o.path, "path", "", "only objects with this `text` in their kind, name, line, address or path")
	own.BoolVar(&o.json, "json", false, "everything as a JSON object")
	own.StringVar(&o.pprof, "pprof", "", "also write a profile for \"go tool pprof\" to this `file`")
	own.StringVar(&o.csv, "csv", "", "also write the free heap of each 100 ms to this `file`")
	own.StringVar(&o.svg, "svg", "", "also draw it, in this `file`")
	own.BoolVar(&o.oom, "oom", false, "the moment when memory runs out, before --after")
	own.StringVar(&o.drive, "drive", "", "compare with what is there when this `command` of your computer has come to its end;\nits environment says where the module's servers are")
	own.DurationVar(&o.driveFor, "drive-for", driveFor, "how long the command of --drive may take")
	own.BoolVar(&o.serial, "serial", false, "show what the module sends, on the standard error output")
	addOutside(own, &o.outside)
	c.Flags().AddFlagSet(own)
	groupedHelp(c, append([]group{{"Looking", own}}, addKeyFlags(c, &o.settings)...))
	return c
}

func (o *heapOptions) check(thenGiven bool) error {
	if o.leaks && !thenGiven {
		o.then = heapLeaks
	}
	switch {
	case o.drive != "" && (thenGiven || o.leaks || o.oom):
		return errors.New("--drive: compares two moments by itself; leave out --then, --leaks and --oom")
	case o.driveFor <= 0:
		return errors.New("--drive-for: want a time, as in 1m")
	case o.oom && (thenGiven || o.leaks):
		return errors.New("--oom: shows one moment; leave out --then and --leaks")
	case o.after <= 0:
		return errors.New("--after: want a time, as in 5s")
	case (thenGiven || o.leaks) && o.then <= o.after:
		return fmt.Errorf("--then: want a time later than --after, which is %v", o.after)
	case o.top < 0:
		return errors.New("--top: want a number of lines, as in 10")
	}
	return nil
}

func (a *App) heap(ctx context.Context, path string, o heapOptions) (err error) {
	p, err := a.openProject(path, o.settings, o.outside)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	po := trial.HeapOptions{After: o.after, Then: o.then, OutOfMemory: o.oom}
	if o.drive != "" {
		po.Drive = a.driver(o)
	}
	if o.serial {
		po.Serial = a.Err
		if a.Terminal != nil && a.Terminal.Errors() {
			po.Serial = prompt.NewScreen(a.Err)
		}
	}
	var samples []heapview.Sample
	if o.csv != "" || o.svg != "" {
		po.Every, po.Sample = heapEvery, func(s heapview.Sample) { samples = append(samples, s) }
	}
	h, err := trial.Heap(ctx, p, po)
	if err == nil || len(samples) > 0 { // also of a heap that has run out
		if err2 := o.writeSamples(a.Files, path, samples, h); err == nil {
			err = fail(ExitHost, err2)
		}
	}
	if err != nil {
		return err
	}
	if o.pprof != "" {
		var b bytes.Buffer
		if err := writeProfile(&b, h); err != nil {
			return fail(ExitUsage, err)
		}
		if err := a.Files.Replace(o.pprof, b.Bytes(), 0o644); err != nil {
			return fail(ExitHost, err)
		}
	}
	return a.heapReport(h, o)
}

// writeSamples writes the files of --csv and --svg. h is nil if the profile failed.
func (o *heapOptions) writeSamples(files *hostfile.Host, path string, samples []heapview.Sample, h *trial.HeapProfile) error {
	if o.csv != "" {
		var b bytes.Buffer
		fmt.Fprintln(&b, "seconds,free,largest,lua,lowest")
		for _, s := range samples {
			writeSample(&b, s)
		}
		if err := files.Replace(o.csv, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if o.svg == "" {
		return nil
	}
	picture := heapview.Picture{Title: "The heap of " + filepath.Base(filepath.Clean(path)), Samples: samples}
	if h != nil {
		picture.Total, picture.Marks = h.First.TotalBytes(), marks(h)
	}
	var b bytes.Buffer
	if err := picture.Write(&b); err != nil {
		return err
	}
	return files.Replace(o.svg, b.Bytes(), 0o644)
}

// marks are the moments that a picture shows.
func marks(h *trial.HeapProfile) (list []heapview.Mark) {
	short := h.OutOfMemory
	switch {
	case h.First.Shortage() != "":
		short = h.First
	case h.Second != nil:
		list = []heapview.Mark{{At: h.First.At(), Text: "first snapshot"}, {At: h.Second.At(), Text: "second snapshot"}}
	}
	if short != nil {
		list = append(list, heapview.Mark{At: short.At(), Text: "not enough memory"})
	}
	return list
}

// writeProfile writes the heap, or what is new on it if there are two moments.
func writeProfile(w io.Writer, h *trial.HeapProfile) error {
	if h.Second != nil {
		return h.Second.WriteProfile(w, h.First)
	}
	return h.First.WriteProfile(w, nil)
}

// writeSample writes a line of --csv; where no Lua runs its figures are empty.
func writeSample(w io.Writer, s heapview.Sample) {
	if s.Running {
		fmt.Fprintf(w, "%.3f,%d,%d,%d,%d\n", s.At.Seconds(), s.Free, s.Largest, s.Lua, s.Lowest)
	} else {
		fmt.Fprintf(w, "%.3f,,,,\n", s.At.Seconds())
	}
}

func (a *App) heapReport(h *trial.HeapProfile, o heapOptions) error {
	ro := heapview.Options{Top: o.top, Objects: o.top, Pattern: o.path}
	switch {
	case o.json && !o.topGiven:
		ro.Top, ro.Objects = 0, 0
	case !o.topGiven && o.path == "":
		ro.Objects = heapLargest
	}
	s := h.Last()
	r := s.Report(ro)
	r.Notes = append(r.Notes, h.Notes...)
	if h.Second != nil {
		g, err := h.Second.GrowthSince(h.First, ro.Top)
		if err != nil {
			return fail(ExitUsage, err)
		}
		r.Growth = g
	}
	if o.json {
		return a.writeJSON(r)
	}
	return a.writeText(func(w io.Writer) { r.Print(w, o.path != "") })
}
