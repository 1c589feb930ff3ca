package lua53_test
import ("testing";"os";"strings";"moonlet/internal/state")
func TestX(t *testing.T) {
	var b strings.Builder
	tm := mustMachine(t, options{heapBytes: 8<<20, strict: os.Getenv("XS")!="", fast:os.Getenv("XF")!="", strip: 1, output: &b})
	code, _ := os.ReadFile(os.Getenv("XFILE"))
	out := tm.run(code, "@x.lua", "t")
	t.Log(out, b.String())
	tm.State().GC(state.GCCollect, 0)
	if err := tm.CheckHeap(); err != nil { t.Error(err) }
	tm.Close()
	if len(tm.strict.live) > 0 { t.Error(tm.strict.live) }
}
