package firmware

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"moonlet.example/moonlet/internal/lua/editions"
)

// The patterns are compiled when the first error comes: most processes see none.
var (
	nilValue   = lazily(`attempt to (call|index|get length of) a nil value \((global|field|method) '(\w+)'\)`)
	nilValue51 = lazily(`attempt to (call|index|get length of) (global|field|method) '(\w+)' \(a nil value\)`)
	escape     = lazily(`invalid escape sequence near '.*(\\.)'$`)
)

func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// FactOf finds what a module tells of by its form.
func FactOf(form string) (f *Fact, ok bool) {
	for i := range facts {
		if facts[i].Form == form {
			return &facts[i], true
		}
	}
	return nil, false
}

// Last is the last part of the fact's name.
func (f *Fact) Last() string { return f.Name[strings.LastIndexAny(f.Name, ".:")+1:] }

// Text says what is old and what there is instead.
func (f *Fact) Text() string {
	what := f.Form
	if what == "" {
		what = f.Name
	}
	switch {
	case f.Lua != "":
		return fmt.Sprintf("Lua %s has %s; here it is %s", f.Lua, what, f.Now)
	case f.Sense != "":
		return fmt.Sprintf("older firmware has %s; since %s %s %s. Now it is %s%s", what, f.Gone, f.Name, f.Sense, f.Now, f.classic())
	}
	return fmt.Sprintf("older firmware has %s, until %s; now it is %s%s", what, f.Gone, f.Now, f.classic())
}

// classic says that a build with the classic interface has it, if so.
func (f *Fact) classic() string {
	if f.Classic {
		return "; --firmware classic has it as it was"
	}
	return ""
}

// common finds what older firmware has by a name that an application may have as well, if there
// is one such thing only.
func common(name string) (found *Fact) {
	for i := range facts {
		f := &facts[i]
		if f.Plain || f.Lua != "" || f.Sense != "" || !strings.Contains(f.Name, ".") || f.Last() != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = f
	}
	return found
}

// Hint says of an error's message whether an older edition of Lua or an older firmware has
// what the application uses, and what to write instead; "" if it is nothing of the kind.
func Hint(e *editions.Edition, message string) string {
	first, _, _ := strings.Cut(message, "\n")
	pattern := nilValue
	if e.Lua51 {
		pattern = nilValue51
	}
	if m := pattern().FindStringSubmatch(first); m != nil {
		return lacking(e, m[1], m[2], m[3])
	}
	if e.Lua51 {
		return configHint(first)
	}
	if m := escape().FindStringSubmatch(first); m != nil {
		return EscapeHint(e, m[1])
	}
	if strings.Contains(first, "number has no integer representation") {
		return fmt.Sprintf("%v wants a whole number there, where Lua 5.1 cuts off what is behind the point: write x // 1 | 0, or math.floor(x)", e)
	}
	return configHint(first)
}

// lacking is the hint about a variable that is nil: how it was used, what kind it is, its name. In Lua 5.1 older
// editions are none: what is not there was left out of the firmware.
func lacking(e *editions.Edition, use, kind, name string) string {
	for i := range facts {
		if f := &facts[i]; f.Plain && f.Sense == "" && f.Last() == name && (f.Lua == "" || !e.Lua51) {
			return fmt.Sprintf("there is no %s in %v of this firmware: %s", name, e, f.Text())
		}
	}
	if f := common(name); f != nil && use == "call" && kind == "field" {
		return fmt.Sprintf("if that is %s: %s", f.Name, f.Text())
	}
	return ""
}

// configHint is about wifi.sta.config with a name and a password (wifi_station_config).
func configHint(message string) string {
	if !strings.Contains(message, "bad argument #1 to 'config' (config table not found!)") {
		return ""
	}
	f, _ := FactOf("wifi.sta.config(ssid, pwd)")
	return f.Text()
}

// EscapeHint says what to write for an escape that only Lua 5.1 takes, such as \-.
func EscapeHint(e *editions.Edition, escape string) string {
	return fmt.Sprintf("%v has no escape %s, which Lua 5.1 takes for the character alone: leave out the backslash, or write \\\\%s for both", e, escape, escape[1:])
}
