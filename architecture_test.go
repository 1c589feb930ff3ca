package moonlet_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// modulePath is the import path of the module, which stands in go.mod alone.
func modulePath(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(string(text), "module "), "\n")
	return path
}

// notForTests keeps out what only tests need.
const notForTests = "!internal/port/porttest !internal/module/moduletest !internal/prompt/prompttest !internal/mbedtls/tlstest !internal/heap/heaptest !internal/lua/corpus"

// allowed tells which packages of this module each package may import. A name
// that ends in "/" stands for all packages below; the longest rule for a package
// counts. The list goes from the bottom up.
var allowed = map[string]string{
	"internal/mem":               "",
	"internal/lua/num":           "",
	"internal/lua53/opcode":      "",
	"internal/lua53/tag":         "",
	"internal/lua/record":        "",
	"internal/lua/lineinfo":      "",
	"internal/lua/corpus":        "",
	"internal/lua/compiled":      "internal/lua/num",
	"internal/lua53/layout":      "internal/lua/record",
	"internal/lua53/layout/":     "internal/lua53/layout/common",
	"internal/lua/numconv":       "",
	"internal/lua/libm":          "",
	"internal/lua/source":        "",
	"internal/resources":         "",
	"internal/lua/syntax":        "",
	"internal/lua/scope":         "internal/lua/syntax",
	"internal/lua/cfmt":          "internal/lua/numconv",
	"internal/lua/clib":          "internal/lua/numconv internal/lua/cfmt internal/lua/libm",
	"internal/heap":              "internal/mem",
	"internal/heap/heaptest":     "internal/mem internal/heap",
	"internal/lua/state":         "internal/mem internal/lua/clib",
	"internal/lua/lauxlib":       "internal/mem internal/lua/state",
	"internal/port":              "internal/mem",
	"internal/mbedtls":           "",
	"internal/mbedtls/tlstest":   "",
	"internal/espconn":           "internal/mbedtls internal/mem internal/lua/state internal/port",
	"internal/chip":              "internal/mem internal/heap internal/port",
	"internal/wallclock":         "internal/mem internal/port",
	"internal/pmsleep":           "internal/mem internal/lua/state internal/port",
	"internal/lua53/chunk":       "internal/lua/num internal/lua/lineinfo",
	"internal/lua53/lfs":         "internal/chip internal/lua/compiled internal/lua/num internal/lua53/tag internal/lua53/opcode internal/lua53/layout internal/lua53/chunk",
	"internal/lua51/opcode":      "",
	"internal/lua51/tag":         "",
	"internal/lua51/layout":      "internal/lua/record",
	"internal/lua51/layout/":     "internal/lua51/layout/common",
	"internal/lua51/chunk":       "",
	"internal/lua51/image":       "internal/lua51/chunk internal/lua51/opcode",
	"internal/lua51/lfs":         "internal/lua/compiled internal/lua/lineinfo internal/lua51/chunk internal/lua51/image internal/lua51/layout/",
	"internal/lua51/compile":     "internal/mem internal/lua/source internal/lua/syntax internal/lua51/layout/ internal/lua51/opcode",
	"internal/lua51/front":       "internal/mem internal/heap internal/lua/libm internal/lua/numconv internal/lua/source internal/lua51/chunk internal/lua51/compile internal/lua51/layout/",
	"internal/storage/spiffs":    "",
	"internal/hostfile":          "",
	"internal/spiffsimg":         "internal/storage/spiffs internal/hostfile",
	"internal/storage/flash":     "internal/chip internal/hostfile",
	"internal/lua/rom":           "internal/chip internal/mem internal/lua/num internal/lua53/layout/ internal/lua/state",
	"internal/lua/machine":       "internal/lua/syntax internal/mem internal/lua/num internal/heap internal/lua/state internal/lua/rom internal/lua/clib",
	"internal/lua53/compile":     "internal/lua/syntax internal/mem internal/lua/source internal/lua/state internal/lua53/tag internal/lua53/opcode internal/lua53/layout/ internal/lua53/chunk",
	"internal/lua53/inspect":     "internal/mem internal/lua/lauxlib internal/lua/machine internal/lua/num internal/lua/rom internal/lua/state internal/lua53/chunk internal/lua53/layout/common internal/lua53/opcode internal/lua53/tag",
	"internal/lua53/vm":          "internal/lua/syntax internal/mem internal/lua/lauxlib internal/lua/num internal/lua53/tag internal/lua/source internal/lua53/compile internal/lua53/inspect internal/lua53/opcode internal/lua53/layout/ internal/lua/numconv internal/lua/cfmt internal/lua/libm internal/lua53/chunk internal/lua53/lfs internal/heap internal/lua/state internal/lua/rom internal/lua/machine internal/lua/clib",
	"internal/lua53/vm/":         "internal/lua/syntax internal/mem internal/lua/lauxlib internal/lua/num internal/lua53/tag internal/lua/source internal/lua53/compile internal/lua53/inspect internal/lua53/opcode internal/lua53/layout/ internal/lua/numconv internal/lua/cfmt internal/lua/libm internal/lua53/chunk internal/lua53/lfs internal/heap internal/lua/state internal/lua/rom internal/lua/machine internal/lua/clib",
	"internal/lua51/vm":          "internal/mem internal/heap internal/lua/clib internal/lua/lauxlib internal/lua/libm internal/lua/lineinfo internal/lua/machine internal/lua/rom internal/lua/source internal/lua/state internal/lua/syntax internal/lua51/chunk internal/lua51/compile internal/lua51/image internal/lua51/inspect internal/lua51/layout/ internal/lua51/opcode internal/lua51/tag",
	"internal/lua51/vm/":         "internal/mem internal/heap internal/lua/clib internal/lua/lauxlib internal/lua/libm internal/lua/lineinfo internal/lua/machine internal/lua/rom internal/lua/source internal/lua/state internal/lua/syntax internal/lua51/chunk internal/lua51/compile internal/lua51/image internal/lua51/inspect internal/lua51/layout/ internal/lua51/opcode internal/lua51/tag",
	"internal/lua51/inspect":     "internal/lua51/chunk internal/mem internal/lua/lauxlib internal/lua/lineinfo internal/lua/machine internal/lua/rom internal/lua/state internal/lua51/layout/ internal/lua51/opcode internal/lua51/tag",
	"internal/lua51/lib":         "internal/lua/cfmt internal/lua/clib internal/lua/lauxlib internal/lua/libm internal/lua/state internal/lua/stdlib",
	"internal/lua/gen":           "",
	"internal/lua/store":         "internal/lua/compiled internal/lua/num internal/lua51/chunk internal/lua51/image internal/lua51/lfs internal/lua53/chunk internal/lua53/lfs",
	"internal/lua/record/gen":    "internal/lua/record internal/lua51/layout internal/lua53/layout",
	"internal/dev/":              "",
	"internal/dev/functions":     "internal/firmware internal/lua/state",
	"internal/lua/editions":      "internal/lua/num internal/lua/machine internal/lua/state internal/lua/stdlib internal/lua51/lib internal/lua51/vm internal/lua51/vm/ internal/lua53/vm internal/lua53/vm/",
	"internal/firmware":          "internal/chip internal/mem internal/lua/ internal/module/ internal/port internal/keys !internal/lua/gen " + notForTests,
	"internal/heapview":          "internal/mem internal/lua/machine",
	"internal/lua/stdlib":        "internal/mem internal/lua/num internal/lua/state internal/lua/numconv internal/lua/cfmt internal/lua/libm internal/lua/clib",
	"internal/lua/stdlib/hostos": "internal/lua/stdlib",
	"internal/module/":           "internal/mem internal/espconn internal/lua/state internal/port internal/wallclock internal/pmsleep internal/lua/numconv internal/lua/cfmt internal/lua/libm internal/lua/clib",
	"internal/module/moduletest": "internal/mem internal/heap internal/chip internal/lua/editions internal/lua/machine internal/lua/rom internal/lua/state internal/port internal/port/porttest internal/lua/clib",
	"internal/console":           "internal/mem internal/lua/state internal/lua/lauxlib internal/lua/stdlib internal/module/pipe internal/port",
	"internal/storage/rcr":       "internal/chip internal/port",
	"internal/sdk":               "internal/chip internal/mem internal/port internal/storage/rcr",
	"internal/port/porttest":     "internal/mem internal/port internal/sdk internal/storage/rcr",
	"internal/keys":              "internal/port",
	"internal/sim":               "internal/port",
	"internal/sim/":              "internal/port internal/keys internal/sim",
	"internal/sim/i2c":           "internal/port internal/sim internal/sim/pins",
	"internal/parts/i2cpart":     "internal/keys internal/sim/i2c internal/sim/pins",
	"internal/parts/bh1750":      "internal/keys internal/parts/i2cpart internal/parts/source internal/sim internal/sim/i2c",
	"internal/parts/bme280":      "internal/keys internal/parts/i2cpart internal/parts/source internal/sim internal/sim/i2c",
	"internal/parts/hdc1080":     "internal/keys internal/parts/i2cpart internal/parts/source internal/sim internal/sim/i2c",
	"internal/parts/lm92":        "internal/keys internal/parts/i2cpart internal/parts/source internal/sim internal/sim/i2c",
	"internal/parts":             "internal/keys internal/parts/ internal/sim internal/sim/",
	"internal/parts/button":      "internal/port internal/keys internal/sim internal/sim/pins",
	"internal/parts/dht":         "internal/port internal/keys internal/parts/source internal/sim internal/sim/pins",
	"internal/parts/ds18b20":     "internal/port internal/keys internal/parts/source internal/sim internal/sim/pins",
	"internal/parts/encoder":     "internal/port internal/keys internal/sim internal/sim/pins",
	"internal/parts/hx711":       "internal/port internal/keys internal/parts/source internal/sim internal/sim/pins",
	"internal/parts/level":       "internal/keys internal/sim/pins",
	"internal/parts/source":      "internal/keys",
	"internal/parts/wave":        "internal/port internal/keys internal/sim internal/sim/pins",
	"internal/parts/wire":        "internal/keys internal/sim/pins",
	"internal/storage/flashfs":   "internal/port internal/storage/spiffs",
	"internal/storage/flashdir":  "internal/hostfile internal/port internal/storage/flashfs internal/storage/spiffs",
	"internal/storage":           "internal/hostfile internal/port internal/sim/adc internal/sim/radio internal/storage/",
	"internal/storage/chipmap":   "internal/lua/compiled internal/lua/store internal/lua53/chunk internal/lua53/lfs internal/port internal/storage/rcr internal/storage/flash internal/storage/flashdir",
	"internal/hostexec":          "internal/lua/syntax internal/chip internal/mem internal/lua/num internal/lua53/chunk internal/lua53/lfs internal/heap internal/lua/state internal/lua/rom internal/lua/machine internal/lua/editions internal/lua/stdlib internal/lua/stdlib/ internal/lua/clib internal/lua51/chunk internal/lua51/image",
	"internal/luac":              "internal/lua/compiled internal/lua/lineinfo internal/lua51/ internal/chip internal/hostfile internal/lua/numconv internal/lua/cfmt internal/lua/libm internal/lua/num internal/lua53/opcode internal/lua53/chunk internal/lua53/lfs internal/hostexec internal/lua/state internal/lua/stdlib internal/lua/stdlib/",
	"internal/device":            "internal/ !internal/cli !internal/cli/ !internal/project !internal/hostexec " + notForTests,
	"internal/project":           "internal/resources internal/minify internal/lua/syntax internal/lua/editions internal/lua/compiled internal/lua/store internal/lua51/chunk internal/lua51/front internal/firmware internal/lua/num internal/storage internal/storage/chipmap internal/hostfile internal/lua53/lfs internal/luac internal/lua53/chunk internal/storage/flash internal/storage/rcr internal/storage/spiffs internal/keys internal/parts internal/device internal/storage/flashdir internal/sim/hostnet internal/port internal/sim/radio internal/sdk",
	"internal/luagen":            "",
	"internal/prompt":            "internal/hostfile",
	"internal/prompt/prompttest": "",
	"internal/hook":              "internal/hostfile internal/project",
	"internal/manual":            "internal/firmware internal/lua/editions internal/lua/state",
	"internal/compat":            "internal/firmware internal/hostexec internal/lint internal/lua/editions internal/lua/num internal/lua/scope internal/lua/stdlib/hostos internal/lua/syntax",
	"internal/minify":            "internal/hostexec internal/lua/num internal/lua/scope internal/lua/stdlib internal/lua/stdlib/hostos internal/lua/syntax internal/lua51/chunk internal/lua51/front internal/lua53/chunk",
	"internal/lint":              "internal/firmware internal/hostexec internal/keys internal/lua/scope internal/lua/stdlib/hostos internal/lua/syntax internal/port internal/storage/spiffs",
	"internal/trial":             "internal/lua/store internal/heapview internal/hook internal/lua53/chunk internal/luac internal/project",
	"examples":                   "",
	"lib/lua":                    "",
	"internal/cli":               "examples lib/lua internal/ !internal/device !internal/sdk !internal/sim !internal/sim/ !internal/parts !internal/parts/ " + notForTests, // it runs modules by the public API
	"moonlettest":                "internal/hook",
	"cmd/":                       "internal/ " + notForTests,
	"bench/":                     "internal/luagen internal/luac",
	"":                           "internal/ !internal/cli !internal/trial " + notForTests, // the public API
}

