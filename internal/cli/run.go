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

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/project"
)

// Machine is what run does with a module; a *moonlet.Module is one.
type Machine interface {
	Run(ctx context.Context) error
	Type(p []byte) (n int, err error)
	Untyped() int
	ExpectInput(more bool) error
	EndInput() error
	Close() error
}

// Run is a run of a module that is about to begin.
type Run struct {
	Module *moonlet.Module // the application is loaded
	Serial io.Writer       // gets what the module sends
	Report func(e moonlet.Event)
	EndAt  time.Duration // 0 for no end
}

// NewMachine is what App.NewMachine does but for tests.
func NewMachine(r Run) (Machine, error) { return r.Module, r.Module.Prepare() }

const runHelp = `Runs an application on a virtual module. DIR is a directory whose files go to
the module's flash memory; FILE is a single .lua or .lc file, which gets a flash
memory of its own that is gone at the end, and no moonlet.toml; IMAGE is that of a
whole flash chip, as "moonlet flash create" makes it or as it is read from a board.

An image has 512 KB, 1, 2, 4, 8 or 16 MB. Everything is in there already, so there
is no moonlet.toml either. It stays as it is: the module works with a copy, and
what it writes is gone at the end. With --save that is written to the image, at
once: then to end the program in any way is to pull the plug.

What is typed goes to the module's serial port, and what the module sends comes
out. At a terminal lines can be edited: Tab completes, the cursor keys and Ctrl-R
find what was entered before, Ctrl-D leaves (docs/console.md has all keys). With
--raw, and at terminals that can do less, keys go to the module as they are typed,
and Ctrl-C leaves. If the standard input is not a terminal, the module executes
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
	noUpload bool
	save     bool
	raw      bool
	noEcho   bool
	execute  []string
	expect   []string
	failOn   []string
	outside  bool
	limit    time.Duration
}

func (a *App) runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:     "run [DIR|FILE|IMAGE]",
		Short:   "run an application on a virtual module",
		Long:    runHelp,
		Example: runExamples,
		Args:    oneDirectory,
		RunE: func(c *cobra.Command, args []string) error {
			if o.limit <= 0 && c.Flags().Changed("for") {
				return errors.New("--for: want a time, as in 10s")
			}
			if err := o.checkVerdict(); err != nil {
				return err
			}
			return a.run(directory(args), o)
		},
	}
	own := pflag.NewFlagSet("run", pflag.ContinueOnError)
	own.SortFlags = false
	own.DurationVar(&o.limit, "for", 0, "end after this much of the module's time, as in 10s")
	own.BoolVar(&o.fresh, "fresh", false, "begin with an empty flash memory")
	own.BoolVar(&o.noUpload, "no-upload", false, "leave the flash memory as it is: nothing of the project goes there")
	own.BoolVar(&o.save, "save", false, "of the image of a chip: keep in it what the module writes")
	own.BoolVar(&o.raw, "raw", false, "at a terminal be a plain serial line: keys go as they are typed,\nand every byte comes through, also what the terminal obeys")
	own.StringArrayVarP(&o.execute, "execute", "e", nil, "execute this `code` at the prompt and end, or with --for go on until then")
	own.StringArrayVar(&o.expect, "expect", nil, "end well as soon as programs have sent this `text`, badly if they do not;\nthe next one is looked for behind it")
	own.StringSliceVar(&o.failOn, "fail-on", nil, "end badly at the first of these `kinds`: "+strings.Join(failures, ", "))
	own.BoolVar(&o.noEcho, "no-echo", false, "leave out the banner, the prompts and the echo of what is typed")
	own.BoolVar(&o.quiet, "quiet", false, "tell nothing but problems")
	own.BoolVar(&o.json, "json", false, "tell events as JSON objects, one per line, on the standard error output")
	addOutside(own, &o.outside)
	c.Flags().AddFlagSet(own)
	offer(c, "fail-on", failures)
	groups := append([]group{{"Running", own}}, addKeyFlags(c, &o.settings)...)
	groupedHelp(c, groups)
	return c
}

func (a *App) run(path string, o runOptions) (err error) {
	r := a.newRunner(o)
	defer r.over()
	if r.module, err = moonlet.Open(path, r.moduleOptions()...); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.module.Close()) }()
	r.inNeed(r.module.Abandon)
	return r.run()
}

// moduleOptions are what the flags and the streams mean to the module.
func (r *runner) moduleOptions() []moonlet.Option {
	o := &r.options
	serial := moonlet.Serial(r.serial())
	if o.noEcho {
		serial = moonlet.Serial(nil)
	}
	list := append(settingOptions(o.settings), serial, moonlet.Printed(r), moonlet.OnEvent(r.report), moonlet.EndAt(o.limit),
		moonlet.Inside(hook.Options{Files: r.app.Files, FailNetwork: r.app.FailNetwork, Lenient: true, NoOutput: true, Console: r.person.console()}))
	if o.outside {
		list = append(list, moonlet.TrustProject())
	}
	if o.fresh {
		list = append(list, moonlet.Fresh())
	}
	if o.noUpload {
		list = append(list, moonlet.NoUpload())
	}
	if o.save {
		list = append(list, moonlet.Save())
	}
	return list
}

// settingOptions are flags of keys as options.
func settingOptions(settings []project.Setting) (list []moonlet.Option) {
	for _, s := range settings {
		list = append(list, moonlet.Set(s.Flag, s.Value))
	}
	return list
}

// runner is one run of a module.
type runner struct {
	app     *App
	options runOptions
	module  *moonlet.Module
	machine Machine
	out     *output // of the module
	err     *output // of moonlet
	events  *events
	person  *person // nil where nobody edits lines
	verdict *verdict
	lines   lineEnds // to out, with --no-echo
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
	r.verdict = &verdict{end: r.decide, expect: o.expect, failOn: o.failOn}
	to := a.screen()
	if o.raw {
		to = a.Out
	}
	onError := func(err error) {
		r.end(fail(ExitHost, fmt.Errorf("standard output: %w", err)))
	}
	errs := a.Err
	r.events = &events{json: o.json, quiet: o.quiet, eol: "\n", fresh: a.Terminal.Output(), leave: "Ctrl-C"}
	if r.person = r.newPerson(onError); r.person != nil {
		to = r.person.editor
		if a.Terminal.Errors() {
			errs = notes{r.person.editor}
		}
		r.events.fresh, r.events.leave = false, "Ctrl-D"
	}
	r.out = newOutput(to, onError)
	r.lines.w = r.out
	r.err = newOutput(errs, nil)
	r.events.to, r.events.out = r.err, r.out
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
		if r.person != nil {
			r.person.screen.close(restoreWait)
		}
		r.end(nil)
	}
	return r
}

// decide ends the run, by a virtual clock always at the same moment: behind the task that
// runs.
func (r *runner) decide(cause error) {
	r.end(cause)
	r.module.Stop()
}

// Write gets what programs send, without the console's echo.
func (r *runner) Write(p []byte) (int, error) {
	if r.options.noEcho {
		if _, err := r.lines.Write(p); err != nil {
			return 0, err
		}
	}
	return r.verdict.Write(p)
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
		r.events.ended(r.module)
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
	if r.person != nil {
		r.person.screen.close(max(patience, restoreWait))
	}
	return err
}

// leaving tells whether the user wants to end the run.
func (r *runner) leaving() bool { return errors.Is(context.Cause(r.ctx), errLeave) }

// start brings the flash memory up to date and makes the module.
func (r *runner) start() error {
	r.events.start(r.module)
	told := len(r.module.Warnings())
	err := r.module.Load()
	for _, w := range r.module.Warnings()[told:] {
		r.events.warn(w)
	}
	r.events.uploaded(r.module.Loaded())
	if err != nil {
		return err
	}
	m, err := r.app.NewMachine(Run{Module: r.module, Serial: r.serial(), Report: r.report, EndAt: r.options.limit})
	if err == nil {
		r.machine = m
		return nil
	}
	if isHostError(err) {
		return fail(ExitHost, err)
	}
	return fail(ExitUsage, err)
}

// live runs the module until something ends it.
func (r *runner) live() (err error) {
	defer func() { err = errors.Join(err, r.machine.Close()) }()
	typed := r.app.Terminal.Input() && len(r.options.execute) == 0
	if r.person != nil {
		if err := r.person.start(); err != nil {
			return err
		}
		defer r.person.close()
	} else if typed {
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
	if !typed {
		_ = r.machine.ExpectInput(true) // it is closed, if that fails
	}
	if len(r.options.execute) > 0 {
		go r.typeCode()
	} else if r.person == nil {
		go r.feed(typed)
	}
	if r.app.Buttons != nil {
		defer r.app.Buttons(r.press)()
	}
	err = r.machine.Run(r.ctx)
	switch cause := context.Cause(r.ctx); {
	case errors.Is(err, moonlet.ErrCut):
		err = nil // there was an event
	case err != nil && strings.HasPrefix(err.Error(), "BUG"):
		return err
	case err != nil && cause == nil:
		return fail(ExitHost, err)
	}
	switch cause := context.Cause(r.ctx); {
	case errors.Is(cause, errSeen):
		return nil
	case cause != nil && !errors.Is(cause, errLeave):
		return cause
	}
	return r.verdict.missing()
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
	if r.person != nil {
		r.person.screen.release()
	}
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

// press presses the module's reset button, or cycles its power. It waits for the module, so
// it has a goroutine of its own; the module may be closed meanwhile.
func (r *runner) press(power bool) {
	do := r.module.Reset
	if power {
		do = r.module.CutPower
	}
	r.telling.Go(func() { _ = do() })
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
func (r *runner) report(e moonlet.Event) {
	if h, ok := e.(moonlet.HostError); ok && h.Port != nil && h.Port.Named {
		at := h.Port
		r.end(fail(ExitHost, fmt.Errorf(
			"the module's port %d cannot be %v: %w; end the program that uses it, or choose another with --port %d=any",
			at.Module, at.Host, at.Err, at.Module)))
		return
	}
	r.events.event(e)
	r.verdict.event(e)
}
