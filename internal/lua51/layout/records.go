// Package layout declares the records that Lua 5.1 keeps in device memory, as
// the firmware's C structures lay them out on the ESP8266 (package record).
//
// This file is the one declaration. The packages v4, v8 and common are generated from
// it: the offsets as constants, for values of 4 bytes (integers) and of 8 (floats), and those that are the same for
// both; of the others, common has a structure.
package layout

import "moonlet.example/moonlet/internal/lua/record"

//go:generate go run ../../lua/record/gen -edition 5.1 -o common/offsets.go
//go:generate go run ../../lua/record/gen -edition 5.1 -value 4 -o v4/offsets.go
//go:generate go run ../../lua/record/gen -edition 5.1 -value 8 -o v8/offsets.go

type field = record.Field

// Records is the list of all record layouts, in order of dependency.
func Records() []record.Record {
	return []record.Record{
		{Name: "TV", Doc: "struct lua_TValue, lobject.h", Pack: record.TValueAlign, Fields: []field{
			{Name: "Value", Kind: record.Value}, {Name: "TT", Kind: record.Word}}},
		{Name: "GCObject", Doc: "struct GCheader, lobject.h", Fields: record.Header()},
		{Name: "TString", Doc: "union TString, lobject.h; the bytes follow", Fields: record.Header(
			field{Name: "Hash", Kind: record.Word}, field{Name: "Len", Kind: record.Word})},
		{Name: "Udata", Doc: "union Udata, lobject.h, which is aligned to 8; the memory follows", Fields: record.Header(
			field{Name: "Metatable", Kind: record.Ptr}, field{Name: "Env", Kind: record.Ptr},
			field{Name: "Len", Kind: record.Word}, field{Name: "Pad", Kind: record.Word})},
		{Name: "LocVar", Doc: "struct LocVar, lobject.h", Fields: []field{
			{Name: "VarName", Kind: record.Ptr}, {Name: "StartPC", Kind: record.Word}, {Name: "EndPC", Kind: record.Word}}},
		{Name: "Proto", Doc: "struct Proto, lobject.h", Fields: record.Header(
			field{Name: "K", Kind: record.Ptr}, field{Name: "Code", Kind: record.Ptr},
			field{Name: "P", Kind: record.Ptr}, field{Name: "LineInfo", Kind: record.Ptr},
			field{Name: "LocVars", Kind: record.Ptr}, field{Name: "Upvalues", Kind: record.Ptr},
			field{Name: "Source", Kind: record.Ptr}, field{Name: "SizeUpvalues", Kind: record.Word},
			field{Name: "SizeK", Kind: record.Word}, field{Name: "SizeCode", Kind: record.Word},
			field{Name: "SizeP", Kind: record.Word}, field{Name: "SizeLocVars", Kind: record.Word},
			field{Name: "LineDefined", Kind: record.Word}, field{Name: "LastLineDefined", Kind: record.Word},
			field{Name: "GCList", Kind: record.Ptr}, field{Name: "NUps", Kind: record.Byte},
			field{Name: "NumParams", Kind: record.Byte}, field{Name: "IsVararg", Kind: record.Byte},
			field{Name: "MaxStackSize", Kind: record.Byte})},
		{Name: "UpVal", Doc: "struct UpVal, lobject.h", Fields: record.Header(field{Name: "V", Kind: record.Ptr}),
			Union: [][]field{{{Name: "Value", Kind: record.TValue}},
				{{Name: "Prev", Kind: record.Ptr}, {Name: "OpenNext", Kind: record.Ptr}}}},
		{Name: "CClosure", Doc: "struct CClosure, lobject.h; the upvalues follow", Fields: record.Header(
			field{Name: "IsC", Kind: record.Byte}, field{Name: "NUpvalues", Kind: record.Byte},
			field{Name: "GCList", Kind: record.Ptr}, field{Name: "Env", Kind: record.Ptr},
			field{Name: "F", Kind: record.Ptr})},
		{Name: "LClosure", Doc: "struct LClosure, lobject.h; the upvalues' addresses follow", Fields: record.Header(
			field{Name: "IsC", Kind: record.Byte}, field{Name: "NUpvalues", Kind: record.Byte},
			field{Name: "GCList", Kind: record.Ptr}, field{Name: "Env", Kind: record.Ptr},
			field{Name: "P", Kind: record.Ptr})},
		{Name: "Table", Doc: "struct Table, lobject.h", Fields: record.Header(
			field{Name: "Flags", Kind: record.Byte}, field{Name: "LSizeNode", Kind: record.Byte},
			field{Name: "Metatable", Kind: record.Ptr}, field{Name: "Array", Kind: record.Ptr},
			field{Name: "Node", Kind: record.Ptr}, field{Name: "LastFree", Kind: record.Ptr},
			field{Name: "GCList", Kind: record.Ptr}, field{Name: "SizeArray", Kind: record.Word})},
		{Name: "ROTable", Doc: "struct ROTable, lobject.h; begins like Table", Fields: record.Header(
			field{Name: "Flags", Kind: record.Byte}, field{Name: "LSizeNode", Kind: record.Byte},
			field{Name: "Metatable", Kind: record.Ptr}, field{Name: "Entry", Kind: record.Ptr})},
		{Name: "ROEntry", Doc: "struct ROTable_entry, lobject.h", Fields: []field{
			{Name: "Key", Kind: record.Ptr}, {Name: "Value", Kind: record.TValue}}},
		{Name: "Node", Doc: "struct Node, lobject.h", Fields: []field{
			{Name: "Val", Kind: record.TValue}, {Name: "Key", Kind: record.Value},
			{Name: "KeyTT", Kind: record.Word}, {Name: "Next", Kind: record.Ptr}}},
		{Name: "CallInfo", Doc: "struct CallInfo, lstate.h", Fields: []field{
			{Name: "Base", Kind: record.Ptr}, {Name: "Func", Kind: record.Ptr}, {Name: "Top", Kind: record.Ptr},
			{Name: "SavedPC", Kind: record.Ptr}, {Name: "NResults", Kind: record.Word}, {Name: "TailCalls", Kind: record.Word}}},
		{Name: "LuaState", Doc: "struct lua_State, lstate.h", Fields: record.Header(
			field{Name: "Status", Kind: record.Byte}, field{Name: "Top", Kind: record.Ptr},
			field{Name: "Base", Kind: record.Ptr}, field{Name: "G", Kind: record.Ptr},
			field{Name: "CI", Kind: record.Ptr}, field{Name: "SavedPC", Kind: record.Ptr},
			field{Name: "StackLast", Kind: record.Ptr}, field{Name: "Stack", Kind: record.Ptr},
			field{Name: "EndCI", Kind: record.Ptr}, field{Name: "BaseCI", Kind: record.Ptr},
			field{Name: "StackSize", Kind: record.Word}, field{Name: "SizeCI", Kind: record.Word},
			field{Name: "NCCalls", Kind: record.Half}, field{Name: "BaseCCalls", Kind: record.Half},
			field{Name: "HookMask", Kind: record.Byte}, field{Name: "AllowHook", Kind: record.Byte},
			field{Name: "BaseHookCount", Kind: record.Word}, field{Name: "HookCount", Kind: record.Word},
			field{Name: "Hook", Kind: record.Ptr}, field{Name: "Globals", Kind: record.TValue},
			field{Name: "Env", Kind: record.TValue}, field{Name: "OpenUpval", Kind: record.Ptr},
			field{Name: "GCList", Kind: record.Ptr}, field{Name: "ErrorJmp", Kind: record.Ptr},
			field{Name: "ErrFunc", Kind: record.Word})},
		{Name: "StringTable", Doc: "struct stringtable, lstate.h", Fields: []field{
			{Name: "Hash", Kind: record.Ptr}, {Name: "NUse", Kind: record.Word}, {Name: "Slots", Kind: record.Word}}},
		{Name: "Buffer", Doc: "struct Mbuffer, lzio.h", Fields: []field{
			{Name: "At", Kind: record.Ptr}, {Name: "Used", Kind: record.Word}, {Name: "Bytes", Kind: record.Word}}},
		{Name: "Global", Doc: "struct global_State, lstate.h", Fields: []field{
			{Name: "Strt", Of: "StringTable"}, {Name: "FRealloc", Kind: record.Ptr}, {Name: "UD", Kind: record.Ptr},
			{Name: "CurrentWhite", Kind: record.Byte}, {Name: "GCState", Kind: record.Byte},
			{Name: "GCFlags", Kind: record.Byte}, {Name: "SweepStrGC", Kind: record.Word},
			{Name: "RootGC", Kind: record.Ptr}, {Name: "SweepGC", Kind: record.Ptr},
			{Name: "Gray", Kind: record.Ptr}, {Name: "GrayAgain", Kind: record.Ptr},
			{Name: "Weak", Kind: record.Ptr}, {Name: "TMUData", Kind: record.Ptr},
			{Name: "Buff", Of: "Buffer"}, {Name: "GCThreshold", Kind: record.Word},
			{Name: "TotalBytes", Kind: record.Word}, {Name: "MemLimit", Kind: record.Word},
			{Name: "Estimate", Kind: record.Word}, {Name: "GCDept", Kind: record.Word},
			{Name: "GCPause", Kind: record.Word}, {Name: "GCStepMul", Kind: record.Word},
			{Name: "StripDefault", Kind: record.Word}, {Name: "EGCMode", Kind: record.Word},
			{Name: "Panic", Kind: record.Ptr}, {Name: "Registry", Kind: record.TValue},
			{Name: "MainThread", Kind: record.Ptr}, {Name: "UVHead", Of: "UpVal"},
			{Name: "MT", Kind: record.Ptr, N: 9}, {Name: "TMName", Kind: record.Ptr, N: 18},
			{Name: "ROStrt", Of: "StringTable"}, {Name: "ROPVMain", Kind: record.Ptr},
			{Name: "LFSSize", Kind: record.Word}, {Name: "ErrorReporter", Kind: record.Word}}},
		{Name: "LG", Doc: "struct LG, lstate.c: main thread and global state", Fields: []field{
			{Name: "L", Of: "LuaState"}, {Name: "G", Of: "Global"}}},
	}
}
