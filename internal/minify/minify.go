// Package minify makes Lua source shorter and leaves the code that is compiled of it as it is: comments and blanks go,
// local variables get short names, numerals and strings their shortest form, and what need not be written is not
// written. It works on the tokens and the tree that the compiler tells (package syntax), so that it reads what the
// compiler reads, and compares the codes of both before it gives a result.
package minify

import (
	"bytes"
	"slices"

	"moonlet.example/moonlet/internal/lua/scope"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// Options are what a user may want of the result.
type Options struct {
	// KeepNames are local variables that keep their names; KeepAll lets all do.
	KeepNames []string
	KeepAll   bool
	// KeepLines leaves each token in its line, so that messages of errors tell the right ones.
	KeepLines bool
	// KeepComments are words: a comment that has one stays.
	KeepComments []string
	// Lua51 and Integral tell the edition of the source, and whether all numbers are integers. Minifier sets them.
	Lua51, Integral bool
}

// Result is shorter source.
type Result struct {
	Text []byte
	// Lines has the line of the source with which each line of Text begins, counted from 1.
	Lines []int
	// Names are how many local variables there are, and Renamed how many got another name.
	Names, Renamed int
}

// shorten makes the source of a tree shorter.
func shorten(t *syntax.Tree, o Options) *Result {
	w := &writer{tree: t, options: o, texts: make([]string, len(t.Tokens)), lines: []int{1}}
	inTable := separators(t.Root)
	for i, token := range t.Tokens {
		text := string(t.Source[token.Start:token.End])
		switch token.Kind {
		case syntax.Int, syntax.Float:
			text = number(text, token.Kind == syntax.Float && !o.Lua51, o)
		case syntax.String:
			text = shortString(text, o.Lua51)
		case ';', ',':
			if last, is := inTable[int32(i)]; is && last || !is && token.Kind == ';' && !counts(t.Tokens, i) {
				text = ""
			}
		}
		w.texts[i] = text
	}
	r := &Result{}
	if !o.KeepAll {
		r.Names, r.Renamed = rename(scope.Resolve(t), w.texts, o)
	}
	w.parentheses(t.Root)
	w.write()
	r.Text, r.Lines = w.out.Bytes(), w.lines
	return r
}

// counts tells whether the semicolon at i has to stay: the next statement would be a call of the one before, or, in
// Lua 5.3, become part of a condition, as "if a then break" does.
func counts(tokens []syntax.Lexeme, i int) bool {
	next := i + 1
	for tokens[next].Kind == ';' {
		next++
	}
	switch tokens[next].Kind {
	case '(':
		return next == i+1
	case syntax.Break, syntax.Goto:
		return i > 0 && tokens[i-1].Kind == syntax.Then
	}
	return false
}

// separators are the tokens between the fields of tables, and whether one is behind the last field, where none need be.
func separators(root *syntax.Node) map[int32]bool {
	list := map[int32]bool{}
	syntax.Walk(root, func(n *syntax.Node) bool {
		if n.Kind == syntax.TableExpr {
			for i, c := range n.Children {
				if c.Last < n.Last-1 {
					list[c.Last] = i == len(n.Children)-1
				}
			}
		}
		return true
	})
	return list
}

// writer puts texts of tokens together.
type writer struct {
	tree    *syntax.Tree
	options Options
	texts   []string // of each token, "" for one that goes
	out     bytes.Buffer
	lines   []int  // of the source, at which the lines of out begin
	last    string // the token before in this line, "" at its beginning
	number  bool   // last is a numeral
	before  int    // the line of the source at which last ends
}

// parentheses takes those of a call away whose only argument is a string or a table.
func (w *writer) parentheses(root *syntax.Node) {
	syntax.Walk(root, func(n *syntax.Node) bool {
		if n.Kind != syntax.CallExpr || len(n.Children) != 2 {
			return true
		}
		arg := n.Children[1]
		if arg.Kind != syntax.StringExpr && arg.Kind != syntax.TableExpr {
			return true
		}
		if open := arg.First - 1; w.tree.Tokens[open].Kind == '(' && arg.Last == n.Last-1 {
			w.texts[open], w.texts[arg.Last] = "", ""
		}
		return true
	})
}

// write writes all tokens, and the comments that stay in front of those that they stood before.
func (w *writer) write() {
	comments := w.tree.Comments
	for i, token := range w.tree.Tokens {
		for ; len(comments) > 0 && comments[0].Start < token.Start; comments = comments[1:] {
			if c := comments[0]; w.keeps(w.tree.Source[c.Start:c.End]) {
				w.comment(string(w.tree.Source[c.Start:c.End]), int(c.Line))
			}
		}
		if token.Kind == syntax.EOS {
			break
		}
		if text := w.texts[i]; text != "" {
			w.token(text, int(token.Line), token.Kind == syntax.Int || token.Kind == syntax.Float)
		}
	}
	if n := w.out.Len(); n > 0 && w.out.Bytes()[n-1] != '\n' {
		w.out.WriteByte('\n')
	}
}

func (w *writer) keeps(comment []byte) bool {
	return slices.ContainsFunc(w.options.KeepComments, func(word string) bool { return word != "" && bytes.Contains(comment, []byte(word)) })
}

// token writes a token, with what has to be between it and the one before.
func (w *writer) token(text string, line int, number bool) {
	w.goTo(line)
	if w.last != "" && needsBlank(w.last, w.number, text) {
		if !w.options.KeepLines && line > w.before && text[0] != '(' {
			w.endLine(line)
		} else {
			w.out.WriteByte(' ')
		}
	}
	w.put(text, line)
	w.last, w.number = text, number
}

// goTo goes to a line of the source, where those stay. Otherwise the line that begins is that one.
func (w *writer) goTo(line int) {
	if w.options.KeepLines {
		for len(w.lines) < line {
			w.endLine(len(w.lines) + 1)
		}
	} else if w.last == "" {
		w.lines[len(w.lines)-1] = line
	}
}

// endLine ends a line; the next one begins at a line of the source.
func (w *writer) endLine(next int) {
	w.out.WriteByte('\n')
	w.lines = append(w.lines, next)
	w.last = ""
}

// put writes a text of a line of the source, which may have several.
func (w *writer) put(text string, line int) {
	w.out.WriteString(text)
	w.before = line + lineEnds(text)
	for line < w.before {
		line++
		w.lines = append(w.lines, line)
	}
}

// comment writes a comment that stays; where lines need not, in lines of its own.
func (w *writer) comment(text string, line int) {
	if w.options.KeepLines {
		w.goTo(line)
		if w.last == "-" { // the comment would begin there
			w.out.WriteByte(' ')
		}
		w.put(text, line)
		w.last = ""
		return
	}
	if w.last != "" {
		w.endLine(line)
	}
	w.goTo(line)
	w.put(text, line)
	w.endLine(line)
}

// lineEnds counts the line ends in a text, as Lua does.
func lineEnds(text string) int { return len(syntax.LineStarts([]byte(text))) - 1 }

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// needsBlank tells whether two tokens would be read as something else without a blank between them.
func needsBlank(a string, number bool, b string) bool {
	last, first := a[len(a)-1], b[0]
	switch {
	case (isWord(last) || number) && (isWord(first) || number && first == '.'):
		return true
	case last == first && (first == '.' || first == '-'):
		return true
	}
	return last == '[' && (first == '[' || first == '=')
}
