package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/prompt"
)

// screen is the standard output for what others may have written.
func (a *App) screen() io.Writer {
	if a.Terminal == nil || !a.Terminal.Screen() {
		return a.Out
	}
	return prompt.NewScreen(a.Out)
}

// plain shows what no text of Moonlet's own has, but may come from a guest, a project or a
// path: control characters besides ends of lines and tabs.
func plain(text string) string {
	odd := func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r >= 0x7F && r < 0xA0
	}
	if strings.IndexFunc(text, odd) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if odd(r) || r == utf8.RuneError && n == 1 {
			for i := range n {
				fmt.Fprintf(&b, "\\x%02x", text[i])
			}
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}
