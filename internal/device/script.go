package device

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// BoardAction is what a hand does to a board.
type BoardAction uint8

// The actions.
const (
	PressReset BoardAction = iota // the button of that name, or whoever pulls the pin
	CyclePower                    // the power goes and comes back
)

var boardActions = []string{PressReset: "reset", CyclePower: "power"}

// String is the action's name in scripts.
func (a BoardAction) String() string { return boardActions[a] }

// BoardStep is an action at some time after the step before, or after power-on.
type BoardStep struct {
	After  time.Duration
	Action BoardAction
}

// ParseBoardStep reads a step such as "10s reset".
func ParseBoardStep(line string) (BoardStep, error) {
	f := strings.Fields(line)
	if len(f) != 2 {
		return BoardStep{}, fmt.Errorf(`step %q: want a time and an action, as in "10s reset"`, line)
	}
	after, err := time.ParseDuration(f[0])
	if err != nil || after <= 0 {
		return BoardStep{}, fmt.Errorf("step %q: %q is no time", line, f[0])
	}
	i := slices.Index(boardActions, f[1])
	if i < 0 {
		return BoardStep{}, fmt.Errorf("step %q: unknown action %q; there are %s", line, f[1], strings.Join(boardActions, ", "))
	}
	return BoardStep{after, BoardAction(i)}, nil
}

// playScript does the steps of the board's script.
func (d *Device) playScript(steps []BoardStep) {
	if len(steps) == 0 {
		return
	}
	first, rest := steps[0], steps[1:]
	d.loop.NewOutsideTimer(func() {
		d.playScript(rest)
		d.Do(first.Action) // may not return
	}).Arm(first.After, false)
}

// Do does something to the board: the next life begins with the reset that follows. In a
// function that Between runs it may not return.
func (d *Device) Do(a BoardAction) {
	next := d.resetInfo(port.ResetExternal)
	if a == CyclePower {
		next = sdk.Reason(port.ResetPowerOn)
	}
	switch {
	case d.wakeUp != 0: // it sleeps
		if d.wakeUp, d.next = 0, next; d.living {
			d.loop.Stop()
		}
	case d.living:
		panic(reset{next})
	default:
		d.end(sdk.Ending{Next: next})
	}
}