// longFiles are the files that may have more lines than maxLines, with the
// reason.
var longFiles = map[string]string{
	"internal/lua53/vm/execute.go": "one function: the main loop of the virtual machine",
}

const maxLines = 600

// sourceFile is a parsed Go file of the module.
type sourceFile struct {
	name string // slash-separated, from the module's root
	pkg  string // its directory
	test bool
	text []byte
	ast  *ast.File
}

// parseAll reads every Go file of the module.
func parseAll(t *testing.T) (files []sourceFile, fset *token.FileSet) {
	t.Helper()
	fset = token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		base := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && (base[0] == '.' || base[0] == '_' || base == "testdata") {
				return filepath.SkipDir
			}
			return nil
		case filepath.Ext(base) != ".go":
			return nil
		}
		f := sourceFile{name: filepath.ToSlash(name), test: strings.HasSuffix(base, "_test.go")}
		f.pkg = path.Dir(f.name)
		if f.text, err = os.ReadFile(name); err != nil {
			return err
		}
		f.ast, err = parser.ParseFile(fset, name, f.text, parser.ParseComments)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, fset
}

// ruleFor finds the longest rule for a package.
func ruleFor(pkg string) (rule string, ok bool) {
	if rule, ok := allowed[pkg]; ok {
		return rule, true
	}
	for dir := pkg; dir != "."; {
		if dir = path.Dir(dir); dir != "." {
			if rule, ok := allowed[dir+"/"]; ok {
				return rule, true
			}
		}
	}
	return "", false
}

