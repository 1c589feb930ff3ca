package luagen_test

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/mem"
)

// Memory of sessions.
const (
	runHeap     = 64 << 20  // recursion fills Lua's stack, not the heap
	compileHeap = 256 << 20 // enough for luagen.Huge
)

// newSession makes a session of the host profile. The strip level is that of
// compiled code.
func newSession(t testing.TB, model num.Model, heapBytes, strip int, out io.Writer) *hostexec.Session {
	t.Helper()
	s, err := hostexec.New(hostexec.Config{
		Model: model, HeapBytes: heapBytes, StripDefault: strip,
		Random: new(stdlib.GlibcRand), Output: out, Errors: out,
		System: &hostos.System{
			Input: strings.NewReader(""), Output: out, Errors: out, Zone: time.UTC,
			Now: func() time.Time { return time.Unix(1750000000, 0) },
			CPU: func() time.Duration { return 0 },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// compile compiles a program. It returns the binary chunk with all debug
// information, or the compiler's message.
func compile(s *hostexec.Session, source, name string) (chunk []byte, message string) {
	defer mem.CatchFaults()()
	L := s.Machine().State()
	defer L.SetTop(0)
	if L.LoadBytes([]byte(source), name, "t") != state.OK {
		msg, _ := L.ToString(-1)
		return nil, msg
	}
	var b bytes.Buffer
	if err := L.Dump(func(_ state.State, p []byte) error { b.Write(p); return nil }, 0); err != nil {
		return nil, err.Error()
	}
	return b.Bytes(), ""
}

// reference is the firmware's own compiler.
func reference(t *testing.T) string {
	t.Helper()
	// The first of several has the numbers of these tests.
	binary, _, _ := strings.Cut(os.Getenv("MOONLET_REFERENCE"), string(os.PathListSeparator))
	if binary == "" {
		t.Skip("set MOONLET_REFERENCE to the path of the firmware's luac.cross for Lua 5.3")
	}
	return binary
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
