//go:build unix

package cli

import (
	"os"
	"syscall"
)

// hostButtons takes SIGUSR1 for the reset button and SIGUSR2 for the power switch.
func hostButtons(f func(power bool)) (stop func()) {
	return onSignals(func(s os.Signal) { f(s == syscall.SIGUSR2) }, syscall.SIGUSR1, syscall.SIGUSR2)
}
