//go:build !unix

package cli

// hostButtons does nothing: there are no signals to choose.
func hostButtons(func(power bool)) (stop func()) { return func() {} }
