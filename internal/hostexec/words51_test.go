package hostexec_test

import (
	"regexp"
	"strings"
)

// What the programs that both editions can run have in the words of Lua 5.3.
var (
	loads     = regexp.MustCompile(`\bload\(([^fr]|ret)`) // not of a function or a reader
	divisions = regexp.MustCompile(`\b(\w+) // (\w+)`)
	wholes    = regexp.MustCompile(`\b(\d+)\.\d+`)
	words     = strings.NewReplacer("table.unpack", "unpack", "i & 7 ", "i % 8 ", "i & 15 ", "i % 16 ", "1 << N", "2 ^ N")
)

// words51 says a program in the words of Lua 5.1, with integers for numbers or without.
func words51(code string, integral bool) string {
	code = loads.ReplaceAllString(code, "loadstring($1")
	code = divisions.ReplaceAllString(code, "(($1 - $1 % $2) / $2)")
	if integral {
		code = wholes.ReplaceAllString(code, "$1")
	}
	return words.Replace(code)
}
