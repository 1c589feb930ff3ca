package console_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/console"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
)

// TestWatch holds that a watcher who takes away what it was told of finds the output alone,
// and that it hears of each byte once.
func TestWatch(t *testing.T) { moduletest.Editions(t, testWatch) }

func testWatch(t *testing.T) {
	b := newBoard(t)
	var told []string
	b.watch = console.Watch{
		Typed:    func(c byte, echo int) { told = append(told, fmt.Sprintf("%q %d", c, echo)) },
		Prompt:   func(text string) { told = append(told, text) },
		Receiver: func(r port.Receiver) { told = append(told, fmt.Sprint(r.Lines, r.Length)) },
	}
	b.start()
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() {}, "true 0|> "},
		{func() { b.typed("x\b\b\r\n") }, `'x' 1|'\b' 3|'\b' -1|'\r' 2|> |'\n' -1`},
		{func() { b.typed("(\n") }, `'(' 1|'\n' 2|>> `},
		{func() { b.typed(")\n"); told = told[2:] }, "> "},
		{func() { b.console.SetEcho(false); b.typed(";\n") }, `';' 0|'\n' 0|> `},
		{func() { b.console.SetReceiver(port.Receiver{F: func([]byte) {}, Length: 2}); b.typed("\n") }, `false 2|'\n' 0`},
	} {
		c.do()
		if got := strings.Join(told, "|"); got != c.want {
			t.Errorf("told %s, want %s", got, c.want)
		}
		told = nil
	}
}
