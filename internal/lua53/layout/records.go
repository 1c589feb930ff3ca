// Package layout declares the records that Lua 5.3 keeps in device memory, as
// the firmware's C structures lay them out on the ESP8266: 32-bit pointers, every
// member aligned to its size, but for TValue, which is packed to 4 bytes
// (LUA_PACK_TVALUES, lobject.h). So a build on Linux has it; one on Windows packs all
// records (-fpack-struct=4 in the firmware's Makefile), and with values of 8 bytes a
// Node takes 28 bytes there instead of 32.
//
// This file is the one declaration. The packages v4, v8 and common are generated from
// it: the offsets as constants, for values of 4 and of 8 bytes, and of those records that
// are the same for both.
package layout

//go:generate go run ./gen -o common/offsets.go
//go:generate go run ./gen -value 4 -o v4/offsets.go
//go:generate go run ./gen -value 8 -o v8/offsets.go

// Kind is the type of a field.
type Kind uint8

// The types of fields. Value and TValue have 4 or 8 bytes of payload.
const (
	Byte   Kind = iota // 1 byte
	Half               // 2 bytes
	Word               // 4 bytes
	Ptr                // device address, 4 bytes
	Value              // union of all Lua values: 4 or 8 bytes
	TValue             // Value and a type tag of 4 bytes
)

// Size is the size of a field in bytes, given the size of a Value.
func (k Kind) Size(value int) int {
	switch k {
	case Byte:
		return 1
	case Half:
		return 2
	case Value:
		return value
	case TValue:
		return value + 4
	}
	return 4
}

// Align is the alignment of a field in bytes, given the size of a Value.
func (k Kind) Align(value int) int {
	if k == TValue {
		return tvalueAlign
	}
	return k.Size(value)
}

// tvalueAlign is the alignment of a TValue in bytes.
const tvalueAlign = 4

// Field is a member of a record: N elements of a kind (0 means 1). Where Of is
// set, the field is a record of that name instead.
type Field struct {
	Name string
	Kind Kind
	N    int
	Of   string
}

// Record is one C structure. Union lists alternatives that start at the same
// offset behind the common fields; Tail follows the longest of them.
type Record struct {
	Name   string
	Doc    string // where it is declared in the firmware
	Pack   int    // the largest alignment of its fields in bytes, 0 for no limit
	Fields []Field
	Union  [][]Field
	Tail   []Field
}

// header is CommonHeader (lobject.h).
func header(more ...Field) []Field {
	return append([]Field{{Name: "Next", Kind: Ptr}, {Name: "TT", Kind: Byte}, {Name: "Marked", Kind: Byte}}, more...)
}

