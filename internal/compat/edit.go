package compat

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/syntax"
)

// edits are what becomes of the tokens of a tree. What is between them stays, but for the blanks in front of a token
// that goes.
type edits struct {
	tree          *syntax.Tree
	texts         []string // of each token
	before, after map[int32]string
	gone, tight   map[int32]bool // without the blanks in front of them; gone are those that are no more
}

func newEdits(t *syntax.Tree) edits {
	e := edits{tree: t, texts: make([]string, len(t.Tokens)), before: map[int32]string{}, after: map[int32]string{}, gone: map[int32]bool{}, tight: map[int32]bool{}}
	for i, token := range t.Tokens {
		e.texts[i] = string(t.Source[token.Start:token.End])
	}
	return e
}

// replace writes a text instead of the tokens from first up to last.
func (e *edits) replace(first, last int32, text string) {
	e.remove(first+1, last)
	e.texts[first] = text
}

// remove takes the tokens from first up to last away.
func (e *edits) remove(first, last int32) {
	for i := first; i < last; i++ {
		e.texts[i], e.gone[i] = "", true
	}
}

// insert writes a text in front of a token; what was inserted there before comes first.
func (e *edits) insert(token int32, text string) { e.before[token] += text }

// appendTo writes a text behind a token; what was appended there before comes first.
func (e *edits) appendTo(token int32, text string) { e.after[token] += text }

// text puts everything together.
func (e *edits) text() []byte {
	var b strings.Builder
	end, changed, last := int32(0), false, byte(' ')
	for i, token := range e.tree.Tokens {
		gap := string(e.tree.Source[end:token.Start])
		if e.gone[int32(i)] || e.tight[int32(i)] {
			if strings.Trim(gap, " \t") == "" {
				gap = ""
			}
		}
		piece := e.before[int32(i)] + e.texts[i] + e.after[int32(i)]
		changed = changed || piece != string(e.tree.Source[token.Start:token.End])
		if gap == "" && piece != "" && changed && isWord(last) && isWord(piece[0]) {
			gap = " "
		}
		if all := gap + piece; all != "" {
			b.WriteString(all)
			last, changed = all[len(all)-1], piece != string(e.tree.Source[token.Start:token.End])
		}
		end = token.End
	}
	b.Write(e.tree.Source[end:])
	return []byte(b.String())
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// current is the source of a node as it will be, without what is in front of its first token.
func (e *edits) current(n *syntax.Node) string {
	var b strings.Builder
	for i := n.First; i < n.Last; i++ {
		if i > n.First {
			b.WriteString(string(e.tree.Source[e.tree.Tokens[i-1].End:e.tree.Tokens[i].Start]))
		}
		b.WriteString(e.before[i] + e.texts[i] + e.after[i])
	}
	return b.String()
}

// args are the arguments of a call.
func args(call *syntax.Node) []*syntax.Node { return call.Children[1:] }

// open is the token "(" of a call, -1 if there is none.
func (e *edits) open(call *syntax.Node) int32 {
	if at := call.Children[0].Last; e.tree.Tokens[at].Kind == '(' {
		return at
	}
	return -1
}

// counted tells whether the number of arguments can be seen, and they stand in parentheses.
func (e *edits) counted(call *syntax.Node) bool {
	list := args(call)
	return e.open(call) >= 0 && (len(list) == 0 || !isMany(list[len(list)-1]))
}

// isMany tells whether an expression may be any number of values.
func isMany(n *syntax.Node) bool { return n.Kind == syntax.CallExpr || n.Kind == syntax.DotsExpr }

// isOperand tells whether an expression needs no parentheses as an operand.
func isOperand(n *syntax.Node) bool {
	switch n.Kind {
	case syntax.NameExpr, syntax.NumberExpr, syntax.StringExpr, syntax.FieldExpr, syntax.IndexExpr, syntax.CallExpr, syntax.ParenExpr:
		return true
	}
	return false
}

// embrace puts parentheses around an operand that needs them.
func (e *edits) embrace(n *syntax.Node) {
	if !isOperand(n) {
		e.insert(n.First, "(")
		e.appendTo(n.Last-1, ")")
	}
}
