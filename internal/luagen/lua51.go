package luagen

import (
	"regexp"
	"strings"
)

// prelude51 is what runnable programs need besides of the library of 5.3. What they do not get they fail to call.
const prelude51 = `local rawlen = function(t) return #t end
local load = function(s, name) if type(s) == "function" then return assert end return loadstring(s, name) end
local table = setmetatable({unpack = unpack,
  pack = function(...) return {n = select("#", ...), ...} end,
  move = function(a, f, e, t) for i = 0, e - f do a[t + i] = a[f + i] end return a end}, {__index = table})
local math = setmetatable({maxinteger = 2147483646, mininteger = -2147483647, pi = 3, huge = 2147483646,
  type = function() return "number" end, ult = function(a, b) return a < b end,
  tointeger = function(n) return tonumber(n) end, fmod = function(a, b) return a % b end,
  modf = function(a) return a, 0 end}, {__index = math})
local string = setmetatable({pack = function(f) return f end, packsize = function(f) return #f end,
  unpack = function(_, s) return #s, 2, 3 end}, {__index = string})
local utf8 = {char = string.char, len = string.len, codepoint = string.byte, codes = pairs, charpattern = "."}
local function g() print("goto") end
`

// floatFormat finds the items of string.format that a build with integers refuses.
var floatFormat = regexp.MustCompile(`(%[-+#0-9.]*)[eEfgG]`)

// runnable51 is a runnable program.
func runnable51(seed uint64, size int, integer bool) string {
	s := to51(runnable(seed, size, true), integer)
	if integer {
		s = floatFormat.ReplaceAllString(s, "${1}d")
	}
	return prelude51 + s
}

// to51 makes a program of Lua 5.3 one of Lua 5.1, by its tokens: operators that 5.1 lacks become others, jumps
// become calls and labels nothing, and what 5.1 does not allow where it stands is put elsewhere. With integer no
// numeral has a fraction or an exponent.
func to51(program string, integer bool) string {
	t := &translator{in: program, integer: integer, out: &strings.Builder{}}
	for t.in != "" {
		if n := t.layout(); n > 0 {
			gap := t.take(n)
			if t.in != "" && t.in[0] == '(' {
				gap = " " // a call that begins in another line is an error in 5.1
			}
			t.out.WriteString(gap)
			continue
		}
		t.token()
	}
	return t.out.String()
}

// layout is how many bytes of blanks, ends of lines and comments come next. It makes comments ones of 5.1.
func (t *translator) layout() int {
	before, rest := t.out, t.in
	t.out = &strings.Builder{}
	for t.in != "" {
		if strings.HasPrefix(t.in, "--") {
			t.comment()
		} else if strings.IndexByte(" \t\r\n\v\f", t.in[0]) >= 0 {
			t.out.WriteString(t.take(1))
		} else {
			break
		}
	}
	gap := t.out.String()
	if t.out = before; gap == "" {
		t.in = rest
		return 0
	}
	t.in = gap + t.in
	return len(gap)
}

type translator struct {
	in      string
	out     *strings.Builder
	integer bool
	open    []string // blocks and constructors that are open
}

// operators are those that 5.1 lacks, and what stands for them.
var operators = map[string]string{"//": "/", "<<": "*", ">>": "%", "&": "+", "|": "-", "~": "-"}

// take takes n bytes.
func (t *translator) take(n int) string {
	s := t.in[:n]
	t.in = t.in[n:]
	return s
}

func (t *translator) token() {
	c := t.in[0]
	switch {
	case c == '[' && longLevel(t.in) >= 0:
		t.long()
	case c == '"' || c == '\'':
		t.quoted(c)
	case c >= '0' && c <= '9', c == '.' && len(t.in) > 1 && t.in[1] >= '0' && t.in[1] <= '9':
		t.numeral()
	case isName(c):
		n := 0
		for n < len(t.in) && isName(t.in[n]) {
			n++
		}
		t.word(t.take(n))
	case strings.HasPrefix(t.in, "::"):
		end := strings.Index(t.in[2:], "::")
		t.take(2 + end + 2)
		t.out.WriteByte(' ')
	default:
		t.symbol()
	}
}

// longLevel is the level of the long bracket that s begins with, -1 if it does not.
func longLevel(s string) int {
	rest := strings.TrimLeft(s[1:], "=")
	if !strings.HasPrefix(rest, "[") {
		return -1
	}
	return len(s) - 1 - len(rest)
}

// long copies a long bracket. In one without level there must be no other beginning.
func (t *translator) long() {
	level := longLevel(t.in)
	closer := "]" + strings.Repeat("=", level) + "]"
	n := strings.Index(t.in[level+2:], closer) + level + 2
	head, body := t.take(level+2), t.take(n-level-2)
	if level == 0 {
		body = strings.ReplaceAll(body, "[[", "[ [")
	}
	t.out.WriteString(head + body + t.take(level+2))
}

