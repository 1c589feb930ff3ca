package lualib_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/resources"
	"moonlet.example/moonlet/moonlettest"
)

// content is a text of some length in which all bytes are.
func content(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/256*13 + i/5)
	}
	return string(b)
}

// withResources is a module whose store has files as resources.
func withResources(t *testing.T, p place, files map[string]string, script string) *moonlettest.Module {
	t.Helper()
	var list []resources.File
	for name, text := range files {
		list = append(list, resources.File{Name: name, Data: []byte(text)})
	}
	data, err := resources.Source(list)
	if err != nil {
		t.Fatal(err)
	}
	c := moonlet.Config{Lua: p.edition, StoreBytes: 256 << 10, StoreFiles: map[string]string{"resources_data.lua": string(data)}, Files: map[string]string{"prelude.lua": prelude}}
	if p.store {
		c.StoreFiles["resources.lua"] = source(t, "resources")
	} else {
		c.Files["resources.lua"] = source(t, "resources")
	}
	c.Files["init.lua"] = "dofile 'prelude.lua'\n"
	for i, part := range strings.Split(script, "\n--- next\n") {
		name := fmt.Sprintf("part%d.lua", i)
		c.Files[name] = part
		c.Files["init.lua"] += "dofile '" + name + "' heap() tmr.wdclr()\n"
	}
	return moonlettest.New(t, c)
}

const resourcesScript = `
local resources = require "resources"
-- sum is what the test computes as well.
local function sum(text, a, b)
  for i = 1, #text do
    a = (a + text:byte(i)) % 32749
    b = (b + a) % 32749
  end
  return a, b
end
local names = {}
for name, size in pairs(resources.list()) do names[#names + 1] = name check("size of " .. name, resources.size(name), size) end
table.sort(names)
for _, name in ipairs(names) do
  collectgarbage() collectgarbage()
  local a, b, n, before, least = 1, 0, 0, node.heap(), 1000000
  for piece in resources.pieces(name) do
    a, b = sum(piece, a, b)
    n = n + #piece
    local free = node.heap()
    if free < least then least = free end
    tmr.wdclr()
  end
  check("bytes of " .. name, n, resources.size(name))
  print("sum " .. name .. " " .. a .. " " .. b)
  if before - least > 1000 then check("heap while reading " .. name, before - least, "not so much") end
end
--- next
local resources = require "resources"
local f = resources.open("4000")
local whole = resources.getcontents("4000")
check("whole", #whole, 4000)
local places = { 0, 1, 1023, 1024, 1025, 2047, 2048, 3071, 3072, 3999, 4000 }
for _, at in ipairs(places) do
  for _, n in ipairs { 1, 2, 1000, 1023, 1024, 1025, 2049, 5000 } do
    check("seek", f:seek("set", at), at)
    local text = f:read(n)
    local want = whole:sub(at + 1, at + n)
    if at == 4000 then want = nil end
    if text ~= want then check("read " .. n .. " at " .. at, text and #text, want and #want) end
    check("then at", f:seek(), at + #(text or ""))
    text, want = nil, nil
    collectgarbage() tmr.wdclr()
  end
end
whole = nil
f:seek("set", 100)
check("without a number", #f:read(), 924)
check("the next", #f:read(), 1024)
check("from the end", f:seek("end", -10), 3990)
check("cur", f:seek("cur", 5), 3995)
check("the rest", #f:read(), 5)
check("nothing", f:read(), nil)
check("nothing", f:read(5), nil)
check("nothing", f:readline(), nil)
check("too far", f:seek("end", 1), nil)
check("too far back", f:seek("set", -1), nil)
check("stays", f:seek(), 4000)
raises("whence", 'resources: seek from "set", "cur" or "end"', f.seek, f, "middle")
raises("read 0", "resources: what is to be read is neither a number nor a character", f.read, f, 0)
raises("read text", "neither a number nor a character", f.read, f, "ab")
raises("read table", "neither a number nor a character", f.read, f, {})
f:close()
f:close()
raises("closed", "resources: it is closed", f.read, f)
raises("closed", "resources: it is closed", f.seek, f)
--- next
local resources = require "resources"
-- Lines.
local f, lines = resources.open("lines"), {}
for line in function() return f:readline() end do lines[#lines + 1] = #line end
check("lines", table.concat(lines, " "), "6 1 2001 4")
f:seek("set", 0)
check("up to a character", f:read("r"), "fir")
check("and the next", f:read("t"), "st")
check("a character that is not there", #f:read("\1"), 2007)
-- What there is.
check("exists", resources.exists("lines"), true)
check("a name with spaces", resources.getcontents("a \"b\""), "x")
check("empty", resources.getcontents("0"), "")
check("empty is there", resources.exists("0"), true)
check("nothing in it", resources.open("0"):read(), nil)
check("no piece", resources.pieces("0")(), nil)
for _, name in ipairs { "missing", "", "LINES", "lines\n", 1, true, {} } do
  check("no " .. tostring(name), resources.open(name), nil)
  check("no " .. tostring(name), resources.exists(name), false)
  check("no " .. tostring(name), resources.size(name), nil)
  check("no " .. tostring(name), resources.getcontents(name), nil)
end
check("no name", resources.exists(nil), false)
raises("pieces", "resources: there is no missing", resources.pieces, "missing")
for _, name in ipairs { "word1", "word2", "word3" } do print("word " .. resources.getcontents(name)) end
resources.data = "other"
raises("no data", "resources: the store has no module other", resources.open, "lines")
resources.data = "resources_data"
-- What a piece takes: nothing.
local function pieces(make)
  local kept, free = {}, heap()
  make(kept)
  free = free - heap()
  return free, #kept
end
local free, n = pieces(function(kept) for piece in resources.pieces("5000") do kept[#kept + 1] = piece end end)
check("5 pieces", n, 5)
if free > 300 then check("RAM of five pieces", free, "less") end
print "finished"
`

// TestResources reads all kinds of files, of all lengths in which something changes.
func TestResources(t *testing.T) {
	files := map[string]string{"lines": "first\n\n" + strings.Repeat("x", 2000) + "\nlast", `a "b"`: "x", "word1": "userdata", "word2": "thread", "word3": "proto", "digits": "\x001\x0022\n3"}
	for _, n := range []int{0, 1, 2, 255, 256, 1023, 1024, 1025, 2048, 4000, 5000, 70_000} {
		files[fmt.Sprint(n)] = content(n)
	}
	everywhere(t, func(t *testing.T, p place) {
		m := withResources(t, p, files, resourcesScript)
		m.Expect("finished")
		out := strings.ReplaceAll(m.Output(), "\r\n", "\n")
		wrong(t, out, 1)
		for name, text := range files {
			a, b := 1, 0
			for _, c := range []byte(text) {
				a = (a + int(c)) % 32749
				b = (b + a) % 32749
			}
			if want := fmt.Sprintf("sum %s %d %d\n", name, a, b); !strings.Contains(out, want) {
				t.Errorf("no line %q", want)
			}
		}
		for _, word := range []string{"userdata", "thread", "proto"} {
			if !strings.Contains(out, "word "+word+"\n") {
				t.Errorf("the word %s is another one", word)
			}
		}
	})
}
