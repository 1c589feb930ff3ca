package firmware

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"moonlet.example/moonlet/internal/lua/editions"
)

// What older applications use: Lua 5.1 (its reference manual, and section 8 of those of 5.2
// and 5.3) and older firmware (docs/modules of the release, and of release 2.2.1).

// gone are functions and modules that were there, by name, with what is there now. Of
// fields only those are here that hardly any application has of its own.
var gone = map[string]string{
	// Lua 5.1.
	"setfenv":  "Lua 5.1 has it; here load takes the environment as its fourth argument, and _ENV is a local variable or upvalue",
	"getfenv":  "Lua 5.1 has it; here _ENV is the environment",
	"module":   "Lua 5.1 has it; here a module returns its table",
	"newproxy": "Lua 5.1 has it; here setmetatable takes __gc",
	"gcinfo":   `Lua 5.1 has it, here it is collectgarbage("count")`,
	"getn":     "Lua 5.0 has it, here it is the operator #",
	"setn":     "Lua 5.0 has it; here tables have no size of their own",
	"foreach":  "Lua 5.1 has it; here it is a loop with pairs",
	"foreachi": "Lua 5.1 has it; here it is a loop with ipairs",
	"gfind":    "Lua 5.0 has it, here it is string.gmatch",
	"maxn":     "Lua 5.1 has it; here there is the operator #",
	"pow":      "Lua 5.1 has it, here it is the operator ^",
	"log10":    "Lua 5.1 has it, here it is math.log(x, 10)",
	// Older firmware.
	"alarm":         "older firmware has tmr.alarm with the number of a timer; since 2019 it is tmr.create():alarm(time, mode, function)",
	"cjson":         "older firmware has it, here it is sjson",
	"u8g":           "older firmware has it, newer one has u8g2",
	"eventMonReg":   "older firmware has it, here it is wifi.eventmon.register",
	"eventMonStart": "older firmware has it; wifi.eventmon.register needs no start",
}

// The patterns are compiled when the first error comes: most processes see none.
var (
	nilValue = lazily(`attempt to (?:call|index) a nil value \((?:global|field|method) '(\w+)'\)`)
	escape   = lazily(`invalid escape sequence near '.*(\\.)'$`)
)

func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// Hint says of an error's message whether an older edition of Lua or an older firmware has
// what the application uses, and what to write instead; "" if it is nothing of the kind.
func Hint(e *editions.Edition, message string) string {
	first, _, _ := strings.Cut(message, "\n")
	if m := nilValue().FindStringSubmatch(first); m != nil {
		if text, ok := gone[m[1]]; ok {
			return fmt.Sprintf("there is no %s in %v of this firmware: %s", m[1], e, text)
		}
		return ""
	}
	if m := escape().FindStringSubmatch(first); m != nil {
		return fmt.Sprintf("%v has no escape %s, which Lua 5.1 takes for the character alone: leave out the backslash, or write \\\\%s for both", e, m[1], m[1][1:])
	}
	switch {
	case strings.Contains(first, "number has no integer representation"):
		return fmt.Sprintf("%v wants a whole number there, where Lua 5.1 cuts off what is behind the point: write x // 1 | 0, or math.floor(x)", e)
	case strings.Contains(first, "bad argument #1 to 'config' (table expected"):
		return "older firmware takes the name and the password of a network as two arguments; here it is a table: wifi.sta.config{ssid = \"…\", pwd = \"…\"}"
	}
	return ""
}
