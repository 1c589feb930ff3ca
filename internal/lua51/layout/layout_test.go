package layout

import (
	"strconv"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/record"
)

// figures are offsets and sizes of the structures of app/lua (lobject.h, lstate.h) as the chip's
// compiler has them (gcc for the lx106 processor): "field offset" is for both builds, "field offset/offset"
// for the integer and the float one.
const figures = `
TV Size 8/12
TString Next 0, TT 4, Marked 5, Hash 8, Len 12, Size 16
Udata Metatable 8, Env 12, Len 16, Size 24
LocVar Size 12
Proto K 8, Code 12, P 16, LineInfo 20, LocVars 24, Upvalues 28, Source 32, SizeUpvalues 36, SizeK 40, SizeCode 44, SizeP 48, SizeLocVars 52, LineDefined 56, LastLineDefined 60, GCList 64, NUps 68, Size 72
UpVal V 8, Value 12, Prev 12, Size 20/24
CClosure IsC 6, NUpvalues 7, GCList 8, Env 12, F 16, Size 20
LClosure P 16, Size 20
Table Flags 6, LSizeNode 7, Metatable 8, Array 12, Node 16, LastFree 20, GCList 24, SizeArray 28, Size 32
ROTable Metatable 8, Entry 12, Size 16
ROEntry Size 12/16
Node Val 0, Key 8/16, KeyTT 12/24, Next 16/28, Size 20/32
CallInfo Base 0, Func 4, Top 8, SavedPC 12, NResults 16, TailCalls 20, Size 24
LuaState Status 6, Top 8, Base 12, G 16, CI 20, SavedPC 24, Stack 32, BaseCI 40, NCCalls 52, HookMask 56, Globals 72, Env 80/84, OpenUpval 88/96, Size 104/112
Global Strt 0, RootGC 28, Gray 36, TMUData 48, Buff 52, GCThreshold 64, MemLimit 72, StripDefault 92, EGCMode 96, Registry 104, ROStrt 244/252, Size 268/276
LG Size 372/388`

func TestFiguresOfC(t *testing.T) {
	for value, which := range map[int]int{4: 0, 8: 1} {
		of := record.Of(Records(), value)
		for line := range strings.Lines(strings.TrimSpace(figures)) {
			name, fields, _ := strings.Cut(strings.TrimSpace(line), " ")
			for f := range strings.SplitSeq(fields, ", ") {
				field, offsets, _ := strings.Cut(f, " ")
				both := strings.Split(offsets, "/")
				want := both[min(which, len(both)-1)]
				if got := of(name, field); want != strconv.Itoa(got) {
					t.Errorf("values of %d bytes: %s.%s is at %d, C has it at %s", value, name, field, got, want)
				}
			}
		}
	}
}
