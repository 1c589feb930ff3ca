package lib

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
)

// Package is the library package, with the global functions require and module (loadlib.c).
var Package = state.Module{Name: "package", Open: openPackage,
	Procs:  []*state.Proc{loadLibProc, seeAllProc, preloadProc, loaderLuaProc, loaderCProc, loaderRootProc, moduleProc, requireProc},
	Tables: []*state.ROTable{loadLibMeta}}

var (
	loadLibProc    = &state.Proc{F: loadLib}
	seeAllProc     = &state.Proc{F: seeAll}
	preloadProc    = &state.Proc{F: loaderPreload}
	loaderLuaProc  = &state.Proc{F: loaderLua}
	loaderCProc    = &state.Proc{F: loaderC}
	loaderRootProc = &state.Proc{F: loaderCroot}
	moduleProc     = &state.Proc{F: module}
	requireProc    = &state.Proc{F: require}

	loadLibMeta = &state.ROTable{Name: "_LOADLIB", Entries: []state.Entry{state.Fn("__gc", func(state.State) int { return 0 })}}
)

const (
	loadedName = "_LOADED"
	pathMark   = "?"
	pathSep    = ";"
)

// reg is a function with its name.
type reg struct {
	name string
	proc *state.Proc
}

// setFuncs stores functions in the table on top, light ones: luaL_register makes no closures of those without upvalues
// either.
func setFuncs(L state.State, funcs ...reg) {
	for _, f := range funcs {
		L.PushFunction(f.proc)
		L.SetField(-2, f.name)
	}
}

func openPackage(L state.State) int {
	L.ROMetatable("_LOADLIB", loadLibMeta)
	// luaL_register_light: the table is a global and a loaded module.
	findTable(L, state.RegistryIndex, loadedName, 1)
	if L.GetField(-1, "package") != state.Table {
		L.Pop(1)
		findTable(L, 0, "package", 2)
		L.PushValue(-1)
		L.SetField(-3, "package")
	}
	L.Remove(-2)
	setFuncs(L, reg{"loadlib", loadLibProc}, reg{"seeall", seeAllProc})
	L.CreateTable(4, 0)
	for i, p := range []*state.Proc{preloadProc, loaderLuaProc, loaderCProc, loaderRootProc} {
		L.PushFunction(p)
		L.RawSetI(-2, int64(i+1))
	}
	L.SetField(-2, "loaders")
	L.PushString("?.lc;?.lua")
	L.SetField(-2, "path")
	L.PushString("")
	L.SetField(-2, "cpath")
	L.PushString("/\n;\n?\n!\n-")
	L.SetField(-2, "config")
	findTable(L, state.RegistryIndex, loadedName, 2)
	L.SetField(-2, "loaded")
	L.NewTable()
	L.SetField(-2, "preload")
	L.PushGlobalTable()
	setFuncs(L, reg{"module", moduleProc}, reg{"require", requireProc})
	L.Pop(1)
	return 1
}

// findTable pushes the table that a path of names leads to from a table, making what is not there (luaL_findtable);
// index 0 is that of globals. It is false where something else is in the way.
func findTable(L state.State, index int, path string, size int) bool {
	if index == 0 {
		L.PushGlobalTable()
	} else {
		L.PushValue(index)
	}
	for {
		name, rest, more := strings.Cut(path, ".")
		L.PushString(name)
		switch L.RawGet(-2) {
		case state.Nil:
			L.Pop(1)
			n := size
			if more {
				n = 1
			}
			L.CreateTable(0, n)
			L.PushString(name)
			L.PushValue(-2)
			L.SetTable(-4)
		case state.Table:
		default:
			L.Pop(2)
			return false
		}
		L.Remove(-2)
		if path = rest; !more {
			return true
		}
	}
}

// noLibraries is what there is to say of libraries in C.
const noLibraries = "dynamic libraries not enabled; check your Lua installation"

func loadLib(L state.State) int {
	path := checkName(L)
	L.CheckBytes(2)
	loadCode(L, path)
	L.PushNil()
	L.Insert(-2)
	L.PushString("absent")
	return 3
}

// loadCode cannot load a library; but the registry gets a userdata for it (ll_register), which stays.
func loadCode(L state.State, path string) {
	key := func() { L.PushFString("%s%s", "LOADLIB: ", path) }
	key()
	if L.GetTable(state.RegistryIndex) == state.Nil {
		L.Pop(1)
		L.NewUserdata(4)
		L.GetMetatableByName("_LOADLIB")
		L.SetMetatable(-2)
		key()
		L.PushValue(-2)
		L.SetTable(state.RegistryIndex)
	}
	L.PushString(noLibraries)
}

func seeAll(L state.State) int {
	checkTable(L, 1)
	if !L.GetMetatable(1) {
		L.CreateTable(0, 1)
		L.PushValue(-1)
		L.SetMetatable(1)
	}
	L.PushGlobalTable()
	L.SetField(-2, "__index")
	return 0
}

// packageField pushes a field of the global package.
func packageField(L state.State, name string) {
	L.GetGlobal("package")
	L.GetField(-1, name)
	L.Remove(-2)
}

// substitute pushes s with a pattern replaced (luaL_gsub).
func substitute(L state.State, s, pattern, by string) string {
	b := L.NewBuffer()
	for {
		before, rest, more := strings.Cut(s, pattern)
		b.AddString(before)
		if s = rest; !more {
			break
		}
		b.AddString(by)
	}
	b.PushResult()
	res, _ := L.ToString(-1)
	return res
}