// Records is the list of all record layouts, in order of dependency. It is a function,
// so that programs that have no use for the list do not make it at their start.
func Records() []Record {
	return []Record{
		{Name: "TV", Doc: "struct lua_TValue, lobject.h", Pack: tvalueAlign, Fields: []Field{
			{Name: "Value", Kind: Value}, {Name: "TT", Kind: Word}}},
		{Name: "GCObject", Doc: "struct GCObject, lobject.h", Fields: header()},
		{Name: "TString", Doc: "struct TString, lobject.h; the bytes follow", Fields: header(
			Field{Name: "Extra", Kind: Byte}, Field{Name: "ShrLen", Kind: Byte},
			Field{Name: "Hash", Kind: Word}),
			Union: [][]Field{{{Name: "LngLen", Kind: Word}}, {{Name: "HNext", Kind: Ptr}}}},
		{Name: "Udata", Doc: "struct Udata, lobject.h; the memory follows", Fields: header(
			Field{Name: "TTUV", Kind: Byte}, Field{Name: "Metatable", Kind: Ptr},
			Field{Name: "Len", Kind: Word}, Field{Name: "User", Kind: Value})},
		{Name: "Upvaldesc", Doc: "struct Upvaldesc, lobject.h", Fields: []Field{
			{Name: "Name", Kind: Ptr}, {Name: "InStack", Kind: Byte}, {Name: "Idx", Kind: Byte}}},
		{Name: "LocVar", Doc: "struct LocVar, lobject.h", Fields: []Field{
			{Name: "VarName", Kind: Ptr}, {Name: "StartPC", Kind: Word}, {Name: "EndPC", Kind: Word}}},
		{Name: "Proto", Doc: "struct Proto, lobject.h", Fields: header(
			Field{Name: "NumParams", Kind: Byte}, Field{Name: "IsVararg", Kind: Byte},
			Field{Name: "MaxStackSize", Kind: Byte}, Field{Name: "SizeUpvalues", Kind: Word},
			Field{Name: "SizeK", Kind: Word}, Field{Name: "SizeCode", Kind: Word},
			Field{Name: "SizeLineInfo", Kind: Word}, Field{Name: "SizeP", Kind: Word},
			Field{Name: "SizeLocVars", Kind: Word}, Field{Name: "LineDefined", Kind: Word},
			Field{Name: "LastLineDefined", Kind: Word}, Field{Name: "K", Kind: Ptr},
			Field{Name: "Code", Kind: Ptr}, Field{Name: "P", Kind: Ptr},
			Field{Name: "LineInfo", Kind: Ptr}, Field{Name: "LocVars", Kind: Ptr},
			Field{Name: "Upvalues", Kind: Ptr}, Field{Name: "Source", Kind: Ptr},
			Field{Name: "GCList", Kind: Ptr})},
		{Name: "UpVal", Doc: "struct UpVal, lfunc.h", Fields: []Field{
			{Name: "V", Kind: Ptr}, {Name: "RefCount", Kind: Word}},
			Union: [][]Field{{{Name: "OpenNext", Kind: Ptr}, {Name: "Touched", Kind: Word}},
				{{Name: "Value", Kind: TValue}}}},
		{Name: "CClosure", Doc: "struct CClosure, lobject.h; more upvalues follow", Fields: header(
			Field{Name: "NUpvalues", Kind: Byte}, Field{Name: "GCList", Kind: Ptr},
			Field{Name: "F", Kind: Ptr}, Field{Name: "Upvalue", Kind: TValue})},
		{Name: "LClosure", Doc: "struct LClosure, lobject.h; more upvalues follow", Fields: header(
			Field{Name: "NUpvalues", Kind: Byte}, Field{Name: "GCList", Kind: Ptr},
			Field{Name: "P", Kind: Ptr}, Field{Name: "Upvals", Kind: Ptr})},
		{Name: "Table", Doc: "struct Table, lobject.h", Fields: header(
			Field{Name: "Flags", Kind: Byte}, Field{Name: "LSizeNode", Kind: Byte},
			Field{Name: "Metatable", Kind: Ptr}, Field{Name: "SizeArray", Kind: Word},
			Field{Name: "Array", Kind: Ptr}, Field{Name: "Node", Kind: Ptr},
			Field{Name: "LastFree", Kind: Ptr}, Field{Name: "GCList", Kind: Ptr})},
		{Name: "ROTable", Doc: "struct ROTable, lobject.h; begins like Table", Fields: header(
			Field{Name: "Flags", Kind: Byte}, Field{Name: "LSizeNode", Kind: Byte},
			Field{Name: "Metatable", Kind: Ptr}, Field{Name: "Entry", Kind: Ptr})},
		{Name: "ROEntry", Doc: "struct ROTable_entry, lobject.h", Fields: []Field{
			{Name: "Key", Kind: Ptr}, {Name: "Value", Kind: TValue}}},
		{Name: "Node", Doc: "struct Node, lobject.h", Fields: []Field{
			{Name: "Val", Kind: TValue}, {Name: "Key", Kind: Value},
			{Name: "KeyTT", Kind: Word}, {Name: "Next", Kind: Word}}},
		{Name: "CallInfo", Doc: "struct CallInfo, lstate.h", Fields: []Field{
			{Name: "Func", Kind: Ptr}, {Name: "Top", Kind: Ptr},
			{Name: "Previous", Kind: Ptr}, {Name: "Next", Kind: Ptr}},
			Union: [][]Field{
				{{Name: "Base", Kind: Ptr}, {Name: "SavedPC", Kind: Ptr}},
				{{Name: "K", Kind: Ptr}, {Name: "OldErrFunc", Kind: Word}, {Name: "Ctx", Kind: Word}}},
			Tail: []Field{{Name: "Extra", Kind: Word}, {Name: "NResults", Kind: Half},
				{Name: "CallStatus", Kind: Half}}},
		{Name: "LuaState", Doc: "struct lua_State, lstate.h", Fields: header(
			Field{Name: "NCI", Kind: Half}, Field{Name: "Status", Kind: Byte},
			Field{Name: "Top", Kind: Ptr}, Field{Name: "G", Kind: Ptr},
			Field{Name: "CI", Kind: Ptr}, Field{Name: "OldPC", Kind: Ptr},
			Field{Name: "StackLast", Kind: Ptr}, Field{Name: "Stack", Kind: Ptr},
			Field{Name: "OpenUpval", Kind: Ptr}, Field{Name: "GCList", Kind: Ptr},
			Field{Name: "TwUps", Kind: Ptr}, Field{Name: "ErrorJmp", Kind: Ptr},
			Field{Name: "BaseCI", Of: "CallInfo"}, Field{Name: "Hook", Kind: Ptr},
			Field{Name: "ErrFunc", Kind: Word}, Field{Name: "StackSize", Kind: Word},
			Field{Name: "BaseHookCount", Kind: Word}, Field{Name: "HookCount", Kind: Word},
			Field{Name: "NNY", Kind: Half}, Field{Name: "NCCalls", Kind: Half},
			Field{Name: "HookMask", Kind: Word}, Field{Name: "AllowHook", Kind: Byte})},
		{Name: "LX", Doc: "struct LX, lstate.c: a thread and its extra space", Fields: []Field{
			{Name: "Extra", Kind: Word}, {Name: "L", Of: "LuaState"}}},
		{Name: "StringTable", Doc: "struct stringtable, lstate.h", Fields: []Field{
			{Name: "Hash", Kind: Ptr}, {Name: "NUse", Kind: Word}, {Name: "Slots", Kind: Word}}},
		{Name: "Global", Doc: "struct global_State, lstate.h", Fields: []Field{
			{Name: "FRealloc", Kind: Ptr}, {Name: "UD", Kind: Ptr},
			{Name: "TotalBytes", Kind: Word}, {Name: "GCDebt", Kind: Word},
			{Name: "GCMemTrav", Kind: Word}, {Name: "GCEstimate", Kind: Word},
			{Name: "Strt", Of: "StringTable"}, {Name: "Registry", Kind: TValue},
			{Name: "Seed", Kind: Word}, {Name: "CurrentWhite", Kind: Byte},
			{Name: "GCState", Kind: Byte}, {Name: "GCKind", Kind: Byte},
			{Name: "GCRunning", Kind: Byte}, {Name: "AllGC", Kind: Ptr},
			{Name: "SweepGC", Kind: Ptr}, {Name: "FinObj", Kind: Ptr},
			{Name: "Gray", Kind: Ptr}, {Name: "GrayAgain", Kind: Ptr},
			{Name: "Weak", Kind: Ptr}, {Name: "Ephemeron", Kind: Ptr},
			{Name: "AllWeak", Kind: Ptr}, {Name: "ToBeFnz", Kind: Ptr},
			{Name: "FixedGC", Kind: Ptr}, {Name: "TwUps", Kind: Ptr},
			{Name: "GCFinNum", Kind: Word}, {Name: "GCPause", Kind: Word},
			{Name: "GCStepMul", Kind: Word}, {Name: "StripDefault", Kind: Word},
			{Name: "GCMemFreeBoard", Kind: Word}, {Name: "Panic", Kind: Ptr},
			{Name: "MainThread", Kind: Ptr}, {Name: "Version", Kind: Ptr},
			{Name: "MemErrMsg", Kind: Ptr}, {Name: "TMName", Kind: Ptr, N: 24},
			{Name: "MT", Kind: Ptr, N: 9}, {Name: "ROStrt", Of: "StringTable"},
			{Name: "LFSTable", Kind: TValue}, {Name: "LFS", Kind: Ptr},
			{Name: "LFSSize", Kind: Word}, {Name: "Cache", Kind: Ptr}}},
		{Name: "LG", Doc: "struct LG, lstate.c: main thread and global state", Fields: []Field{
			{Name: "L", Of: "LX"}, {Name: "G", Of: "Global"}}},
		// The parser's vectors (lparser.h), which it grows on the device's heap.
		{Name: "Vardesc", Doc: "struct Vardesc, lparser.h", Fields: []Field{{Name: "Idx", Kind: Half}}},
		{Name: "Labeldesc", Doc: "struct Labeldesc, lparser.h", Fields: []Field{
			{Name: "Name", Kind: Ptr}, {Name: "PC", Kind: Word}, {Name: "Line", Kind: Word},
			{Name: "NActVar", Kind: Byte}}},
	}
}
