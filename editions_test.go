package moonlet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// TestEditions_Sizes holds what objects of modules take on the heap, by the records of each edition: in Lua 5.1 a
// userdata has 24 bytes before its data (20 in 5.3), a C function 20 and 12 for each upvalue (16 and 8; with integers
// 8), a table 32 (32), a value in its array 12 (8; 8). So the figures are those of the firmware's structures.
func TestEditions_Sizes(t *testing.T) {
	editions(t, func(t *testing.T) {
		head, function, value := 24, 20, 12
		switch {
		case strings.HasSuffix(t.Name(), "5.3"):
			head, function, value = 20, 16, 8
		case strings.HasSuffix(t.Name(), "int"):
			value = 8
		}
		for _, x := range []struct {
			code string
			want int
		}{
			{"tmr.create()", head + 36},
			{"net.createConnection()", head + 44},
			{"net.createUDPSocket()", head + 44},
			{`mqtt.Client("id", 120)`, head + 148},
			{"websocket.createClient()", head + 112},
			{"pixbuf.newBuffer(10, 3)", head + 8 + 30},
			{`crypto.new_hash("sha1")`, head + 12 + 92},
			{"bloom.create(10, 10)", head + 8 + 32},
			{"sjson.decoder()", head + 820},
			{`bme280_math.setup("")`, head + 36 + 32 + 3*value + 3*18}, // and a table of three strings
			{"coap.Client()", head + 8},
			{"pipe.create()", 32 + value + function + 4*value},
		} {
			// collectgarbage counts whole kilobytes in an integer build.
			m := open(t, app(fmt.Sprintf(`
				if node.egc then node.egc.setmode(node.egc.ON_ALLOC_FAILURE) end
				local keep = {}
				for i = 1, 4 do keep[i] = false end
				local function make() return %[1]s end
				local function size()
					make() collectgarbage() collectgarbage()
					local before = node.egc and node.egc.meminfo() or collectgarbage "count" * 1024
					keep[1], keep[2] = make()
					collectgarbage() collectgarbage() -- the firmware's macros make some tables twice
					print("size", ("%%d"):format((node.egc and node.egc.meminfo() or collectgarbage "count" * 1024) - before))
				end
				size() keep[1], keep[2] = false, false
				size()`, x.code)))
			must(t, m.RunFor(time.Second))
			all := strings.Split(m.Output(), "size\t")
			if got, _, _ := strings.Cut(all[len(all)-1], "\r\n"); got != fmt.Sprint(x.want) && got != fmt.Sprintf("%d\n> ", x.want) {
				t.Errorf("%s: %q, want %d", x.code, got, x.want)
			}
		}
	})
}

// TestEditions_Holders holds by what names a heap report knows the tables of globals and of loaded modules, which each
// edition has at another place.
func TestEditions_Holders(t *testing.T) {
	editions(t, func(t *testing.T) {
		m := open(t, app(`config = {name = "x", {1, 2, 3}} package.loaded.mine = {("x"):rep(3000)}
			tmr.create():alarm(1000000, tmr.ALARM_AUTO, function() end)`), moonlet.ProfileHeap())
		must(t, m.RunFor(time.Second))
		s, err := m.HeapSnapshot()
		must(t, err)
		held := map[string]int{}
		for _, h := range s.Report(moonlet.HeapReportOptions{}).Holders {
			held[h.Holder] = h.Bytes
		}
		for _, name := range []string{"global 'config'", "package.loaded.mine", "registry reference → userdata tmr.timer", "the table of globals",
			"names of global variables", "main thread", "the registry"} {
			if held[name] == 0 {
				t.Errorf("nothing is held by %s: %v", name, held)
			}
		}
		if n := held["package.loaded.mine"]; n < 3000 || n > 3300 {
			t.Errorf("package.loaded.mine holds %d bytes", n)
		}
	})
}
