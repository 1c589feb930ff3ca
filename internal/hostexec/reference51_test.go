package hostexec_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
)

// build51 is one of the two builds of Lua 5.1.
type build51 struct {
	edition hostexec.Edition
	name    string
	tool    string // the firmware's luac.cross, "" if there is none
}

// builds51 are the builds, with the tools that MOONLET_REFERENCE51 names.
func builds51() []build51 {
	b := []build51{{edition: hostexec.Lua51, name: "float"}, {edition: hostexec.Lua51Int, name: "int"}}
	if tools := filepath.SplitList(os.Getenv("MOONLET_REFERENCE51")); len(tools) == len(b) {
		for i := range b {
			b[i].tool = tools[i]
		}
	}
	return b
}

// ending is how a program ends.
type ending struct {
	out     string
	message string // of the error
	note    string // what became of the process: an exit code other than for errors, a crash, no end
}

const (
	noEnd   = "has no end"
	crashes = "crashes"
)

// addresses are what differs from run to run.
var addresses = regexp.MustCompile(`0x[0-9a-f]{6,}|(?:file \()0x[0-9a-f]+|/[a-z/A-Z0-9_.-]*/lua_[A-Za-z0-9]{6,}|\blua_[A-Za-z0-9]{6,}\b`)

func (e ending) normalised() ending {
	e.out = addresses.ReplaceAllString(e.out, "ADDRESS")
	e.message = addresses.ReplaceAllString(e.message, "ADDRESS")
	return e
}

// runTool runs a file with the firmware's luac.cross -e.
func (b build51) runTool(t *testing.T, dir, file string, limit time.Duration) ending {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, b.tool, "-o", filepath.Join(t.TempDir(), "o"), "-e", file)
	c.Dir, c.Env = dir, append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	var out, msg bytes.Buffer
	c.Stdout, c.Stderr = &out, &msg
	err := c.Run()
	e := ending{out: out.String()}
	if at := strings.Index(msg.String(), b.tool+": "); at >= 0 {
		e.message = strings.TrimSuffix(msg.String()[at+len(b.tool)+2:], "\n")
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		e.note = noEnd
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		e.note = crashes
	case errors.As(err, &exit) && exit.ExitCode() == 1 && e.message != "":
	case err != nil:
		e.note = err.Error()
	}
	return e.normalised()
}

// exited is the panic of os.exit.
type exited struct{ code int }

var errNoEnd = errors.New(noEnd)

// runHere runs a file of the working directory on Moonlet.
func (b build51) runHere(t *testing.T, file string, limit time.Duration) (e ending) {
	t.Helper()
	var out bytes.Buffer
	start := time.Now()
	s, err := hostexec.New(hostexec.Config{Lua: b.edition, HeapBytes: 1 << 30, StripDefault: 1, Output: &out, Errors: io.Discard,
		Random: new(stdlib.GlibcRand), System: &hostos.System{Input: strings.NewReader(""), Output: &out, Errors: io.Discard,
			Now: time.Now, CPU: func() time.Duration { return time.Since(start) }, Zone: time.UTC,
			OnExit: func(code int, _ bool) { panic(exited{code}) }}})
	if err != nil {
		t.Fatal(err)
	}
	end := time.AfterFunc(limit, func() { s.Interrupt(errNoEnd) })
	defer end.Stop()
	defer func() {
		if r := recover(); r != nil {
			x, ok := r.(exited)
			if !ok {
				panic(r)
			}
			if x.code != 0 {
				e.note = "exit status " + string(rune('0'+x.code))
			}
		}
		e.out = out.String()
		e = e.normalised()
	}()
	err = s.RunFile(file, nil)
	if !end.Stop() && err == nil {
		err = errNoEnd // it ended just then, and its memory goes
	}
	if err != nil {
		if errors.Is(err, errNoEnd) {
			e.note = noEnd
			return e
		}
		if errors.Is(err, hostexec.ErrDeviceException) {
			t.Errorf("%s: %v", file, err)
		}
		e.message, _, _ = strings.Cut(err.Error(), "\nstack traceback")
	}
	if err := s.Machine().CheckHeap(); err != nil {
		t.Errorf("%s: %v", file, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("%s: %v", file, err)
	}
	return e
}
