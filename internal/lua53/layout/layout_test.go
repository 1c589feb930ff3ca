package layout

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// figures are the offsets and sizes of the structures of app/lua53 (lobject.h, lstate.h,
// lfunc.h, lparser.h) that gcc 12 printed with -m32; the sizes of all, and the offsets
// behind members of 8 bytes, are those of the chip's gcc 12 (xtensa-lx106-elf), which aligns
// such members to 8. "field offset" is for both sizes of a Value, "field offset/offset" for
// 4 and 8 bytes (LUA_NUMBER_64BITS).
var figures = map[string]string{
	"TV":        "Value 0, TT 4/8, Size 8/12",
	"GCObject":  "Next 0, TT 4, Marked 5, Size 8",
	"TString":   "Next 0, TT 4, Marked 5, Extra 6, ShrLen 7, Hash 8, LngLen 12, HNext 12, Size 16",
	"Udata":     "Next 0, TT 4, Marked 5, TTUV 6, Metatable 8, Len 12, User 16, Size 20/24",
	"Upvaldesc": "Name 0, InStack 4, Idx 5, Size 8",
	"LocVar":    "VarName 0, StartPC 4, EndPC 8, Size 12",
	"Proto": "Next 0, TT 4, Marked 5, NumParams 6, IsVararg 7, MaxStackSize 8, SizeUpvalues 12, SizeK 16, " +
		"SizeCode 20, SizeLineInfo 24, SizeP 28, SizeLocVars 32, LineDefined 36, LastLineDefined 40, " +
		"K 44, Code 48, P 52, LineInfo 56, LocVars 60, Upvalues 64, Source 68, GCList 72, Size 76",
	"UpVal":    "V 0, RefCount 4, OpenNext 8, Touched 12, Value 8, Size 16/20",
	"CClosure": "Next 0, TT 4, Marked 5, NUpvalues 6, GCList 8, F 12, Upvalue 16, Size 24/28",
	"LClosure": "Next 0, TT 4, Marked 5, NUpvalues 6, GCList 8, P 12, Upvals 16, Size 20",
	"Table": "Next 0, TT 4, Marked 5, Flags 6, LSizeNode 7, Metatable 8, SizeArray 12, Array 16, Node 20, " +
		"LastFree 24, GCList 28, Size 32",
	"ROTable": "Next 0, TT 4, Marked 5, Flags 6, LSizeNode 7, Metatable 8, Entry 12, Size 16",
	"ROEntry": "Key 0, Value 4, Size 12/16",
	"Node":    "Val 0, Key 8/16, KeyTT 12/24, Next 16/28, Size 20/32",
	"CallInfo": "Func 0, Top 4, Previous 8, Next 12, Base 16, SavedPC 20, K 16, OldErrFunc 20, Ctx 24, Extra 28, " +
		"NResults 32, CallStatus 34, Size 36",
	"LuaState": "Next 0, TT 4, Marked 5, NCI 6, Status 8, Top 12, G 16, CI 20, OldPC 24, StackLast 28, Stack 32, " +
		"OpenUpval 36, GCList 40, TwUps 44, ErrorJmp 48, BaseCI 52, Hook 88, ErrFunc 92, StackSize 96, " +
		"BaseHookCount 100, HookCount 104, NNY 108, NCCalls 110, HookMask 112, AllowHook 116, Size 120",
	"LX":          "Extra 0, L 4, Size 124",
	"StringTable": "Hash 0, NUse 4, Slots 8, Size 12",
	"Global": "FRealloc 0, UD 4, TotalBytes 8, GCDebt 12, GCMemTrav 16, GCEstimate 20, Strt 24, Registry 36, " +
		"Seed 44/48, CurrentWhite 48/52, GCState 49/53, GCKind 50/54, GCRunning 51/55, AllGC 52/56, " +
		"SweepGC 56/60, FinObj 60/64, Gray 64/68, GrayAgain 68/72, Weak 72/76, Ephemeron 76/80, " +
		"AllWeak 80/84, ToBeFnz 84/88, FixedGC 88/92, TwUps 92/96, GCFinNum 96/100, GCPause 100/104, " +
		"GCStepMul 104/108, StripDefault 108/112, GCMemFreeBoard 112/116, Panic 116/120, " +
		"MainThread 120/124, Version 124/128, MemErrMsg 128/132, TMName 132/136, MT 228/232, " +
		"ROStrt 264/268, LFSTable 276/280, LFS 284/292, LFSSize 288/296, Cache 292/300, Size 296/304",
	"LG":        "L 0, G 124, Size 420/428",
	"Vardesc":   "Idx 0, Size 2",
	"Labeldesc": "Name 0, PC 4, Line 8, NActVar 12, Size 16",
}

// TestFiguresOfC compares all computed offsets with those of the C compiler.
func TestFiguresOfC(t *testing.T) {
	for value, figure := range map[int]int{4: 0, 8: 1} {
		got := map[string][]string{}
		for _, o := range Compute(value) {
			got[o.Record] = append(got[o.Record], fmt.Sprint(o.Field, " ", o.Bytes))
		}
		for record, list := range figures {
			var want []string
			for f := range strings.SplitSeq(list, ", ") {
				field, offsets, _ := strings.Cut(f, " ")
				both := strings.Split(offsets, "/")
				want = append(want, field+" "+both[min(figure, len(both)-1)])
			}
			if !reflect.DeepEqual(got[record], want) {
				t.Errorf("values of %d bytes: %s is laid out\n%v, C has\n%v", value, record, got[record], want)
			}
			delete(got, record)
		}
		for record := range got {
			t.Errorf("no figures for %s", record)
		}
	}
}

func TestOf(t *testing.T) {
	if n := Of(8)("Global", "Size"); n != 304 {
		t.Errorf("Global has %d bytes", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown field has an offset")
		}
	}()
	Of(4)("Global", "Nothing")
}
