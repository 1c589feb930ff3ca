// Command luac.cross is the compiler of moonlet alone. It needs nothing of the
// host but files, so that it can be built for WebAssembly as well.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"time"

	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/luac"
)

func main() {
	debug.SetGCPercent(luac.GCPercent)
	out := bufio.NewWriter(os.Stdout)
	c := luac.Command{
		Prog: luac.Name, In: os.Stdin, Out: out, Err: os.Stderr, Getenv: os.Getenv,
		Now: func() int64 { return time.Now().Unix() }, Random: rand.Uint32,
		Target: func(string) (lfs.Target, error) {
			return lfs.Target{}, errors.New("--module: this is the compiler alone; use moonlet luac")
		},
		Execute51: func(string, *luac.Options) ([]byte, error) {
			return nil, errors.New("-e: this is the compiler alone; use moonlet luac")
		},
		Execute: func(string, *luac.Options, *chunk.File) error {
			return errors.New("-e: this is the compiler alone; use moonlet luac")
		},
	}
	code := c.Main(os.Args[1:])
	if err := out.Flush(); err != nil && code == 0 {
		fmt.Fprintf(os.Stderr, "%s: standard output: %v\n", luac.Name, err)
		code = 1
	}
	os.Exit(code)
}
