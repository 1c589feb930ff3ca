package moonlet_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// A line may end in CR LF, LF or CR, also where it gives the receiver to a callback, as those
// of programs do that upload files: at the speed of the line, the end is no data.
func TestType_LineEndsAreNoData(t *testing.T) {
	for _, end := range []string{"\r\n", "\n", "\r", "\n\r"} {
		m, err := moonlet.New(app(`function show(d) if d == "bye" then uart.on "data" else print("<" .. d .. ">") end end`))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.RunFor(time.Second); err != nil {
			t.Fatal(err)
		}
		for range 3 { // lines behind others take other ways through the memory
			m.Skip()
			for _, text := range []string{"x = 1" + end, `uart.on("data", 3, show, 0)` + end, "abcdef"} {
				if _, err := m.Type([]byte(text)); err != nil {
					t.Fatal(err)
				}
				if err := m.RunFor(500 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
			}
			if got := m.Unread(); !strings.HasSuffix(got, "<abc>\r\n<def>\r\n") {
				t.Errorf("with %q: %q", end, got)
			}
			if _, err := m.Type([]byte("bye")); err != nil {
				t.Fatal(err)
			}
			if err := m.RunFor(100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		m.Close()
	}
}