// permits tells whether a rule permits the import of a package.
func permits(rule, pkg string) bool {
	ok := false
	for pattern := range strings.FieldsSeq(rule) {
		name, no := strings.CutPrefix(pattern, "!")
		if pkg == name || strings.HasSuffix(name, "/") && strings.HasPrefix(pkg, name) {
			ok = !no
		}
	}
	return ok
}

// apiUsers are the packages that may import the public API.
var apiUsers = []string{"internal/cli", "internal/trial", "moonlettest"}

// TestImports holds that packages import only what is below them.
func TestImports(t *testing.T) {
	files, _ := parseAll(t)
	module := modulePath(t)
	missing := map[string]bool{}
	for _, f := range files {
		if f.test {
			continue
		}
		pkg := strings.TrimPrefix(f.pkg, ".")
		rule, ok := ruleFor(pkg)
		if !ok {
			if !missing[pkg] {
				t.Errorf("no rule says what package %s may import", pkg)
			}
			missing[pkg] = true
			continue
		}
		for _, spec := range f.ast.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			own, inside := strings.CutPrefix(imported, module+"/")
			switch {
			case imported == "C":
				t.Errorf("%s uses cgo", f.name)
			case imported == "unsafe" && pkg != "internal/mem":
				t.Errorf("%s imports unsafe, only internal/mem may", f.name)
			case imported == module && !slices.Contains(apiUsers, pkg):
				t.Errorf("%s imports the public API", f.name)
			case inside && !permits(rule, own):
				t.Errorf("%s imports %s", f.name, own)
			}
		}
	}
}

