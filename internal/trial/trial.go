// Package trial boots applications to find something out about them: where their heap goes,
// and which of their strings could be in flash. A trial is in virtual time and in a flash
// memory of its own, so it changes nothing and always finds the same.
package trial

import (
	"context"
	"errors"
	"strings"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/project"
)

// try boots the module of a project, which stays the caller's, and lets use do something with
// it. Errors are for the user; when ctx is done, its own comes back soon.
func try(ctx context.Context, p *project.Project, h hook.Options, use func(m *moonlet.Module) error, opts ...moonlet.Option) (err error) {
	h.Project, h.Trial, h.Lenient, h.NoOutput = p, true, true, true
	where := "" // of a task that was cut
	opts = append(opts, moonlet.Inside(h), moonlet.Apart(), moonlet.FastSerial(), moonlet.OnEvent(func(e moonlet.Event) {
		if c, ok := e.(moonlet.Cut); ok {
			where = c.Traceback
		}
	}))
	m, err := moonlet.Open(p.Dir, opts...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if err := m.Prepare(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, m.Stop)()
	return trialError(ctx, p, use(m), where)
}

// trialError is the error of a trial in the words of the user, that of ctx if it is done.
// where is the traceback of a task that was cut.
func trialError(ctx context.Context, p *project.Project, err error, where string) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if !errors.Is(err, moonlet.ErrCut) {
		return err
	}
	problem := "a task of the module does not end, so there is no moment between two tasks to look at"
	if where != "" {
		problem += "; it was in:\n" + strings.TrimRight(where, "\n")
	}
	return &project.Error{Where: p.Dir, Problem: problem}
}
