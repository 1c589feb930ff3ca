package chunk

import "strings"

// IDSize is the size of a chunk's name in messages with its final NUL (LUA_IDSIZE).
const IDSize = 60

// ID makes a printable name of a chunk's source, in a buffer of a size (luaO_chunkid).
func ID(source string, size int) string {
	switch {
	case strings.HasPrefix(source, "="):
		return source[1:min(len(source), size)]
	case strings.HasPrefix(source, "@"):
		source = source[1:]
		if room := size - len(" '...' ") - 1; len(source) > room {
			return "..." + source[len(source)-room:]
		}
		return source
	}
	line, cut := source, false
	if i := strings.IndexAny(source, "\r\n"); i >= 0 {
		line, cut = source[:i], true
	}
	if room := size - len(` [string "..."] `) - 1; len(line) > room {
		line, cut = line[:room], true
	}
	if cut {
		line += "..."
	}
	return `[string "` + line + `"]`
}
