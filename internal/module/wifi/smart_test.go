package wifi_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/module/moduletest"
)

// TestSmartConfig: what a phone tells, and what comes of it.
func TestSmartConfig(t *testing.T) { moduletest.Editions(t, testSmartConfig) }

func testSmartConfig(t *testing.T) {
	b, l := bootAround(t, "20s smartconfig @home", "100s smartconfig a-secret @eleven", "80s smartconfig @home",
		"200s smartconfig @eleven", "100s smartconfig @home")
	l.ScriptFor("testdata/smart.lua", 10*time.Minute)
	if len(b.noted) != 1 || !strings.HasPrefix(b.noted[0], "wifi: wifi.startsmart only changes the function") {
		t.Errorf("noted: %q", b.noted)
	}
}

// TestSmartConfigMemory: nothing breaks where memory is short.
func TestSmartConfigMemory(t *testing.T) { moduletest.Editions(t, testSmartConfigMemory) }

func testSmartConfigMemory(t *testing.T) {
	_, l := bootAround(t, "0s smartconfig @home")
	l.EveryAllocation("testdata/smart-short.lua")
}

// TestSmartConfigHeap: starting again and again takes no heap, nor does what a phone tells.
func TestSmartConfigHeap(t *testing.T) { moduletest.Editions(t, testSmartConfigHeap) }

func testSmartConfigHeap(t *testing.T) {
	_, l := bootAround(t, "10s smartconfig @home", "100s smartconfig @home", "100s smartconfig @home")
	l.Do(`wifi.setmode(wifi.STATION, false) h, n = 0, 0
		function told() n = n + 1 end
		function again() wifi.startsmart(0, told) wifi.startsmart(told) wifi.stopsmart() end
		function same()
			collectgarbage() collectgarbage()
			local now = collectgarbage "count"
			if h == 0 then h = now end
			assert(now == h, now - h)
		end again() wifi.startsmart(told)`)
	l.RunFor(60 * time.Second)
	l.Do("assert(n == 1) again() same()")
	l.Do("wifi.startsmart(told)")
	l.RunFor(100 * time.Second)
	l.Do("for i = 1, 50 do again() end wifi.startsmart(told) assert(n == 2)")
	l.RunFor(100 * time.Second)
	l.Do("assert(n == 3) again() same()")
}

// TestSmartConfigTold: memory that ends while the phone's word comes in, at each point.
func TestSmartConfigTold(t *testing.T) { moduletest.Editions(t, testSmartConfigTold) }

func testSmartConfigTold(t *testing.T) {
	code, err := os.ReadFile("testdata/smart-short.lua")
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		_, l := bootAround(t, "0s smartconfig @home")
		l.Do(string(code))
		l.Heap.FailAfter = n
		func() {
			defer func() {
				if r := recover(); r != nil {
					if _, ok := l.Machine.Unprotected(r); !ok {
						panic(r)
					}
				}
			}()
			l.RunFor(10 * time.Second)
		}()
		failed := l.Heap.FailAfter == 0
		l.Heap.FailAfter = -1
		if err := l.Machine.CheckHeap(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if !failed {
			t.Logf("%d attempts", n)
			if n < 2 {
				t.Error("nothing was allocated")
			}
			return
		}
	}
}
