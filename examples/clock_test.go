package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// tm1637 is the display at the clock's pins: it takes bits at rising edges of the clock, while nobody begins or ends.
type tm1637 struct {
	clock, data int
	bits        []int
	bytes       []byte   // of the command that is under way
	commands    [][]byte // those that have ended
}

// level is a new level at a pin.
func (d *tm1637) level(pin, level int) {
	switch {
	case pin == 5:
		d.clock = level
		if level == 1 {
			d.bits = append(d.bits, d.data)
			if len(d.bits) == 9 { // the ninth is for its answer
				b := byte(0)
				for i, bit := range d.bits[:8] {
					b |= byte(bit) << i
				}
				d.bytes, d.bits = append(d.bytes, b), nil
			}
		}
	case pin == 6:
		d.data = level
		if d.clock == 1 && level == 0 { // begins
			d.bits, d.bytes = nil, nil
		} else if d.clock == 1 { // ends
			d.commands = append(d.commands, d.bytes)
		}
	}
}

// text is what the last commands show, and the brightness.
func (d *tm1637) text() (text string, brightness int) {
	digits := map[byte]string{0x3F: "0", 0x06: "1", 0x5B: "2", 0x4F: "3", 0x66: "4", 0x6D: "5", 0x7D: "6", 0x07: "7", 0x7F: "8", 0x6F: "9", 0x40: "-"}
	for _, c := range d.commands {
		switch {
		case len(c) == 5 && c[0] == 0xC0:
			text = ""
			for i, b := range c[1:] {
				text += digits[b&0x7F]
				if i == 1 && b&0x80 != 0 {
					text += ":"
				}
			}
		case len(c) == 1 && c[0] >= 0x88 && c[0] < 0x90:
			brightness = int(c[0] - 0x88)
		}
	}
	return text, brightness
}

// TestClock reads the display by its two wires.
func TestClock(t *testing.T) { on(t, testClock, "5.3", "5.1", "5.1-int") }

func testClock(t *testing.T, lua moonlet.Option) {
	d := &tm1637{}
	m := moonlettest.Start(t, "clock", lua, moonlet.Watch(moonlet.WatchPins), moonlet.OnEvent(func(e moonlet.Event) {
		if p, ok := e.(moonlet.PinChanged); ok {
			d.level(p.Pin, p.Level)
		}
	}))
	m.Run(100 * time.Millisecond)
	if text, _ := d.text(); text != "----" {
		t.Errorf("before anybody tells the time there is %q", text)
	}
	m.Expect("clock: ")
	told := strings.TrimSpace(m.Expect("\n"))
	if text, brightness := d.text(); strings.ReplaceAll(text, ":", "") != strings.ReplaceAll(told, ":", "") || len(told) != 5 || brightness > 5 {
		t.Errorf("the display shows %q with brightness %d at %q", text, brightness, told)
	}
	colons := map[bool]int{}
	for range 10 {
		m.Run(time.Second)
		text, _ := d.text()
		colons[strings.Contains(text, ":")]++
	}
	if colons[true] != 5 {
		t.Errorf("the colon is there in %d of 10 seconds", colons[true])
	}
}

// TestClock_Summer compares the example's time with that of a city.
func TestClock_Summer(t *testing.T) { on(t, testSummer, "5.3", "5.1", "5.1-int") }

func testSummer(t *testing.T, lua moonlet.Option) {
	city, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join("clock", "localtime.lua"))
	if err != nil {
		t.Fatal(err)
	}
	var times []int64
	for year := 2024; year < 2034; year++ {
		for _, month := range []time.Month{time.March, time.October} {
			for day := 24; day <= 31; day++ {
				for _, hour := range []int{0, 1, 2} {
					at := time.Date(year, month, day, hour, 0, 0, 0, time.UTC).Unix()
					times = append(times, at-1, at)
				}
			}
		}
		times = append(times, time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(year, time.July, 1, 23, 59, 0, 0, time.UTC).Unix())
	}
	list := ""
	for _, at := range times {
		list += fmt.Sprintln(at)
	}
	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"localtime.lua": string(source), "times": list, "init.lua": `
local l, f = require "localtime", file.open("times")
local line = f:readline()
while line do
  print("at", l.at(tonumber((line:gsub("%s", "")))))
  tmr.wdclr()
  line = f:readline()
end
print "finished"`}}, lua)
	m.Expect("finished")
	lines := strings.Split(strings.ReplaceAll(m.Output(), "\r\n", "\n"), "\nat\t")
	if len(lines) != len(times)+1 {
		t.Fatalf("%d lines for %d times", len(lines)-1, len(times))
	}
	for i, at := range times {
		want := time.Unix(at, 0).In(city)
		var hour, minute int
		if _, err := fmt.Sscan(lines[i+1], &hour, &minute); err != nil || hour != want.Hour() || minute != want.Minute() {
			t.Errorf("%v is %q", want, lines[i+1])
		}
	}
}
