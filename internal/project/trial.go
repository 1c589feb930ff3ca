package project

import (
	"context"
	"errors"
	"strings"

	"moonlet/internal/device"
)

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
