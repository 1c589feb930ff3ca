package node

import (
	"errors"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// compile returns node.compile("name.lua"), which writes name.lc.
func compile(load func(L state.State, path string) state.Status) state.Func {
	return func(L state.State) int {
		path := L.CheckString(1)
		L.ArgCheck(port.ValidPath(path), 1, "filename invalid")
		stem, ok := strings.CutSuffix(path, ".lua")
		if !ok {
			return L.Errorf("not a .lua file")
		}
		if load(L, path) != state.OK {
			msg, _ := L.ToString(-1)
			return L.Errorf("%s", asFormat(L, msg))
		}
		files, ok := port.FilesOf(L.Host())
		if !ok {
			return L.Errorf("%s", port.NoFiles.Error())
		}
		out, err := files.Open(stem+".lc", port.ParseOpenMode("w+"))
		if err != nil {
			return L.Errorf("cannot open/write to file")
		}
		const strip = 1
		err = L.Dump(func(_ state.State, p []byte) error { return writeAll(out, p) }, strip)
		if flush := out.Flush(); flush != nil {
			err = flush
		}
		out.Close()
		if cannot, is := errors.AsType[state.DumpError](err); is {
			return L.Errorf("%s", string(cannot))
		}
		if err != nil {
			return L.Errorf("writing to file failed")
		}
		return 0
	}
}

// asFormat is what becomes of a message that the C code gives to luaL_error as its format:
// "%%" is one, and what is no option of lua_pushfstring is another error, or stays as it is in Lua 5.1.
// For options the C code would take what is on its stack; here they stay.
func asFormat(L state.State, msg string) string {
	var out []byte
	for i := 0; i < len(msg); i++ {
		out = append(out, msg[i])
		if msg[i] != '%' {
			continue
		}
		c := byte(0)
		if i++; i < len(msg) {
			c = msg[i]
		}
		switch c {
		case '%':
		case 's', 'c', 'd', 'I', 'f', 'p', 'U':
			out = append(out, c)
		default:
			if state.IsLua51(L) {
				out = append(out, c)
				continue
			}
			L.PushFString("invalid option '%%%c' to 'lua_pushfstring'", int(c))
			L.Error()
		}
	}
	return string(out)
}

func writeAll(f port.File, p []byte) error {
	n, err := f.Write(p)
	if err == nil && n != len(p) {
		err = port.ErrFilesFull
	}
	return err
}
