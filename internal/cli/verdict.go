package cli

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"moonlet.example/moonlet"
)

// Exit codes of run that a script asks for.
const (
	ExitExpected = 5  // a text of --expect did not come in time
	ExitPanic    = 10 // --fail-on panic, and so on in the order of failures
)

// failures are what --fail-on knows, each with the exit code after the one before.
var failures = []string{"panic", "reset", "longtask", "oom", "error"}

// failureOf is what an event is to --fail-on, "" if it is nothing.
func failureOf(e moonlet.Event) string {
	switch e := e.(type) {
	case moonlet.Panic, moonlet.Exception:
		return "panic"
	case moonlet.Watchdog:
		return "reset"
	case moonlet.Rebooted:
		if e.Reason != moonlet.ResetDeepSleep {
			return "reset"
		}
	case moonlet.LongTask:
		return "longtask"
	case moonlet.OutOfMemory:
		return "oom"
	case moonlet.LuaError:
		return "error"
	}
	return ""
}

// errSeen ends a run that has shown what it was to show.
var errSeen = errors.New("all that was expected has come")

// verdict says how a run has gone: it looks for texts in what programs send, one behind the
// other, and for events that it must not have.
type verdict struct {
	end    func(error)
	failOn []string

	mu     sync.Mutex
	expect []string // that have not come
	recent []byte   // of what was sent, behind the last text that came
	said   []byte   // the end of all that was sent
}

// saidMax is how much of what a program has sent a message of failure may show, in bytes.
const saidMax = 400

// Write implements io.Writer: it looks at what programs send.
func (v *verdict) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said = append(v.said, p...)
	v.said = v.said[max(len(v.said)-saidMax, 0):]
	if len(v.expect) == 0 {
		return len(p), nil
	}
	v.recent = append(v.recent, p...)
	for len(v.expect) > 0 {
		text := v.expect[0]
		i := bytes.Index(v.recent, []byte(text))
		if i < 0 {
			v.recent = v.recent[max(len(v.recent)-len(text)+1, 0):]
			return len(p), nil
		}
		v.recent = v.recent[i+len(text):]
		v.expect = v.expect[1:]
	}
	v.end(errSeen)
	return len(p), nil
}

// event ends the run if it must not have that event.
func (v *verdict) event(e moonlet.Event) {
	what := failureOf(e)
	if what != "" && slices.Contains(v.failOn, what) {
		v.end(fail(ExitPanic+slices.Index(failures, what), fmt.Errorf("--fail-on %s: %v", what, e)))
	}
}

// missing is the error of a run that has ended without what was expected.
func (v *verdict) missing() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.expect) == 0 {
		return nil
	}
	said := strings.TrimSpace(strings.ReplaceAll(string(v.said), "\r\n", "\n"))
	if said == "" {
		said = "no program has sent anything"
	} else {
		said = "the last that programs have sent:\n" + said
	}
	return fail(ExitExpected, fmt.Errorf("--expect: %q did not come; %s", v.expect[0], said))
}

// checkVerdict finds mistakes in the flags of a verdict.
func (o *runOptions) checkVerdict() error {
	var errs []error
	for _, text := range o.expect {
		if text == "" {
			errs = append(errs, errors.New("--expect: want a text"))
		}
	}
	if len(o.expect) > 0 && o.limit <= 0 && len(o.execute) == 0 {
		errs = append(errs, errors.New("--expect: say with --for how long to wait, as in --for 10s"))
	}
	for _, what := range o.failOn {
		if !slices.Contains(failures, what) {
			errs = append(errs, fmt.Errorf("--fail-on: %q is none of %s", what, strings.Join(failures, ", ")))
		}
	}
	for _, code := range o.execute {
		for line := range strings.Lines(code) {
			if len(strings.TrimSuffix(line, "\n")) > lineMax {
				errs = append(errs, fmt.Errorf("--execute: a line of %d bytes is too long for the module's console, which takes %d: write shorter lines, or a file", len(line), lineMax))
			}
		}
	}
	return errors.Join(errs...)
}

// lineMax is the longest line that the console takes, in bytes.
const lineMax = 254

// typeCode types what --execute says, and ends the input behind it unless --for says that
// the module goes on.
func (r *runner) typeCode() {
	defer r.guard()
	code := strings.Join(r.options.execute, "\n") + "\n"
	_, err := r.machine.Type([]byte(code))
	if err == nil && r.options.limit <= 0 {
		err = r.machine.EndInput()
	} else if err == nil {
		err = r.machine.ExpectInput(false)
	}
	_ = err // it is closed
}
