package syntax

import (
	"bytes"
	"sort"
)

// Lexeme is a token at its place.
type Lexeme struct {
	Kind       Token
	Start, End int32 // bytes of the source
	Line       int32
}

// Comment is a comment at its place.
type Comment struct{ Start, End, Line int32 }

// Node is a node of the tree. Its tokens are those from First up to Last, without that.
type Node struct {
	Kind        Kind
	First, Last int32
	Children    []*Node
	depth       int32 // of the nodes below it
}

// Tree is a chunk that was read.
type Tree struct {
	Source   []byte
	Tokens   []Lexeme // the last one is EOS
	Comments []Comment
	Root     *Node // a Chunk

	lines []int32 // where lines begin
}

// Builder makes a tree of what it is told about a source.
type Builder struct {
	source   []byte
	base     int // where the front end begins
	tokens   []Lexeme
	comments []Comment
	open     []*Node // complete ones that are no children yet
	end      int     // of the last token or comment
	line     int32   // of that place

	nodes []Node  // room for the next ones
	kids  []*Node // and for lists of children
}

// NewBuilder makes a builder for a source, of which the front end gets Text.
func NewBuilder(source []byte) *Builder {
	b := &Builder{source: source, base: Begin(source), line: 1}
	b.end = b.base
	return b
}

// Text is what the front end is to read.
func (b *Builder) Text() []byte { return b.source[b.base:] }

// next passes over blanks to what ends at an offset of the text, and tells where it is.
func (b *Builder) next(end int) (at, to, line int32) {
	start := b.end
	to = int32(b.base + end)
	for start < int(to) && isBlank(b.source[start]) {
		start++
	}
	b.count(b.end, start)
	line = b.line
	b.count(start, int(to))
	b.end = int(to)
	return int32(start), to, line
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// count counts the lines that end between two offsets.
func (b *Builder) count(from, to int) {
	for i := from; i < to; i++ {
		c := b.source[i]
		if c != '\n' && c != '\r' {
			continue
		}
		if i+1 < len(b.source) && b.source[i+1] != c && (b.source[i+1] == '\n' || b.source[i+1] == '\r') {
			i++
		}
		b.line++
	}
}

// The methods of Builder are a Tracer's.

// Token implements Tracer.
func (b *Builder) Token(kind Token, end int) {
	start, to, line := b.next(end)
	b.tokens = append(b.tokens, Lexeme{kind, start, to, line})
}

// Comment implements Tracer.
func (b *Builder) Comment(end int) {
	start, to, line := b.next(end)
	b.comments = append(b.comments, Comment{start, to, line})
}

// room is how many nodes, or entries in lists of children, are allocated at once.
const room = 512

// Node implements Tracer.
func (b *Builder) Node(kind Kind, first, last int) {
	from := len(b.open)
	for from > 0 && b.open[from-1].First >= int32(first) {
		from--
	}
	n := len(b.open) - from
	if len(b.nodes) == 0 {
		b.nodes = make([]Node, room)
	}
	if len(b.kids) < n {
		b.kids = make([]*Node, max(room, n))
	}
	node := &b.nodes[0]
	*node = Node{Kind: kind, First: int32(first), Last: int32(last), Children: b.kids[:n:n]}
	b.nodes, b.kids = b.nodes[1:], b.kids[n:]
	copy(node.Children, b.open[from:])
	for _, c := range node.Children {
		node.depth = max(node.depth, c.depth+1)
	}
	b.open = append(b.open[:from], node)
}

// Tree is the tree of a chunk that was read to its end; nil if it was not.
func (b *Builder) Tree() *Tree {
	if len(b.open) != 1 || b.open[0].Kind != Chunk {
		return nil
	}
	return &Tree{Source: b.source, Tokens: b.tokens, Comments: b.comments, Root: b.open[0]}
}

// Last is the last token that was scanned: where a chunk cannot be compiled, the one at which
// that was found, or the last one before something that is no token.
func (b *Builder) Last() (last Lexeme, ok bool) {
	if len(b.tokens) == 0 {
		return last, false
	}
	return b.tokens[len(b.tokens)-1], true
}

// Error says why source cannot be compiled, and where that was found.
type Error struct {
	Line, Column int
	Message      string // Lua's, without the place
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Begin is where Lua begins to read a file: behind a mark of the encoding, and at the end of
// the first line if that is for a shell (luaL_loadfilex, lauxlib.c).
func Begin(source []byte) int {
	at := 0
	if bytes.HasPrefix(source, []byte("\xEF\xBB\xBF")) {
		at = 3
	}
	if at == len(source) || source[at] != '#' {
		return at
	}
	if i := bytes.IndexByte(source[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(source)
}

// Depth is how many nodes stand in one another. Only parentheses and the like are limited by the
// compiler; a chain of operators or calls may be as deep as it is long.
func (t *Tree) Depth() int { return int(t.Root.depth) }

// Text is the text of a token.
func (t *Tree) Text(token int32) string {
	l := &t.Tokens[token]
	return string(t.Source[l.Start:l.End])
}

// Bytes is the source of a node.
func (t *Tree) Bytes(n *Node) []byte {
	if n.First == n.Last {
		return nil
	}
	return t.Source[t.Tokens[n.First].Start:t.Tokens[n.Last-1].End]
}

// Name is the name that a NameExpr, FieldExpr or MethodExpr ends with, or that a NamedField
// begins with.
func (t *Tree) Name(n *Node) string {
	if n.Kind == NamedField {
		return t.Text(n.First)
	}
	return t.Text(n.Last - 1)
}

// Operator is the operator of a UnaryExpr or BinaryExpr.
func (t *Tree) Operator(n *Node) Token {
	if n.Kind == UnaryExpr {
		return t.Tokens[n.First].Kind
	}
	return t.Tokens[n.Children[1].First-1].Kind
}

// NamesIn are the tokens of the names in a list, or between two tokens.
func (t *Tree) NamesIn(first, last int32) (list []int32) {
	for i := first; i < last; i++ {
		if t.Tokens[i].Kind == Name {
			list = append(list, i)
		}
	}
	return list
}

// Column is the column of an offset in bytes, counted from 1.
func (t *Tree) Column(offset int32) int {
	if t.lines == nil {
		t.lines = LineStarts(t.Source)
	}
	i := sort.Search(len(t.lines), func(i int) bool { return t.lines[i] > offset })
	return int(offset-t.lines[i-1]) + 1
}

// LineStarts are the offsets at which lines begin. As in Lua a line ends with "\n", "\r",
// "\n\r" or "\r\n". A first line for a shell
// ends with "\n" alone.
func LineStarts(source []byte) []int32 {
	list := make([]int32, 1, 1+len(source)/32)
	for i := Begin(source); i < len(source); i++ {
		c := source[i]
		if c != '\n' && c != '\r' {
			continue
		}
		if i+1 < len(source) && source[i+1] != c && (source[i+1] == '\n' || source[i+1] == '\r') {
			i++
		}
		list = append(list, int32(i+1))
	}
	return list
}

// Walk calls f for a node and those below it, in the order of the source; not for those
// below one for which f is false.
func Walk(n *Node, f func(n *Node) bool) {
	if !f(n) {
		return
	}
	for _, c := range n.Children {
		Walk(c, f)
	}
}
