// Package syntax is the shape of Lua source: tokens and comments with their places, and the
// tree that the grammar makes of them. It has no grammar of its own. The front end of an
// edition tells a Tracer what it reads while it compiles, so a tree is what was compiled,
// and what does not compile has none.
package syntax

// Token is a kind of token. A single character stands for itself; words and the others follow in
// the order of llex.h.
type Token uint16

// The kinds of tokens that are no single characters.
const (
	And Token = 257 + iota
	Break
	Do
	Else
	Elseif
	End
	False
	For
	Function
	Goto
	If
	In
	Local
	Nil
	Not
	Or
	Repeat
	Return
	Then
	True
	Until
	While
	IDiv
	Concat
	Dots
	Eq
	Ge
	Le
	Ne
	Shl
	Shr
	DbColon
	EOS
	Float
	Int
	Name
	String
)

// Kind is a kind of node.
type Kind uint8

// The kinds of nodes. Behind each is what it consists of: its children in order, and in
// quotes the tokens that are its own. A list of names is one node without children; its
// tokens are the names and the commas.
const (
	Chunk Kind = iota + 1 // Block
	Block                 // statements

	EmptyStat         // ";"
	IfStat            // condition Block { condition Block } [ Block ]
	WhileStat         // condition Block
	DoStat            // Block
	NumericForStat    // "for" name "=" expression expression [ expression ] Block
	GenericForStat    // Names expressions Block
	RepeatStat        // Block condition
	FunctionStat      // NameExpr, FieldExpr or MethodExpr, and Body
	LocalFunctionStat // "local" "function" name Body
	LocalStat         // Names expressions
	LabelStat         // "::" name "::"
	ReturnStat        // expressions
	BreakStat         // "break"
	GotoStat          // "goto" name
	AssignStat        // Targets expressions
	CallStat          // CallExpr

	Targets // what is assigned to: NameExpr, FieldExpr, IndexExpr
	Names   // names of locals
	Params  // names of parameters, "..."
	Body    // "(" Params ")" Block "end"

	NilExpr
	TrueExpr
	FalseExpr
	NumberExpr
	StringExpr
	DotsExpr
	FunctionExpr // "function" Body
	TableExpr    // expressions, NamedField, IndexedField
	NamedField   // name "=" expression
	IndexedField // "[" expression "]" "=" expression
	NameExpr     // name
	ParenExpr    // "(" expression ")"
	FieldExpr    // expression "." name
	IndexExpr    // expression "[" expression "]"
	MethodExpr   // expression ":" name
	CallExpr     // what is called, and the arguments; a string or a table can be the only one
	UnaryExpr    // operator expression
	BinaryExpr   // expression operator expression
)

// Tracer is told what a front end reads. Offsets count bytes from the first one of the
// chunk. Where a token begins is not told: behind the one before it, and blanks and comments.
type Tracer interface {
	// Token is one that was scanned, in order, and where it ends. The end of the source is a
	// token without bytes.
	Token(kind Token, end int)
	// Comment is one that was passed over, and where it ends.
	Comment(end int)
	// Node is a node that is complete, made of the tokens from first up to last, without
	// that: its children come before it.
	Node(kind Kind, first, last int)
}
