package lua53_test
import ("testing";"os";"fmt";"moonlet/internal/state";"strings")
func TestX2(t *testing.T) {
	var b strings.Builder
	tm := mustMachine(t, options{heapBytes: 8<<20, strict: true, strip: 1, output: &b})
	code, _ := os.ReadFile(os.Getenv("XFILE"))
	tm.strict.check = func(what string) { if err := tm.strict.Check(); err != nil { panic(fmt.Sprint(what, " ", err, tm.Position(), b.String())) } }
	L := tm.State()
	L.LoadBytes(code, "@x.lua", "t")
	for a, n := range tm.strict.live { if a < 0x3ffe9ec8 && a+n > 0x3ffe9ec0-64 { t.Logf("%#x %d", a, n) } }
	L.PCall(0,0,0)
	_ = state.OK
}