// TestFileLength holds the limit of lines.
func TestFileLength(t *testing.T) {
	files, _ := parseAll(t)
	seen := map[string]bool{}
	for _, f := range files {
		seen[f.name] = true
		n := bytes.Count(f.text, []byte("\n"))
		_, excused := longFiles[f.name]
		if n > maxLines && !excused && !ast.IsGenerated(f.ast) {
			t.Errorf("%s has %d lines, more than %d", f.name, n, maxLines)
		} else if n <= maxLines && excused {
			t.Errorf("%s has only %d lines: it needs no exception", f.name, n)
		}
	}
	for name := range longFiles {
		if !seen[name] {
			t.Errorf("the exception %s does not exist", name)
		}
	}
}

// TestNoMachinePaths holds that no path of somebody's machine is in the program.
func TestNoMachinePaths(t *testing.T) {
	files, _ := parseAll(t)
	for _, f := range files {
		if f.test {
			continue
		}
		for _, word := range []string{"/work/", "/tmp/", "/home/", "/root/"} {
			if i := bytes.Index(f.text, []byte(word)); i >= 0 {
				t.Errorf("%s:%d names %s", f.name, bytes.Count(f.text[:i], []byte("\n"))+1, word)
			}
		}
	}
}

// TestNoGlobalState holds that packages have no variables that change: a module
// is one of many in a process.
func TestNoGlobalState(t *testing.T) {
	files, fset := parseAll(t)
	byPkg := map[string][]sourceFile{}
	for _, f := range files {
		if !f.test {
			byPkg[f.pkg] = append(byPkg[f.pkg], f)
		}
	}
	for _, pkg := range byPkg {
		vars := map[string]bool{}
		for _, f := range pkg {
			for _, d := range f.ast.Decls {
				if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
					for _, s := range g.Specs {
						for _, n := range s.(*ast.ValueSpec).Names {
							vars[n.Name] = true
						}
					}
				}
			}
		}
		for _, f := range pkg {
			for _, name := range assigned(f.ast, vars) {
				t.Errorf("%s: the package's variable %s is changed", fset.Position(name.Pos()), name.Name)
			}
		}
	}
}

// assigned finds assignments to package variables, their elements and fields.
// Functions named init may make them.
func assigned(file *ast.File, vars map[string]bool) (found []*ast.Ident) {
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil || fn.Recv == nil && fn.Name.Name == "init" {
			continue
		}
		local := declaredIn(fn)
		note := func(e ast.Expr) {
			if id := root(e); id != nil && id.Name != "_" && vars[id.Name] && !slices.Contains(local, id.Name) {
				found = append(found, id)
			}
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						note(e)
					}
				}
			case *ast.IncDecStmt:
				note(n.X)
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (id.Name == "delete" || id.Name == "clear" || id.Name == "copy") {
					note(n.Args[0])
				}
			}
			return true
		})
	}
	return found
}

// root is the variable that an expression selects from.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// declaredIn lists the names that a function declares itself.
func declaredIn(fn *ast.FuncDecl) (names []string) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, e := range n.Lhs {
					if id, ok := e.(*ast.Ident); ok {
						names = append(names, id.Name)
					}
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok {
					names = append(names, id.Name)
				}
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				names = append(names, id.Name)
			}
		case *ast.Field:
			for _, id := range n.Names {
				names = append(names, id.Name)
			}
		}
		return true
	})
	return names
}
