package lualib_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
)

// runHost runs a program without a module, with a file of the library in the local variable M, and returns what it
// prints.
func runHost(t testing.TB, edition hostexec.Edition, library, program string) string {
	t.Helper()
	text, err := os.ReadFile(library + ".lua")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s, err := hostexec.New(hostexec.Config{Lua: edition, Model: num.Int32Float32, HeapBytes: 64 << 20, Output: &out, Errors: io.Discard,
		Random: new(stdlib.GlibcRand), System: &hostos.System{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.RunString("local M = (function() "+string(text)+" end)() "+program, "=program"); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// luaString is a string of Lua.
func luaString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		fmt.Fprintf(&b, "\\%03d", s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// readScript reads a document in pieces of a size and prints the whole value, or why there is none.
const readScript = `
local function dump(v)
  if type(v) ~= "table" then
    return type(v) == "string" and "s" .. v:gsub(".", function(c) return ("%02x"):format(c:byte()) end):gsub("\n", "0a") or type(v) == "number" and "n" .. tostring(v) or tostring(v)
  end
  local keys, parts = {}, {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return (type(a) == "number" and ("%06d"):format(a) or dump(a)) < (type(b) == "number" and ("%06d"):format(b) or dump(b)) end)
  for i, k in ipairs(keys) do parts[i] = (type(k) == "number" and ("%d"):format(k) or dump(k)) .. "=" .. dump(v[k]) end
  return "{" .. table.concat(parts, ",") .. "}"
end
local function read(doc, size)
  local got = "nothing"
  local r = M.reader({}, function(v) got = dump(v) end, { null = "\1null", most = 100000, depth = 100 })
  local ok, why = true
  for i = 1, #doc, size do
    ok, why = r:write(doc:sub(i, i + size - 1))
    if not ok then break end
  end
  if ok then ok, why = r:finish() end
  return ok and got or "ERROR " .. why
end
`

// dump is what the script prints of a value of encoding/json.
func dump(v any) string {
	switch v := v.(type) {
	case nil:
		return "s" + fmt.Sprintf("%x", "\x01null")
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return "n" + v.String()
	case string:
		return "s" + fmt.Sprintf("%x", v)
	case []any:
		var parts []string
		for i, x := range v {
			parts = append(parts, fmt.Sprintf("%d=%s", i+1, dump(x)))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, dump(k)+"="+dump(v[k]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return "?"
}

// sameDump compares two dumps, in which numbers may be written in other ways.
func sameDump(a, b string) bool {
	cut := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("{},=", r) })
	}
	x, y := cut(a), cut(b)
	if len(x) != len(y) || strings.Count(a, "{") != strings.Count(b, "{") {
		return false
	}
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		f, err := strconv.ParseFloat(strings.TrimPrefix(x[i], "n"), 64)
		g, err2 := strconv.ParseFloat(strings.TrimPrefix(y[i], "n"), 64)
		if x[i][0] != 'n' || y[i][0] != 'n' || err != nil || err2 != nil || f != g && (f-g)/max(f, g, -f, -g) > 1e-6 {
			return false
		}
	}
	return true
}

// decode is the value of a text as encoding/json reads it.
func decode(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something is behind it")
	}
	return v, nil
}

// randomJSON writes a document.
func randomJSON(r *rand.Rand, b *strings.Builder, depth int) {
	space := func() { b.WriteString([]string{"", "", "", " ", "\n\t"}[r.IntN(5)]) }
	space()
	switch k := r.IntN(9); {
	case k < 2 && depth > 0:
		b.WriteByte('[')
		for i := range r.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			randomJSON(r, b, depth-1)
		}
		space()
		b.WriteByte(']')
	case k < 4 && depth > 0:
		b.WriteByte('{')
		for i := range r.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			fmt.Fprintf(b, "%q:", fmt.Sprintf("k%d", i))
			randomJSON(r, b, depth-1)
		}
		space()
		b.WriteByte('}')
	case k < 6:
		b.WriteString([]string{"0", "-1", "12", "2147483", "-0", "100"}[r.IntN(6)])
	case k < 7:
		b.WriteString([]string{"true", "false", "null"}[r.IntN(3)])
	default:
		b.WriteString([]string{`""`, `"a b"`, `"\n\"\\\/\b\f\r\t"`, `"é€😀"`, `"\u00e9\u20AC\ud83d\ude00"`, `"\ud800x"`, `"\udc00\ud800"`, `"\u0000"`, "\"\x7f\""}[r.IntN(9)])
	}
	space()
}

// damaged changes a byte of a text, takes one out, or puts one in.
func damaged(r *rand.Rand, text string) string {
	if text == "" {
		return "x"
	}
	i, c := r.IntN(len(text)), string([]byte{`{}[]":,\0e.-tx 1`[r.IntN(16)]})
	switch r.IntN(3) {
	case 0:
		return text[:i] + c + text[i+1:]
	case 1:
		return text[:i] + text[i+1:]
	}
	return text[:i] + c + text[i:]
}

// TestJSONReader compares the reader with encoding/json: documents and damaged ones, in pieces of several sizes.
func TestJSONReader(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	var docs []string
	for len(docs) < 400 {
		var b strings.Builder
		randomJSON(r, &b, 4)
		if d := damaged(r, b.String()); utf8.ValidString(d) { // Go replaces what is no UTF-8
			docs = append(docs, b.String(), d)
		}
	}
	docs = append(docs, "01", "1.", "-", "1e", "1e+", "1.5", "-0.25e2", "1E2", ".5", "+1", "tru", "nul", "", " ", `"\x"`, `"\u12g4"`, "\"\n\"", `"`, `{"a":1,}`, "[1,]", "[,1]", `{"a"}`, `{1:2}`, "[1 2]", "1 2", "[}", "{]")
	var program strings.Builder
	program.WriteString(readScript)
	for _, doc := range docs {
		fmt.Fprintf(&program, "print(read(%s, 1)) print(read(%[1]s, 7)) print(read(%[1]s, 100000))\n", luaString(doc))
	}
	for name, edition := range map[string]hostexec.Edition{"5.3": hostexec.Lua53, "5.1": hostexec.Lua51, "5.1-int": hostexec.Lua51Int} {
		lines := strings.Split(runHost(t, edition, "jsonstream", program.String()), "\n")
		refused := 0
		for i, doc := range docs {
			want, err := decode(doc)
			for k := range 3 {
				got := lines[3*i+k]
				switch {
				case err != nil && strings.HasPrefix(got, "ERROR"):
					refused++
				case err == nil && sameDump(got, dump(want)):
				case edition == hostexec.Lua51Int && strings.ContainsAny(doc, ".eE"): // a number as text, or none
				default:
					t.Errorf("Lua %s: %q gives %s, and Go %s, %v", name, doc, got, dump(want), err)
				}
				if got != lines[3*i] && !strings.HasPrefix(got, "ERROR") {
					t.Errorf("Lua %s: %q gives %s in one way and %s in another", name, doc, lines[3*i], got)
				}
			}
		}
		if refused < 300 {
			t.Errorf("%d are refused", refused)
		}
	}
}

// FuzzJSONReader is the same for any text.
func FuzzJSONReader(f *testing.F) {
	f.Add(`{"a":[1,2.5,"\u00e9"],"b":null}`, 3)
	f.Add(`[[[]],{}]`, 1)
	f.Add(`"\ud83d\ude00"`, 2)
	f.Fuzz(func(t *testing.T, doc string, size int) {
		if size < 1 || size > 1000 || len(doc) > 1000 || !utf8.ValidString(doc) {
			return
		}
		want, err := decode(doc)
		out := runHost(t, hostexec.Lua51, "jsonstream", readScript+fmt.Sprintf("print(read(%s, %d))", luaString(doc), size))
		got := strings.TrimSuffix(out, "\n")
		if (err != nil) != strings.HasPrefix(got, "ERROR") || err == nil && !sameDump(got, dump(want)) {
			t.Errorf("%q in pieces of %d gives %s, and Go %s, %v", doc, size, got, dump(want), err)
		}
	})
}

// TestJSONWriter writes what the reader read, and Go reads it again.
func TestJSONWriter(t *testing.T) {
	const script = readScript + `
local function rewrite(doc, size)
  local value
  local r = M.reader({}, function(v) value = v end, { null = nil })
  assert(r:write(doc)) assert(r:finish())
  local parts, long = {}, 0
  for piece in M.writer(value, size) do
    parts[#parts + 1] = piece
    if #piece > size or #piece == 0 then long = long + 1 end
  end
  return table.concat(parts), long
end
`
	r := rand.New(rand.NewPCG(15, 2))
	var docs []string
	var program strings.Builder
	program.WriteString(script)
	for len(docs) < 200 {
		var b strings.Builder
		b.WriteString(`{"x":`)
		randomJSON(r, &b, 4)
		b.WriteString(`,"y":[1,{"z":"end"}]}`)
		doc := strings.ReplaceAll(b.String(), "null", "true") // in Lua it is nothing
		docs = append(docs, doc)
		fmt.Fprintf(&program, "do local text, long = rewrite(%s, %d) print(text) print(long) end\n", luaString(doc), 1+r.IntN(40))
	}
	for name, edition := range map[string]hostexec.Edition{"5.3": hostexec.Lua53, "5.1": hostexec.Lua51, "5.1-int": hostexec.Lua51Int} {
		lines := strings.Split(runHost(t, edition, "jsonstream", program.String()), "\n")
		for i, doc := range docs {
			want, err := decode(doc)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decode(lines[2*i])
			// Lua has no difference between {} and [].
			if a, b := dump(bare(got)), dump(bare(want)); err != nil || !sameDump(a, b) || lines[2*i+1] != "0" {
				t.Errorf("Lua %s: %s becomes %s, %v: %s and %s, %s pieces are too long", name, doc, lines[2*i], err, a, b, lines[2*i+1])
			}
		}
	}
}

// bare is a value with tables for lists, whose keys are numbers as text.
func bare(v any) any {
	switch v := v.(type) {
	case []any:
		m := map[string]any{}
		for i, x := range v {
			m[fmt.Sprint(i+1)] = bare(x)
		}
		return m
	case map[string]any:
		for k, x := range v {
			v[k] = bare(x)
		}
	}
	return v
}

// TestJSONStream is what a module does with it.
func TestJSONStream(t *testing.T) {
	const script = `
node.egc.setmode(node.egc.ON_MEM_LIMIT, -6144) -- the collection before each allocation that Lua 5.1 starts with takes seconds
local json = require "jsonstream"
local seen = {}
local function see(value, path)
  local p = {}
  for i, k in ipairs(path) do p[i] = tostring(k) end
  seen[#seen + 1] = table.concat(p, "/") .. "=" .. tostring(value)
end
local function all(r, text, size)
  seen = {}
  for i = 1, #text, size do
    local ok, why = r:write(text:sub(i, i + size - 1))
    if not ok then return why end
  end
  local ok, why = r:finish()
  return ok and table.concat(seen, " ") or why
end
local doc = '{"list":[{"dt":1,"t":{"min":2,"max":3}},{"dt":4,"x":[5,{"dt":6}]}],"dt":7,"e":[],"n":null}'
check("filter", all(json.reader({ "list", "*", "dt" }, see), doc, 5), "list/1/dt=1 list/2/dt=4")
check("index", all(json.reader({ "list", 2, "x", 2, "dt" }, see), doc, 5), "list/2/x/2/dt=6")
check("nothing", all(json.reader({ "list", "dt" }, see), doc, 5), "")
check("all", all(json.reader(nil, see), doc, 3), "list/1/dt=1 list/1/t/min=2 list/1/t/max=3 list/2/dt=4 list/2/x/1=5 list/2/x/2/dt=6 dt=7 n=nil")
local max
all(json.reader({ "list", "*", "t" }, function(t) max = t.max end), doc, 1)
check("a table", max, 3)
check("null", all(json.reader({ "n" }, see, { null = false }), doc, 100), "n=false")
check("a scalar", all(json.reader({}, see), '"x"', 1), "=x")
--- next
local json = require "jsonstream"
local function why(r, text)
  local ok, why = r:write(text)
  if ok then ok, why = r:finish() end
  return why
end
local function none() end
check("too early", why(json.reader(nil, none), "[1"), "jsonstream: the text ends too early, at byte 2")
check("out of place", why(json.reader(nil, none), "[1,
]"), "jsonstream: a ] is out of place, at byte 5")
check("behind", why(json.reader(nil, none), "[] 1"), "jsonstream: something is out of place, at byte 4")
check("deep", why(json.reader(nil, none, { depth = 2 }), "[[[]]]"), "jsonstream: there are more than 2 tables in one another, at byte 3")
local long = json.reader(nil, none, { most = 8 })
check("long", select(2, long:write('["123456789')), "jsonstream: a string or number has more than 8 bytes, at byte 2")
check("for good", select(2, long:write(']')), "jsonstream: a string or number has more than 8 bytes, at byte 2")
raises("the caller's error", "mine", function() json.reader(nil, function() error "mine" end):write("[1]") end)
--- next
local json = require "jsonstream"
local function text(...)
  local parts = {}
  for piece in json.writer(...) do parts[#parts + 1] = piece end
  return table.concat(parts), #parts
end
check("list", text({ 1, "two", true, { x = false } }), '[1,"two",true,{"x":false}]')
check("empty", text({}), "{}")
check("empty list", text({ a = json.list {} }), '{"a":[]}')
check("scalar", text("a
"\"), '"a\u000a\"\\"')
check("null", text(nil), "null")
check("pieces", select(2, text({ 1, 2, 3 }, 1)), 7)
local i = 0
check("a function", text(json.list(function() i = i + 1 if i < 4 then return { n = i } end end)), '[{"n":1},{"n":2},{"n":3}]')
local names = { "a", "b" }
check("names", text(json.object(function() local name = table.remove(names, 1) return name, name and 1 end)), '{"a":1,"b":1}')
check("an object that looks like a list", text(json.object { 1 }), '{"1":1}')
raises("a function as a value", "jsonstream: a function cannot be written", text, { print })
raises("deep", "jsonstream: there are more than 2 tables in one another", text, { { { 1 } } }, 100, 2)
local loop = {}
loop[1] = loop
raises("endless", "jsonstream: there are more than 20 tables in one another", text, loop)
if tonumber("0.5") then raises("no number", "is no number of JSON", text, { 1e300 * 1e300 }) end
print "finished"
`
	everywhere(t, func(t *testing.T, p place) {
		if !p.store {
			p.heapBytes = 58 << 10 // source of this length and the script together want more in Lua 5.1 than a board has
		}
		p.run(t, nil, script, "jsonstream")
	})
}
