package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"moonlet/internal/device"
	"moonlet/internal/project"
)

// Machine is a module; *device.Device is one.
type Machine interface {
	Run(ctx context.Context) error
	RunFor(t time.Duration) error
	Feed(p []byte)
	EndInput()
	Stop()
	Close() error
}

const runHelp = `Runs an application on a virtual module. DIR is a directory whose files go to
the module's flash memory; FILE is a single .lua or .lc file, which gets a flash
memory of its own that is gone at the end, and no moonlet.toml; IMAGE is that of a
whole flash chip, as "moonlet flash create" makes it or as it is read from a board.

An image has 512 KB, 1, 2, 4, 8 or 16 MB. Everything is in there already, so there
is no moonlet.toml either. It stays as it is: the module works with a copy, and
what it writes is gone at the end. With --save that is written to the image, at
once: then to end the program in any way is to pull the plug.

What is typed goes to the module's serial port, and what the module sends comes
out; Ctrl-C leaves. If the standard input is not a terminal, the module executes
what comes from there and ends after it; without any input it runs on.

A file goes to the flash memory if there is none of its name, or if it has been
edited since it went there last. So what the application writes is still there
the next time; --fresh makes the flash memory new.

Most flags can stand in DIR/moonlet.toml, without the dashes: chip_id = 5 for
--chip-id 5, and known_only = true in a section [wifi] for --wifi-known-only.
Flags that can be repeated are lists or tables there:

  heap = "40KB"
  files = ["*.lua", "www/*.html"]
  ports = { 80 = 8080, 23 = "any" }

  [[wifi.networks]]
  ssid = "home"
  password = "correct horse"

  [[buttons]]
  pin = 3
  level = 0
  presses = ["5s+200ms"]

Flags win over the file.

` + exitHelp

const runExamples = `  moonlet run .
  moonlet run blink.lua --time virtual --for 1h
  moonlet run module.bin --save
  moonlet run thermostat --port 80=8080 --listen 0.0.0.0
  moonlet run . --wifi-network ssid=home,password=secret99 --wifi-known-only
  echo 'print(node.heap())' | moonlet run . --quiet`

// runOptions are the flags of run that are no keys.
type runOptions struct {
	settings []project.Setting
	json     bool
	quiet    bool
	fresh    bool
	save     bool
	outside  bool
	limit    time.Duration
}

func (a *App) runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:     "run DIR|FILE|IMAGE",
		Short:   "run an application on a virtual module",
		Long:    runHelp,
		Example: runExamples,
		Args:    needArg(1, "the name of a directory or a file"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.limit <= 0 && c.Flags().Changed("for") {
				return errors.New("--for: want a time, as in 10s")
			}
			return a.run(args[0], o)
		},
	}
	own := pflag.NewFlagSet("run", pflag.ContinueOnError)
	own.SortFlags = false
	own.DurationVar(&o.limit, "for", 0, "end after this much of the module's time, as in 10s")
	own.BoolVar(&o.fresh, "fresh", false, "begin with an empty flash memory")
	own.BoolVar(&o.save, "save", false, "of the image of a chip: keep in it what the module writes")
	own.BoolVar(&o.quiet, "quiet", false, "tell nothing but problems")
	own.BoolVar(&o.json, "json", false, "tell events as JSON objects, one per line, on the standard error output")
	addOutside(own, &o.outside)
	c.Flags().AddFlagSet(own)
	groups := append([]group{{"Running", own}}, addKeyFlags(c, &o.settings)...)
	c.SetUsageFunc(groupedUsage(groups))
	return c
}

func (a *App) run(path string, o runOptions) error {
	err := a.runProject(path, o)
	if err == nil || !o.json {
		return err
	}
	code := exitCode(err)
	writeRecord(a.Err, record{Event: "error", Text: err.Error(), Code: code}, "\n")
	return &failure{code: code, err: err, told: true}
}

func (a *App) runProject(path string, o runOptions) (err error) {
	p, err := a.openProject(path, o.settings, o.outside)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if o.fresh && p.IsImage() {
		return p.Forget()
	}
	if o.save {
		if err := p.Save(); err != nil {
			return err
		}
	}
	r := &runner{app: a, options: o, project: p}
	return r.run()
}

