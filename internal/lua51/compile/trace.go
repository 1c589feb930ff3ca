package compile

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// A Tracer learns the tokens as they are scanned, and the nodes as productions end: one notes the index of its first
// token (mark), and tells its node when it is over (done), made of all tokens that were consumed since.

// kinds are the tokens of this edition as package syntax has them, from the first reserved word on.
var kinds = [...]syntax.Token{
	syntax.And, syntax.Break, syntax.Do, syntax.Else, syntax.Elseif, syntax.End, syntax.False, syntax.For, syntax.Function,
	syntax.If, syntax.In, syntax.Local, syntax.Nil, syntax.Not, syntax.Or, syntax.Repeat, syntax.Return, syntax.Then,
	syntax.True, syntax.Until, syntax.While,
	syntax.Concat, syntax.Dots, syntax.Eq, syntax.Ge, syntax.Le, syntax.Ne, syntax.Float, syntax.Name, syntax.String, syntax.EOS,
}

// mark is the index of the current token, which is not consumed yet.
func (x *lexer) mark() int { return x.nth }

// done tells a node that began at a mark.
func (x *lexer) done(kind syntax.Kind, mark int) {
	if x.trace != nil {
		x.trace.Node(kind, mark, x.nth)
	}
}

// at is the offset of the character that is not yet consumed.
func (x *lexer) at() int {
	if x.current == source.EOZ {
		return x.in.Offset()
	}
	return x.in.Offset() - 1
}

func (x *lexer) traceToken(kind int) {
	if x.trace == nil {
		return
	}
	token := syntax.Token(kind)
	if kind >= firstReserved {
		token = kinds[kind-firstReserved]
	}
	x.trace.Token(token, x.at())
}

func (x *lexer) traceComment() {
	if x.trace != nil {
		x.trace.Comment(x.at())
	}
}
