// Command moonlet is a NodeMCU module made of software.
package main

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"moonlet/internal/hostexec"
	"moonlet/internal/num"
	"moonlet/internal/stdlib"
	"moonlet/internal/stdlib/hostos"
)

func main() {
	start := time.Now()
	out := bufio.NewWriter(os.Stdout)
	s, err := hostexec.New(hostexec.Config{Model: num.Int32Float32, StripDefault: 1, Output: out, Errors: os.Stderr,
		Random: new(stdlib.GlibcRand),
		System: &hostos.System{Input: os.Stdin, Output: out, Errors: os.Stderr, Now: time.Now,
			CPU: func() time.Duration { return time.Since(start) }, Zone: time.Local,
			OnExit: func(code int, _ bool) { out.Flush(); os.Exit(code) }}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	err = s.RunFile(os.Args[1], os.Args[2:])
	out.Flush()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