// findFile searches for a file by a path of package. The result, or else what was tried, is on top.
func findFile(L state.State, name, field string) (file string, found bool) {
	name = substitute(L, name, ".", "/")
	packageField(L, field)
	path, ok := L.ToString(-1)
	if !ok {
		L.Errorf("'package.%s' must be a string", field)
	}
	L.PushString("")
	for path = text([]byte(path)); ; {
		path = strings.TrimLeft(path, pathSep)
		if path == "" {
			return "", false
		}
		template, rest, _ := strings.Cut(path, pathSep)
		path = rest
		L.PushString(template)
		file = substitute(L, template, pathMark, name)
		L.Remove(-2)
		if readable(L, file) {
			return file, true
		}
		L.PushFString("\n\tno file '%s'", file)
		L.Remove(-2)
		L.Concat(2)
	}
}

func readable(L state.State, name string) bool {
	files, ok := L.Host().(stdlib.Files)
	if !ok {
		return false
	}
	f, err := files.Open(name)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// checkName is the name of a module, argument 1.
func checkName(L state.State) string { return text(L.CheckBytes(1)) }

func loaderPreload(L state.State) int {
	name := checkName(L)
	packageField(L, "preload")
	if !L.IsTable(-1) {
		return L.Errorf("'package.preload' must be a table")
	}
	if L.GetField(-1, name) == state.Nil {
		L.PushFString("\n\tno field package.preload['%s']", name)
	}
	return 1
}

func loaderLua(L state.State) int {
	name := checkName(L)
	file, found := findFile(L, name, "path")
	if found && stdlib.LoadFile(L, file, true, "bt") != state.OK {
		msg, _ := L.ToString(-1)
		return L.Errorf("error loading module '%s' from file '%s':\n\t%s", name, file, msg)
	}
	return 1
}

// loaderC fails where it finds a file.
func loaderC(L state.State) int {
	name := checkName(L)
	file, found := findFile(L, name, "cpath")
	if !found {
		return 1
	}
	return loadFunction(L, name, file)
}

func loaderCroot(L state.State) int {
	name := checkName(L)
	root, _, inner := strings.Cut(name, ".")
	if !inner {
		return 0
	}
	L.PushString(root)
	file, found := findFile(L, root, "cpath")
	if !found {
		return 1
	}
	return loadFunction(L, name, file)
}

// loadFunction makes the name of the function that opens a module, and fails.
func loadFunction(L state.State, name, file string) int {
	_, rest, ok := strings.Cut(name, "-")
	if !ok {
		rest = name
	}
	L.PushFString("luaopen_%s", substitute(L, rest, ".", "_"))
	L.Remove(-2)
	loadCode(L, file)
	return L.Errorf("error loading module '%s' from file '%s':\n\t%s", name, file, noLibraries)
}

// sentinel marks a module that is being loaded; it is an address where nothing is.
const sentinel = 8

func require(L state.State) int {
	name := checkName(L)
	L.SetTop(1)
	L.GetField(state.RegistryIndex, loadedName)
	if L.GetField(2, name); L.ToBoolean(-1) {
		if L.Type(-1) == state.LightUserdata && L.ToUserdata(-1) == sentinel {
			return L.Errorf("loop or previous error loading module '%s'", name)
		}
		return 1
	}
	if L.GetGlobal(name) == state.Table { // a read-only one of the firmware, or any other
		return 1
	}
	L.Pop(1)
	packageField(L, "loaders")
	if !L.IsTable(-1) {
		return L.Errorf("'package.loaders' must be a table")
	}
	L.PushString("")
	for i := int64(1); ; i++ {
		if L.RawGetI(-2, i) == state.Nil {
			msg, _ := L.ToString(-2)
			return L.Errorf("module '%s' not found:%s", name, msg)
		}
		L.PushString(name)
		L.Call(1, 1)
		if L.IsFunction(-1) {
			break
		}
		if L.IsString(-1) {
			L.Concat(2)
		} else {
			L.Pop(1)
		}
	}
	L.PushLightUserdata(sentinel)
	L.SetField(2, name)
	L.PushString(name)
	L.Call(1, 1)
	if !L.IsNil(-1) {
		L.SetField(2, name)
	}
	if L.GetField(2, name) == state.LightUserdata && L.ToUserdata(-1) == sentinel {
		L.PushBoolean(true)
		L.PushValue(-1)
		L.SetField(2, name)
	}
	return 1
}

func module(L state.State) int {
	name := checkName(L)
	if L.GetGlobal(name) == state.Table {
		return 0
	}
	L.Pop(1)
	loaded := L.GetTop() + 1
	L.GetField(state.RegistryIndex, loadedName)
	if L.GetField(loaded, name) != state.Table {
		L.Pop(1)
		if !findTable(L, 0, name, 1) {
			return L.Errorf("name conflict for module '%s'", name)
		}
		L.PushValue(-1)
		L.SetField(loaded, name)
	}
	initialized := L.GetField(-1, "_NAME") != state.Nil
	L.Pop(1)
	if !initialized {
		L.PushValue(-1)
		L.SetField(-2, "_M")
		L.PushString(name)
		L.SetField(-2, "_NAME")
		L.PushString(name[:strings.LastIndexByte(name, '.')+1])
		L.SetField(-2, "_PACKAGE")
	}
	L.PushValue(-1)
	ar, ok := L.GetStack(1)
	if !ok || !L.GetInfo("f", &ar) || L.IsCFunction(-1) {
		return L.Errorf("'module' not called from a Lua function")
	}
	L.PushValue(-2)
	L.(state.Environments).SetFEnv(-2)
	L.Pop(1)
	for i := 2; i < loaded; i++ {
		L.PushValue(i)
		L.PushValue(-2)
		L.Call(1, 0)
	}
	return 0
}
