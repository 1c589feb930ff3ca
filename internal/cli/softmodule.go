package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/lua/editions"
	lualib "moonlet.example/moonlet/lib/lua"
)

const softmoduleHelp = `Cuts the functions of a module out of its source, into files MODULE_FUNCTION.lc for the
library's modules softmodule and overlay: what softmodule.dumpfunction does on the module,
quicker, and without its RAM. The source is loaded in a module of that edition of Lua, with
all modules of the firmware, and the files have the same bytes.

It tells which functions cannot be cut out, and why. docs/library.md explains it.

Exit codes: 0 all were cut out, 6 some were not, 2 the source cannot be loaded.`

// softOptions are the flags of softmodule.
type softOptions struct {
	lua, output string
	only        []string
}

func (a *App) softmoduleCommand() *cobra.Command {
	var o softOptions
	c := &cobra.Command{
		Use:   "softmodule FILE...",
		Short: "cut the functions of a Lua module into files of their own",
		Long:  softmoduleHelp,
		Example: `  moonlet softmodule menu.lua
  moonlet softmodule menu.lua -o flash/ --only show,help
  moonlet softmodule menu.lua --lua 5.1`,
		Args: needArg(0, "the name of a Lua file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := editions.Find(o.lua); err != nil {
				return fail(ExitUsage, fmt.Errorf("--lua: %w", err))
			}
			return a.softmodule(args, o)
		},
	}
	c.Flags().StringVar(&o.lua, "lua", editions.Default().Name, "the edition of Lua: 5.3, 5.1 (floats) or 5.1-int (integers)")
	c.Flags().StringVarP(&o.output, "output", "o", "", "the `directory` of the files; that of the source if there is none")
	c.Flags().StringSliceVar(&o.only, "only", nil, "the `functions` to cut out; all if there are none")
	offer(c, "lua", editionNames())
	return c
}

// softHeapBytes is what the module has for the source, the library and a function at a time: the most there can be.
const softHeapBytes = 59_920

// cutting runs in the module.
const cutting = `
node.egc.setmode(node.egc.ON_MEM_LIMIT + node.egc.ON_ALLOC_FAILURE, -6144)
package.loaders[3] = function(name) return node.LFS.get(name) end
local soft = require "softmodule"
local name = %q
local ok, m = pcall(require, name)
if not ok or type(m) ~= "table" then return print("FAILS", ok and name .. " returns no table" or (tostring(m):gsub("%%s+", " "))) end
local wanted = { %s }
if #wanted == 0 then wanted = soft.getModuleFunctions(m) end
for _, f in ipairs(wanted) do
  collectgarbage()
  tmr.wdclr()
  local ok, file_or_why = pcall(soft.dumpfunction, name, f)
  print(ok and "FILE" or "REFUSED", (tostring(file_or_why):gsub("%%s+", " ")))
end
print("DONE")
`

// cut is what came of a source.
type cut struct {
	files   []newFile
	refused []string
}

func (a *App) softmodule(args []string, o softOptions) error {
	refused := 0
	for _, name := range args {
		source, err := readInput(a.Files, name)
		if err != nil {
			return err
		}
		c, err := cutOut(strings.TrimSuffix(filepath.Base(name), ".lua"), string(source), o)
		if err != nil {
			return fail(ExitUsage, fmt.Errorf("%s: %w", name, err))
		}
		dir := o.output
		if dir == "" {
			dir = filepath.Dir(name)
		}
		if err := a.writeNew(dir, c.files); err != nil {
			return err
		}
		refused += len(c.refused)
		if err := a.writeText(func(w io.Writer) {
			for _, f := range c.files {
				fmt.Fprintf(w, "%s: %d bytes\n", filepath.Join(dir, f.name), len(f.text))
			}
			for _, why := range c.refused {
				fmt.Fprintf(w, "not cut out: %s\n", why)
			}
		}); err != nil {
			return err
		}
	}
	if refused > 0 {
		return &failure{code: ExitFindings, err: errors.New("some functions were not cut out"), told: true}
	}
	return nil
}

// cutOut cuts the functions of a module out of its source.
func cutOut(name, source string, o softOptions) (*cut, error) {
	library, err := lualib.Files.ReadFile("softmodule.lua")
	if err != nil {
		return nil, err
	}
	var wanted []string
	for _, f := range o.only {
		wanted = append(wanted, fmt.Sprintf("%q", f))
	}
	if strings.ContainsFunc(name+strings.Join(o.only, ""), func(r rune) bool { return r < ' ' || r > '~' || r == '\\' || r == '"' }) {
		return nil, errors.New("a name has characters that no name of a module has")
	}
	m, err := moonlet.New(moonlet.Config{Lua: o.lua, Time: moonlet.Virtual, HeapBytes: softHeapBytes, StoreBytes: 64 << 10,
		StoreFiles: map[string]string{"softmodule.lua": string(library)},
		Files:      map[string]string{"init.lua": fmt.Sprintf(cutting, name, strings.Join(wanted, ", ")), name + ".lua": source}})
	if err != nil {
		return nil, err
	}
	c, err := cutIn(m, name)
	return c, errors.Join(err, m.Close())
}

// cutMost is the virtual time that cutting may take: source that waits or never ends is not for it.
const cutMost = 10 * time.Minute

// cutIn lets the module cut, and reads what it prints and the files. What the source itself may print does no harm:
// names are those of files beside each other.
func cutIn(m *moonlet.Module, name string) (*cut, error) {
	err := m.RunUntil(func(*moonlet.Bench) bool {
		out := m.Output()
		return strings.Contains(out, "\nDONE\r\n") || strings.Contains(out, "\nFAILS\t") || strings.Count(out, "NodeMCU ") > 1
	}, cutMost)
	c := &cut{}
	for line := range strings.Lines(m.Output()) {
		word, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		switch word {
		case "FILE":
			if !strings.HasPrefix(rest, name+"_") || !strings.HasSuffix(rest, ".lc") || strings.ContainsAny(rest, `/\:`) {
				return nil, fmt.Errorf("%q is no name of a function's file", rest)
			}
			data, err := m.ReadFile(rest)
			if err != nil {
				return nil, err
			}
			c.files = append(c.files, newFile{rest, string(data)})
		case "REFUSED":
			c.refused = append(c.refused, strings.TrimPrefix(rest, "softmodule: "))
		case "FAILS":
			return nil, errors.New(rest)
		case "DONE":
			slices.SortFunc(c.files, func(a, b newFile) int { return strings.Compare(a.name, b.name) })
			return c, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("the module does not get to its end:\n%s", m.LastLines(6)), err)
}
