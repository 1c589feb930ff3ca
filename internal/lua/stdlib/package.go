package stdlib

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// Package declares require and the package library. The firmware has no loaders
// for C libraries (LUA_NODEMCU_NOCLOADERS).
var Package = state.Module{
	Name:  "package",
	Open:  openPackage,
	Procs: []*state.Proc{requireProc, searchPathProc, searchPreloadProc, searchLuaProc},
}

const (
	dirSep      = "/"
	pathSep     = ";"
	pathMark    = "?"
	defaultPath = "?.lc;?.lua"
)

var (
	requireProc       = &state.Proc{F: packageRequire}
	searchPathProc    = &state.Proc{F: packageSearchPath}
	searchPreloadProc = &state.Proc{F: searchPreload}
	searchLuaProc     = &state.Proc{F: searchLua}
)

func openPackage(L state.State) int {
	L.CreateTable(0, 5)
	L.PushFunction(searchPathProc)
	L.SetField(-2, "searchpath")
	// The C code makes room for these fields first, which decides the places of
	// their keys in the table.
	for _, name := range [...]string{"preload", "path", "searchers", "loaded"} {
		L.PushBoolean(false)
		L.SetField(-2, name)
	}
	createSearchers(L)
	setPath(L)
	L.PushString(dirSep + "\n" + pathSep + "\n" + pathMark + "\n!\n-\n")
	L.SetField(-2, "config")
	L.GetSubTable(state.RegistryIndex, "_LOADED")
	L.SetField(-2, "loaded")
	L.GetSubTable(state.RegistryIndex, "_PRELOAD")
	L.SetField(-2, "preload")
	L.PushGlobalTable()
	L.PushValue(-2) // upvalue of require
	L.PushValue(-1)
	L.PushClosure(requireProc, 1)
	L.SetField(-3, "require")
	L.Pop(2)
	return 1
}

// createSearchers fills searchers and its synonym loaders; the upvalue of each
// searcher is the package table.
func createSearchers(L state.State) {
	L.CreateTable(2, 0)
	for i, p := range [...]*state.Proc{searchPreloadProc, searchLuaProc} {
		L.PushValue(-2)
		L.PushClosure(p, 1)
		L.RawSetI(-2, int64(i+1))
	}
	L.PushValue(-1)
	L.SetField(-3, "loaders")
	L.SetField(-2, "searchers")
}

// setPath sets package.path, from the environment of a host profile if it says
// something, where ";;" stands for the default path.
func setPath(L state.State) {
	L.PushFString("%s%s", "LUA_PATH", "_5_3")
	path, ok := "", false
	if env, is := L.Host().(Environment); is {
		if path, ok = env.Getenv("LUA_PATH_5_3"); !ok {
			path, ok = env.Getenv("LUA_PATH")
		}
	}
	if ok {
		L.GetField(state.RegistryIndex, "LUA_NOENV")
		ok = !L.ToBoolean(-1)
		L.Pop(1)
	}
	if ok {
		const mark = "\x01"
		path = pushReplaced(L, path, pathSep+pathSep, pathSep+mark+pathSep)
		pushReplaced(L, path, mark, defaultPath)
		L.Remove(-2)
	} else {
		L.PushString(defaultPath)
	}
	L.SetField(-3, "path")
	L.Pop(1)
}

// pushReplaced pushes and returns s with every old replaced (luaL_gsub).
func pushReplaced(L state.State, s, old, repl string) string {
	b := L.NewBuffer()
	for rest := s; ; {
		i := strings.Index(rest, old)
		if i < 0 {
			b.AddString(rest)
			break
		}
		b.AddString(rest[:i])
		b.AddString(repl)
		rest = rest[i+len(old):]
	}
	b.PushResult()
	return strings.ReplaceAll(s, old, repl)
}

