package hostexec

import (
	"errors"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// chunkName is what messages about a source that is parsed begin with.
const chunkName = "source"

// Parse compiles source text and gives its tree. What the compiler does not take is a
// *syntax.Error; any other error is a limit of the session.
func (s *Session) Parse(source []byte) (*syntax.Tree, error) {
	b := syntax.NewBuilder(source)
	var failed error
	err := s.protect(func() {
		s.machine.Observe(b)
		defer s.machine.Observe(nil)
		s.L.SetTop(0)
		if s.L.LoadBytes(b.Text(), "="+chunkName, "t") != state.OK {
			failed = syntaxError(b, source, string(s.L.ToLString(-1)))
		}
		s.L.SetTop(0)
		if s.garbage > 0 && s.machine.TotalBytes() > s.garbage {
			s.L.GC(state.GCCollect, 0)
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return b.Tree(), nil
}

// syntaxError makes an error of a message that begins with a line, as in "source:3: ". Where
// it was found is the last token if that is in this line, else the line's beginning.
func syntaxError(b *syntax.Builder, source []byte, message string) error {
	rest, ok := strings.CutPrefix(message, chunkName+":")
	number, text, found := strings.Cut(rest, ": ")
	line, err := strconv.Atoi(number)
	if !ok || !found || err != nil {
		return errors.New(message)
	}
	e := &syntax.Error{Line: line, Column: 1, Message: text}
	starts := syntax.LineStarts(source)
	last, ok := b.Last()
	if i := strings.LastIndex(text, nearMark); i >= 0 && ok && line <= len(starts) {
		near, start, at := strings.Trim(text[i+len(nearMark):], "'"), starts[line-1], last.Start
		if near != string(source[last.Start:last.End]) && (near != "<eof>" || last.Kind != syntax.EOS) {
			at = last.End // what follows is no token
			for at < int32(len(source)) && (source[at] == ' ' || source[at] == '\t') {
				at++
			}
		}
		if at >= start && (line == len(starts) || at < starts[line]) {
			e.Column = int(at-start) + 1
		}
	}
	return e
}

// nearMark stands before the token at which an error was found.
const nearMark = " near "
