package compile

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// A Tracer learns the tokens as they are scanned, and the nodes as productions end. A
// production notes the index of its first token (mark), and tells its node when it is over
// (done): that one is made of all tokens that were consumed since. So the left side of an
// operator, or what a suffix follows, needs no foresight.

// The kinds of tokens are those of package syntax: each of these is an error if they are not.
const (
	_ = uint(tkAnd-int(syntax.And)) + uint(int(syntax.And)-tkAnd)
	_ = uint(tkString-int(syntax.String)) + uint(int(syntax.String)-tkString)
)

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

func (x *lexer) traceToken(kind int) { x.trace.Token(syntax.Token(kind), x.at()) }

func (x *lexer) traceComment() { x.trace.Comment(x.at()) }
