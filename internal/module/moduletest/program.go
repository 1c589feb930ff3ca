package moduletest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Program is a program made of the firmware's C code that answers each line by a line.
type Program struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// StartProgram runs the program that an environment variable names; without that the test is
// skipped. The test's end ends it.
func StartProgram(t testing.TB, variable string) *Program {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skip(variable + " is not set")
	}
	cmd := exec.Command(path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return &Program{in, bufio.NewReader(out)}
}

// Ask gives a line to the program, and its answer.
func (p *Program) Ask(t testing.TB, format string, args ...any) string {
	t.Helper()
	fmt.Fprintf(p.in, format+"\n", args...)
	answer, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf(format+": %v", append(args, err)...)
	}
	return strings.TrimSpace(answer)
}