func (t *translator) comment() {
	t.out.WriteString(t.take(2))
	if t.in != "" && t.in[0] == '[' && longLevel(t.in) >= 0 {
		t.long()
		return
	}
	n := strings.IndexAny(t.in, "\r\n")
	if n < 0 {
		n = len(t.in)
	}
	t.out.WriteString(t.take(n))
}

// quoted copies a string, without what \z skips in 5.3.
func (t *translator) quoted(quote byte) {
	t.out.WriteString(t.take(1))
	for t.in[0] != quote {
		n := 1
		if t.in[0] == '\\' {
			if n = 2; t.in[1] == 'z' {
				t.in = strings.TrimLeft(t.in[2:], " \t\r\n\v\f")
				continue
			}
			if t.in[1] == '\r' || t.in[1] == '\n' { // two of them are one end of a line
				if len(t.in) > 2 && t.in[1] != t.in[2] && (t.in[2] == '\r' || t.in[2] == '\n') {
					n = 3
				}
			}
		}
		t.out.WriteString(t.take(n))
	}
	t.out.WriteString(t.take(1))
}

func (t *translator) numeral() {
	n, hex := 0, strings.HasPrefix(t.in, "0x") || strings.HasPrefix(t.in, "0X")
	exponents := "eE"
	if hex {
		n, exponents = 2, "pP"
	}
	for n < len(t.in) && (isName(t.in[n]) || t.in[n] == '.') {
		if n++; strings.IndexByte(exponents, t.in[n-1]) >= 0 && n < len(t.in) && (t.in[n] == '+' || t.in[n] == '-') {
			n++
		}
	}
	s := t.take(n)
	if hex {
		if i := strings.IndexAny(s, ".pP"); i >= 0 {
			s = s[:i]
		}
		if len(s) == 2 {
			s += "7"
		}
	} else if t.integer {
		if i := strings.IndexAny(s, ".eE"); i >= 0 {
			s = s[:i]
		}
		if s == "" {
			s = "3"
		}
	}
	if s == "1e15" {
		s = "1e9" // where integers are converted to, a host has other sizes than the chip
	}
	if t.integer && t.out.Len()%16 != 0 { // nearly always: the largest and the smallest one cannot be written
		switch s {
		case "2147483647", "2147483648", "0x7fffffff", "0x80000000", "9223372036854775808":
			s = "2147483646"
		}
	}
	t.out.WriteString(s)
}

func (t *translator) word(s string) {
	switch s {
	case "goto":
		t.in = strings.TrimLeft(t.in, " \t\r\n\v\f")
		n := 0
		for n < len(t.in) && isName(t.in[n]) {
			n++
		}
		s = "g{" + t.take(n) + "}"
	case "break":
		s = "do break end"
	case "function", "do", "if", "repeat":
		t.open = append(t.open, s)
	case "end", "until":
		t.open = t.open[:max(len(t.open)-1, 0)]
	}
	t.out.WriteString(s)
}

func (t *translator) symbol() {
	for _, op := range []string{"//", "<<", ">>"} {
		if strings.HasPrefix(t.in, op) {
			t.take(2)
			t.out.WriteString(operators[op])
			return
		}
	}
	for _, keep := range []string{"==", "~=", "<=", ">=", "...", ".."} {
		if strings.HasPrefix(t.in, keep) {
			t.out.WriteString(t.take(len(keep)))
			return
		}
	}
	s := t.take(1)
	switch s {
	case "{":
		t.open = append(t.open, s)
	case "}":
		t.open = t.open[:max(len(t.open)-1, 0)]
	case ";":
		if len(t.open) == 0 || t.open[len(t.open)-1] != "{" {
			s = " do end " // there is no empty statement, and what follows may begin with a parenthesis
			if t.afterReturn() {
				s = " "
			}
		}
	case "&", "|", "~":
		s = operators[s]
		if strings.HasSuffix(t.out.String()[max(t.out.Len()-1, 0):], "-") {
			s = " " + s // two would begin a comment
		}
	}
	if s == "-" && t.out.Len() > 0 && strings.HasSuffix(t.out.String()[t.out.Len()-1:], "-") {
		s = " -"
	}
	t.out.WriteString(s)
}

// afterReturn tells whether the statement that ends here is a return, behind which nothing may stand.
func (t *translator) afterReturn() bool {
	rest := strings.TrimLeft(t.in, " \t\r\n\v\f;")
	for _, end := range []string{"end", "else", "elseif", "until"} {
		if strings.HasPrefix(rest, end) && (len(rest) == len(end) || !isName(rest[len(end)])) {
			return true
		}
	}
	return rest == ""
}
