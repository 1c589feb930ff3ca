package device_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua/num"
)

// numbersProgram uses every module with numbers at which models differ.
const numbersProgram = `
print(math.maxinteger, 1 / 3, #string.pack("j", 1), #string.pack("n", 1))
print(sjson.encode({ a = 1, b = 1.5 }), sjson.decode('{"x": 12345678901}').x)
print(struct.unpack("<i4", struct.pack("<i4", -5)))
print(bit.band(0xFF, 0x0F), bit.bnot(0), bit.lshift(1, 31), bit.arshift(-8, 1), bit.rshift(-1, 1))
file.putcontents("x.txt", ("line\n"):rep(10)) print(#file.getcontents("x.txt"), file.stat("x.txt").size)
local p = pipe.create() p:write("abc\ndef\n") print(p:read("\n"))
gpio.mode(1, gpio.OUTPUT) gpio.write(1, 1) print(gpio.read(1), node.info("hw").flash_size)
local s = net.createServer(net.TCP, 30) s:listen(2323, function() end) print(s:getaddr())
print(uart.getconfig(0)) print(wifi.getmode())
local f = loadstring("return 2^40, 1 << 40") print(f())
local d = string.dump(function(a) return a * 2.5 end) print(load(d)(3))
node.task.post(function(prio) print("task", prio) end)
tmr.create():alarm(250, tmr.ALARM_SINGLE, function() print("tick", tmr.now() // 1000000, node.heap() < 50000) end)
`

// TestNumberModels runs a module with each kind of numbers. A build with larger ones
// has less memory free on the same heap.
func TestNumberModels(t *testing.T) {
	want := map[num.Model]string{
		num.Int32Float32: "2147483647\t0.3333333\t4\t4\n" + `{"a":1,"b":1.5}` + "\t1.234568e+10\n-5\t5\n" +
			"15\t-1\t-2147483648\t-4\t2147483647\n%s1.099512e+12\t0\n",
		num.Int64Float64: "9223372036854775807\t0.33333333333333\t8\t8\n" + `{"a":1,"b":1.5}` + "\t12345678901\n-5\t5\n" +
			"15\t-1\t2147483648\t-4\t2147483647\n%s1099511627776.0\t1099511627776\n",
		num.Int32Float64: "2147483647\t0.33333333333333\t4\t8\n" + `{"a":1,"b":1.5}` + "\t12345678901.0\n-5\t5\n" +
			"15\t-1\t-2147483648\t-4\t2147483647\n%s1099511627776.0\t0\n",
	}
	const same = "50\t50\nabc\n1\t4096\n2323\t0.0.0.0\n115200\t8\t0\t1\n2\n"
	var free []int
	for _, model := range num.Models() {
		t.Run(model.Flag(), func(t *testing.T) {
			m := startModel(t, model, numbersProgram)
			m.boot()
			m.runFor(time.Second)
			m.typed("collectgarbage() collectgarbage()\n") // what is garbage depends on when the collector ran
			got := m.typed("=node.heap()\n")
			var n int
			if _, err := fmt.Sscan(strings.TrimPrefix(got[strings.Index(got, "\n")+1:], "> "), &n); err != nil {
				t.Fatalf("%q: %v", got, err)
			}
			free = append(free, n)
		})
		t.Run(model.Flag()+"/output", func(t *testing.T) {
			m := startModel(t, model, numbersProgram)
			m.runFor(2 * time.Second)
			_, got, _ := strings.Cut(m.printed(), "SDK 3.0.1-dev(fce080e)\n")
			expect := fmt.Sprintf(want[model], same) + "7.5\ntask\t1\n> tick\t0\ttrue\n"
			if got != expect {
				t.Errorf("got\n%swant\n%s", got, expect)
			}
		})
	}
	if len(free) == 3 && (free[1] >= free[0] || free[2] >= free[0]) {
		t.Errorf("free bytes are %v: larger numbers should leave less", free)
	}
}

func startModel(t *testing.T, model num.Model, code string) *module {
	t.Helper()
	return startConfig(t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: stateWith(t, "init.lua", code), Build: firmware.Build{Numbers: model}})
}

// TestBuildType holds that the banner and node.info call the numbers what the firmware does.
func TestBuildType(t *testing.T) {
	for model, want := range map[num.Model]string{num.Int32Float32: "float", num.Int64Float64: "double", num.Int32Float64: "float"} {
		m := startModel(t, model, "print('info', node.info('build_config').number_type)")
		m.runFor(time.Second)
		got := m.printed()
		if !strings.Contains(got, "\n\tbuild type: "+want+"\n") || !strings.Contains(got, "\ninfo\t"+want+"\n") {
			t.Errorf("%v: want %q in %q", model, want, got)
		}
	}
}