// runner is one run of a module.
type runner struct {
	app     *App
	options runOptions
	project *project.Project
	machine Machine
	out     *output
	events  *events
	restore func() // the terminal
	ctx     context.Context
	end     context.CancelCauseFunc
}

// errLeave ends a run that the user wants to end.
var errLeave = errors.New("leave")

func (r *runner) run() error {
	r.ctx, r.end = context.WithCancelCause(context.Background())
	defer r.end(nil)
	r.restore = func() {}
	stopSignals := r.app.Signals(r.leave)
	defer stopSignals()
	r.out = newOutput(r.app.Out, func(err error) {
		r.end(fail(ExitHost, fmt.Errorf("standard output: %w", err)))
	})
	r.events = &events{w: r.app.Err, out: r.out, json: r.options.json, quiet: r.options.quiet, eol: "\n",
		fresh: r.app.Terminal.Output()}
	err := r.start()
	if err == nil {
		err = r.live()
		r.events.ended(r.project)
	}
	if err2 := r.out.close(); err2 != nil && err == nil {
		err = fail(ExitHost, fmt.Errorf("standard output: %w", err2))
	}
	if r.events.midLine() {
		fmt.Fprintln(r.app.Err)
	}
	return err
}

// start brings the flash memory up to date and makes the module.
func (r *runner) start() error {
	r.events.start(r.project)
	if r.options.fresh {
		if err := r.project.Forget(); err != nil {
			return err
		}
	}
	told := len(r.project.Warnings)
	done, err := r.project.Upload()
	for _, w := range r.project.Warnings[told:] {
		r.events.warn(w)
	}
	r.events.uploaded(done)
	if err != nil {
		return err
	}
	c := r.project.Config()
	c.Serial = r.out
	c.Report = r.report
	r.machine, err = r.app.NewMachine(c)
	if err == nil || isHostError(err) {
		return fail(ExitHost, err)
	}
	return fail(ExitUsage, err)
}

// live runs the module until something ends it.
func (r *runner) live() (err error) {
	defer func() { err = errors.Join(err, r.machine.Close()) }()
	typed := r.app.Terminal.Input()
	if typed {
		restore, err := r.app.Terminal.Raw()
		if err != nil {
			return fail(ExitHost, err)
		}
		r.restore = restore
		r.events.setRaw(true)
		defer func() {
			restore()
			r.events.setRaw(false)
		}()
	}
	finished := make(chan struct{})
	defer close(finished)
	go r.stopWhenDone(finished)
	go r.feed(typed)
	if r.options.limit > 0 {
		err = r.machine.RunFor(r.options.limit)
	} else {
		err = r.machine.Run(r.ctx)
	}
	switch cause := context.Cause(r.ctx); {
	case cause == nil:
		return fail(ExitHost, err)
	case errors.Is(cause, errLeave):
		return nil
	default:
		return cause
	}
}

// stopWhenDone stops the module when the run is to end. It does so until that
// has happened: a module that has yet to begin takes no notice.
func (r *runner) stopWhenDone(finished <-chan struct{}) {
	defer r.guard()
	select {
	case <-finished:
		return
	case <-r.ctx.Done():
	}
	r.out.release()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		r.machine.Stop()
		select {
		case <-finished:
			return
		case <-again.C:
		}
	}
}

// leave ends the run; a user who asks twice does not want to wait.
func (r *runner) leave() {
	if r.ctx.Err() != nil {
		r.restore()
		r.app.Exit(exitKill)
		return
	}
	r.end(errLeave)
}

// guard turns a fault in a goroutine into the end of the run, so that the
// terminal is put in order.
func (r *runner) guard() {
	if p := recover(); p != nil {
		r.end(fmt.Errorf("BUG: %v", p))
	}
}

// report tells an event. It runs on the module's goroutine.
func (r *runner) report(e device.Event) {
	if m := e.Mapping; m != nil && m.Err != nil && r.project.NamesPort(m.Device) {
		r.end(fail(ExitHost, fmt.Errorf(
			"the module's port %d cannot be %v: %w; end the program that uses it, or choose another with --port %d=any",
			m.Device, m.Host, m.Err, m.Device)))
		return
	}
	r.events.event(e)
}
