package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/project"
)

// Machine is a module; *device.Device is one.
type Machine interface {
	Run(ctx context.Context) error
	Feed(p []byte) (n int)
	Untyped() int
	EndInput()
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
	raw      bool
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
	own.BoolVar(&o.raw, "raw", false, "let every byte that the module sends through to a terminal, also those that it obeys")
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
	var text strings.Builder
	writeRecord(&text, record{Event: "error", Text: err.Error(), Code: code}, "\n")
	a.say(text.String())
	return &failure{code: code, err: err, told: true}
}

func (a *App) runProject(path string, o runOptions) (err error) {
	r := a.newRunner(o)
	defer r.over()
	if r.project, err = a.openProject(path, o.settings, o.outside); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.project.Close()) }()
	r.inNeed(r.project.Abandon)
	if o.fresh && r.project.IsImage() {
		return r.project.Forget()
	}
	if o.save {
		if err := r.project.Save(); err != nil {
			return err
		}
	}
	return r.run()
}

// runner is one run of a module.
type runner struct {
	app     *App
	options runOptions
	project *project.Project
	machine Machine
	out     *output // of the module
	err     *output // of moonlet
	events  *events
	ctx     context.Context
	end     context.CancelCauseFunc
	telling sync.WaitGroup // for who tells events and cannot wait
	over    func()         // ends what newRunner started

	mu   sync.Mutex
	need []func() // what is put in order if the run does not end by itself
}

// errLeave ends a run that the user wants to end.
var errLeave = errors.New("leave")

// endMax is how long the end of a run may take until the process ends without it. It is
// far more than a module takes: what takes longer is a fault, or a host that hangs.
const endMax = 5 * time.Second

// newRunner makes a runner that hears the host's signals.
func (a *App) newRunner(o runOptions) *runner {
	r := &runner{app: a, options: o}
	r.ctx, r.end = context.WithCancelCause(context.Background())
	to := a.screen()
	if o.raw {
		to = a.Out
	}
	r.out = newOutput(to, func(err error) {
		r.end(fail(ExitHost, fmt.Errorf("standard output: %w", err)))
	})
	r.err = newOutput(a.Err, nil)
	r.events = &events{to: r.err, out: r.out, json: o.json, quiet: o.quiet, eol: "\n", fresh: a.Terminal.Output()}
	stopSignals := a.Signals(r.leave)
	if a.KeepPipes != nil {
		a.KeepPipes()
	}
	finished := make(chan struct{})
	go r.ending(finished)
	r.over = func() {
		close(finished)
		stopSignals()
		r.out.close(leaveWait) // if nobody has yet
		r.err.close(leaveWait)
		r.end(nil)
	}
	return r
}

// inNeed names something that is put in order if the run does not end by itself. Any
// goroutine may do it then.
func (r *runner) inNeed(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.need = append(r.need, f)
}

func (r *runner) run() error {
	err := r.start()
	if err == nil {
		err = r.live()
		r.events.ended(r.project)
	}
	return r.closeOutputs(err)
}

// closeOutputs writes what is left. Who wants to leave does not wait for readers, and then
// it is no fault that they are slow.
func (r *runner) closeOutputs(err error) error {
	patience := closeWait
	if r.leaving() {
		patience = leaveWait
	}
	if err2 := r.out.close(patience); err2 != nil && err == nil && !(r.leaving() && errors.Is(err2, errOutputStuck)) {
		err = fail(ExitHost, fmt.Errorf("standard output: %w", err2))
	}
	r.err.release()
	r.telling.Wait()
	if r.events.midLine() {
		io.WriteString(r.err, "\n")
	}
	if r.err.close(patience) != nil && err != nil {
		return &failure{code: exitCode(err), err: err, told: true} // nobody reads it
	}
	return err
}

// leaving tells whether the user wants to end the run.
func (r *runner) leaving() bool { return errors.Is(context.Cause(r.ctx), errLeave) }

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
	c.EndAt = r.options.limit
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
		r.inNeed(restore)
		r.events.setRaw(true)
		defer func() {
			restore()
			r.events.setRaw(false)
		}()
	}
	go r.feed(typed)
	err = r.machine.Run(r.ctx)
	switch cause := context.Cause(r.ctx); {
	case errors.Is(err, device.ErrCut):
		err = nil // there was an event
	case err != nil && strings.HasPrefix(err.Error(), "BUG"):
		return err
	case cause == nil:
		return fail(ExitHost, err)
	}
	if cause := context.Cause(r.ctx); cause != nil && !errors.Is(cause, errLeave) {
		return cause
	}
	return nil
}

// ending lets nobody hold the end of the run back, be it a reader who does not read or,
// as the last resort, the module.
func (r *runner) ending(finished <-chan struct{}) {
	defer r.guard()
	select {
	case <-finished:
		return
	case <-r.ctx.Done():
	}
	r.out.release()
	r.err.release()
	select {
	case <-finished:
		return
	case <-time.After(endMax):
	}
	r.mu.Lock()
	for _, f := range r.need {
		f()
	}
	r.mu.Unlock()
	r.app.reportBug(fmt.Sprintf("the module did not end within %v", endMax))
	r.app.Exit(ExitBug)
}

// leave ends the run.
func (r *runner) leave() { r.end(errLeave) }

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