// searchFile looks for a readable file along a path of templates. It pushes its
// name, or else a message with all names that were tried.
func searchFile(L state.State, name, path, sep, dir string) (file string, ok bool) {
	msg := L.NewBuffer()
	if sep != "" {
		name = pushReplaced(L, name, sep, dir)
	}
	for {
		path = strings.TrimLeft(path, pathSep)
		if path == "" {
			break
		}
		template := path
		if i := strings.Index(path, pathSep); i >= 0 {
			template = path[:i]
		}
		path = path[len(template):]
		L.PushString(template)
		file = pushReplaced(L, template, pathMark, name)
		L.Remove(-2)
		if readable(L, file) {
			return file, true
		}
		L.PushFString("\n\tno file '%s'", file)
		L.Remove(-2)
		msg.AddValue()
	}
	msg.PushResult()
	return "", false
}

func packageSearchPath(L state.State) int {
	// C compilers evaluate arguments from the last one on, which shows in errors.
	dir := optCString(L, 4, dirSep)
	sep := optCString(L, 3, ".")
	path := checkCString(L, 2)
	if _, ok := searchFile(L, checkCString(L, 1), path, sep, dir); ok {
		return 1
	}
	L.PushNil()
	L.Insert(-2)
	return 2
}

// searchLua is the searcher for Lua files along package.path.
func searchLua(L state.State) int {
	name := checkCString(L, 1)
	L.GetField(state.UpvalueIndex(1), "path")
	path, ok := L.ToString(-1)
	if !ok {
		return L.Errorf("'package.%s' must be a string", "path")
	}
	file, ok := searchFile(L, name, cString(path), ".", dirSep)
	if !ok {
		return 1
	}
	if LoadFile(L, file, true, "bt") != state.OK {
		name, _ := L.ToString(1)
		msg, _ := L.ToString(-1)
		return L.Errorf("error loading module '%s' from file '%s':\n\t%s", cString(name), file, cString(msg))
	}
	L.PushString(file) // second argument of the module
	return 2
}

// searchPreload is the searcher in package.preload.
func searchPreload(L state.State) int {
	name := checkCString(L, 1)
	L.GetField(state.RegistryIndex, "_PRELOAD")
	if L.GetField(-1, name) == state.Nil {
		L.PushFString("\n\tno field package.preload['%s']", name)
	}
	return 1
}

// findLoader pushes the loader for a module and its second argument.
func findLoader(L state.State, name string) {
	msg := L.NewBuffer()
	if L.GetField(state.UpvalueIndex(1), "searchers") != state.Table {
		L.Errorf("'package.searchers' must be a table")
	}
	// The table is at index 3; the message may have its box above it.
	for i := int64(1); ; i++ {
		if L.RawGetI(3, i) == state.Nil {
			L.Pop(1)
			msg.PushResult()
			text, _ := L.ToString(-1)
			L.Errorf("module '%s' not found:%s", name, cString(text))
		}
		L.PushString(name)
		L.Call(1, 2)
		switch {
		case L.IsFunction(-2):
			return
		case L.IsString(-2):
			L.Pop(1)
			msg.AddValue()
		default:
			L.Pop(2)
		}
	}
}

// packageRequire differs from Lua's require in that it finds the libraries in
// ROM, too; its upvalue is the package table.
func packageRequire(L state.State) int {
	name := checkCString(L, 1)
	L.SetTop(1)
	L.GetField(state.RegistryIndex, "_LOADED")
	L.GetField(2, name)
	if L.ToBoolean(-1) {
		return 1
	}
	L.GetGlobal("ROM")
	L.GetField(-1, name)
	if L.ToBoolean(-1) {
		return 1
	}
	L.Pop(3)
	findLoader(L, name)
	L.PushString(name)
	L.Insert(-2)
	L.Call(2, 1)
	if !L.IsNil(-1) {
		L.SetField(2, name)
	}
	if L.GetField(2, name) == state.Nil {
		L.PushBoolean(true)
		L.PushValue(-1)
		L.SetField(2, name)
	}
	return 1
}
