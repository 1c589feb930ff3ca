package project

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/sdk"
)

// try boots the project's module in virtual time and in a flash memory of its own, which
// goes with it, and lets use do something with it. prepare changes the copy of the project
// before its files go to flash, and configure the module; either may be nil. Errors are for
// the user; when ctx is done, its own comes back soon.
func (p *Project) try(ctx context.Context, prepare func(q *Project), configure func(c *device.Config), use func(d *device.Device, done []Uploaded) error) (err error) {
	dir, err := p.files.MkdirTemp()
	if err != nil {
		return hostErrorf(err, "making a directory for a trial")
	}
	defer func() { err = errors.Join(err, removeTemp(p.files, dir)) }()
	q := p.apart(filepath.Join(dir, "state"))
	defer func() { q.closeState() }()
	if prepare != nil {
		prepare(&q)
	}
	done, err := q.Upload()
	if err != nil {
		return err
	}
	c := q.Config()
	c.Clock, c.FastSerial = sdk.NewVirtualClock(), true
	c.Net.AutoPorts, c.Net.Ports = true, nil
	if configure != nil {
		configure(&c)
	}
	where, report := "", c.Report // of a task that was cut
	c.Report = func(e device.Event) {
		if e.Kind == device.Cut {
			where = e.Traceback
		}
		if report != nil {
			report(e)
		}
	}
	d, err := device.New(c)
	if err != nil {
		return err
	}
	defer func() {
		if e := d.Close(); err == nil {
			err = e
		}
	}()
	defer context.AfterFunc(ctx, d.Stop)()
	return p.trialError(ctx, use(d, done), where)
}

// trialError is the error of a trial in the words of the user, that of ctx if it is done.
// where is the traceback of a task that was cut.
func (p *Project) trialError(ctx context.Context, err error, where string) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if !errors.Is(err, device.ErrCut) {
		return err
	}
	problem := "a task of the module does not end, so there is no moment between two tasks to look at"
	if where != "" {
		problem += "; it was in:\n" + strings.TrimRight(where, "\n")
	}
	return &Error{Where: p.Dir, Problem: problem}
}
