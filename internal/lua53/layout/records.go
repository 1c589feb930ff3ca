// Package layout declares the records that Lua 5.3 keeps in device memory, as
// the firmware's C structures lay them out on the ESP8266: 32-bit pointers, every
// member aligned to its size, but for TValue, which is packed to 4 bytes
// (LUA_PACK_TVALUES, lobject.h). So a build on Linux has it; one on Windows packs all
// records (-fpack-struct=4 in the firmware's Makefile), and with values of 8 bytes a
// Node takes 28 bytes there instead of 32.
//
// This file is the one declaration. The packages v4, v8 and common are generated from
// it: the offsets as constants, for values of 4 and of 8 bytes, and those that are the same
// for both; of the others, common has a structure.
package layout

import "moonlet.example/moonlet/internal/lua/record"

//go:generate go run ../../lua/record/gen -edition 5.3 -o common/offsets.go
//go:generate go run ../../lua/record/gen -edition 5.3 -value 4 -o v4/offsets.go
//go:generate go run ../../lua/record/gen -edition 5.3 -value 8 -o v8/offsets.go

type field = record.Field

// Records is the list of all record layouts, in order of dependency. It is a function,
// so that programs that have no use for the list do not make it at their start.
func Records() []record.Record {
	return []record.Record{
		{Name: "TV", Doc: "struct lua_TValue, lobject.h", Pack: record.TValueAlign, Fields: []field{
			{Name: "Value", Kind: record.Value}, {Name: "TT", Kind: record.Word}}},
		{Name: "GCObject", Doc: "struct GCObject, lobject.h", Fields: record.Header()},
		{Name: "TString", Doc: "struct TString, lobject.h; the bytes follow", Fields: record.Header(
			field{Name: "Extra", Kind: record.Byte}, field{Name: "ShrLen", Kind: record.Byte},
			field{Name: "Hash", Kind: record.Word}),
			Union: [][]field{{{Name: "LngLen", Kind: record.Word}}, {{Name: "HNext", Kind: record.Ptr}}}},
		{Name: "Udata", Doc: "struct Udata, lobject.h; the memory follows", Fields: record.Header(
			field{Name: "TTUV", Kind: record.Byte}, field{Name: "Metatable", Kind: record.Ptr},
			field{Name: "Len", Kind: record.Word}, field{Name: "User", Kind: record.Value})},
		{Name: "Upvaldesc", Doc: "struct Upvaldesc, lobject.h", Fields: []field{
			{Name: "Name", Kind: record.Ptr}, {Name: "InStack", Kind: record.Byte}, {Name: "Idx", Kind: record.Byte}}},
		{Name: "LocVar", Doc: "struct LocVar, lobject.h", Fields: []field{
			{Name: "VarName", Kind: record.Ptr}, {Name: "StartPC", Kind: record.Word}, {Name: "EndPC", Kind: record.Word}}},
		{Name: "Proto", Doc: "struct Proto, lobject.h", Fields: record.Header(
			field{Name: "NumParams", Kind: record.Byte}, field{Name: "IsVararg", Kind: record.Byte},
			field{Name: "MaxStackSize", Kind: record.Byte}, field{Name: "SizeUpvalues", Kind: record.Word},
			field{Name: "SizeK", Kind: record.Word}, field{Name: "SizeCode", Kind: record.Word},
			field{Name: "SizeLineInfo", Kind: record.Word}, field{Name: "SizeP", Kind: record.Word},
			field{Name: "SizeLocVars", Kind: record.Word}, field{Name: "LineDefined", Kind: record.Word},
			field{Name: "LastLineDefined", Kind: record.Word}, field{Name: "K", Kind: record.Ptr},
			field{Name: "Code", Kind: record.Ptr}, field{Name: "P", Kind: record.Ptr},
			field{Name: "LineInfo", Kind: record.Ptr}, field{Name: "LocVars", Kind: record.Ptr},
			field{Name: "Upvalues", Kind: record.Ptr}, field{Name: "Source", Kind: record.Ptr},
			field{Name: "GCList", Kind: record.Ptr})},
		{Name: "UpVal", Doc: "struct UpVal, lfunc.h", Fields: []field{
			{Name: "V", Kind: record.Ptr}, {Name: "RefCount", Kind: record.Word}},
			Union: [][]field{{{Name: "OpenNext", Kind: record.Ptr}, {Name: "Touched", Kind: record.Word}},
				{{Name: "Value", Kind: record.TValue}}}},
		{Name: "CClosure", Doc: "struct CClosure, lobject.h; more upvalues follow", Fields: record.Header(
			field{Name: "NUpvalues", Kind: record.Byte}, field{Name: "GCList", Kind: record.Ptr},
			field{Name: "F", Kind: record.Ptr}, field{Name: "Upvalue", Kind: record.TValue})},
		{Name: "LClosure", Doc: "struct LClosure, lobject.h; more upvalues follow", Fields: record.Header(
			field{Name: "NUpvalues", Kind: record.Byte}, field{Name: "GCList", Kind: record.Ptr},
			field{Name: "P", Kind: record.Ptr}, field{Name: "Upvals", Kind: record.Ptr})},
		{Name: "Table", Doc: "struct Table, lobject.h", Fields: record.Header(
			field{Name: "Flags", Kind: record.Byte}, field{Name: "LSizeNode", Kind: record.Byte},
			field{Name: "Metatable", Kind: record.Ptr}, field{Name: "SizeArray", Kind: record.Word},
			field{Name: "Array", Kind: record.Ptr}, field{Name: "Node", Kind: record.Ptr},
			field{Name: "LastFree", Kind: record.Ptr}, field{Name: "GCList", Kind: record.Ptr})},
		{Name: "ROTable", Doc: "struct ROTable, lobject.h; begins like Table", Fields: record.Header(
			field{Name: "Flags", Kind: record.Byte}, field{Name: "LSizeNode", Kind: record.Byte},
			field{Name: "Metatable", Kind: record.Ptr}, field{Name: "Entry", Kind: record.Ptr})},
		{Name: "ROEntry", Doc: "struct ROTable_entry, lobject.h", Fields: []field{
			{Name: "Key", Kind: record.Ptr}, {Name: "Value", Kind: record.TValue}}},
		{Name: "Node", Doc: "struct Node, lobject.h", Fields: []field{
			{Name: "Val", Kind: record.TValue}, {Name: "Key", Kind: record.Value},
			{Name: "KeyTT", Kind: record.Word}, {Name: "Next", Kind: record.Word}}},
		{Name: "CallInfo", Doc: "struct CallInfo, lstate.h", Fields: []field{
			{Name: "Func", Kind: record.Ptr}, {Name: "Top", Kind: record.Ptr},
			{Name: "Previous", Kind: record.Ptr}, {Name: "Next", Kind: record.Ptr}},
			Union: [][]field{
				{{Name: "Base", Kind: record.Ptr}, {Name: "SavedPC", Kind: record.Ptr}},
				{{Name: "K", Kind: record.Ptr}, {Name: "OldErrFunc", Kind: record.Word}, {Name: "Ctx", Kind: record.Word}}},
			Tail: []field{{Name: "Extra", Kind: record.Word}, {Name: "NResults", Kind: record.Half},
				{Name: "CallStatus", Kind: record.Half}}},
		{Name: "LuaState", Doc: "struct lua_State, lstate.h", Fields: record.Header(
			field{Name: "NCI", Kind: record.Half}, field{Name: "Status", Kind: record.Byte},
			field{Name: "Top", Kind: record.Ptr}, field{Name: "G", Kind: record.Ptr},
			field{Name: "CI", Kind: record.Ptr}, field{Name: "OldPC", Kind: record.Ptr},
			field{Name: "StackLast", Kind: record.Ptr}, field{Name: "Stack", Kind: record.Ptr},
			field{Name: "OpenUpval", Kind: record.Ptr}, field{Name: "GCList", Kind: record.Ptr},
			field{Name: "TwUps", Kind: record.Ptr}, field{Name: "ErrorJmp", Kind: record.Ptr},
			field{Name: "BaseCI", Of: "CallInfo"}, field{Name: "Hook", Kind: record.Ptr},
			field{Name: "ErrFunc", Kind: record.Word}, field{Name: "StackSize", Kind: record.Word},
			field{Name: "BaseHookCount", Kind: record.Word}, field{Name: "HookCount", Kind: record.Word},
			field{Name: "NNY", Kind: record.Half}, field{Name: "NCCalls", Kind: record.Half},
			field{Name: "HookMask", Kind: record.Word}, field{Name: "AllowHook", Kind: record.Byte})},
		{Name: "LX", Doc: "struct LX, lstate.c: a thread and its extra space", Fields: []field{
			{Name: "Extra", Kind: record.Word}, {Name: "L", Of: "LuaState"}}},
		{Name: "StringTable", Doc: "struct stringtable, lstate.h", Fields: []field{
			{Name: "Hash", Kind: record.Ptr}, {Name: "NUse", Kind: record.Word}, {Name: "Slots", Kind: record.Word}}},
		{Name: "Global", Doc: "struct global_State, lstate.h", Fields: []field{
			{Name: "FRealloc", Kind: record.Ptr}, {Name: "UD", Kind: record.Ptr},
			{Name: "TotalBytes", Kind: record.Word}, {Name: "GCDebt", Kind: record.Word},
			{Name: "GCMemTrav", Kind: record.Word}, {Name: "GCEstimate", Kind: record.Word},
			{Name: "Strt", Of: "StringTable"}, {Name: "Registry", Kind: record.TValue},
			{Name: "Seed", Kind: record.Word}, {Name: "CurrentWhite", Kind: record.Byte},
			{Name: "GCState", Kind: record.Byte}, {Name: "GCKind", Kind: record.Byte},
			{Name: "GCRunning", Kind: record.Byte}, {Name: "AllGC", Kind: record.Ptr},
			{Name: "SweepGC", Kind: record.Ptr}, {Name: "FinObj", Kind: record.Ptr},
			{Name: "Gray", Kind: record.Ptr}, {Name: "GrayAgain", Kind: record.Ptr},
			{Name: "Weak", Kind: record.Ptr}, {Name: "Ephemeron", Kind: record.Ptr},
			{Name: "AllWeak", Kind: record.Ptr}, {Name: "ToBeFnz", Kind: record.Ptr},
			{Name: "FixedGC", Kind: record.Ptr}, {Name: "TwUps", Kind: record.Ptr},
			{Name: "GCFinNum", Kind: record.Word}, {Name: "GCPause", Kind: record.Word},
			{Name: "GCStepMul", Kind: record.Word}, {Name: "StripDefault", Kind: record.Word},
			{Name: "GCMemFreeBoard", Kind: record.Word}, {Name: "Panic", Kind: record.Ptr},
			{Name: "MainThread", Kind: record.Ptr}, {Name: "Version", Kind: record.Ptr},
			{Name: "MemErrMsg", Kind: record.Ptr}, {Name: "TMName", Kind: record.Ptr, N: 24},
			{Name: "MT", Kind: record.Ptr, N: 9}, {Name: "ROStrt", Of: "StringTable"},
			{Name: "LFSTable", Kind: record.TValue}, {Name: "LFS", Kind: record.Ptr},
			{Name: "LFSSize", Kind: record.Word}, {Name: "Cache", Kind: record.Ptr}}},
		{Name: "LG", Doc: "struct LG, lstate.c: main thread and global state", Fields: []field{
			{Name: "L", Of: "LX"}, {Name: "G", Of: "Global"}}},
		// The parser's vectors (lparser.h), which it grows on the device's heap.
		{Name: "Vardesc", Doc: "struct Vardesc, lparser.h", Fields: []field{{Name: "Idx", Kind: record.Half}}},
		{Name: "Labeldesc", Doc: "struct Labeldesc, lparser.h", Fields: []field{
			{Name: "Name", Kind: record.Ptr}, {Name: "PC", Kind: record.Word}, {Name: "Line", Kind: record.Word},
			{Name: "NActVar", Kind: record.Byte}}},
	}
}
