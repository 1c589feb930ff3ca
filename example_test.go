package moonlet_test

import (
	"fmt"
	"log"
	"strings"
	"time"

	"moonlet.example/moonlet"
)

// app is a module in virtual time with an application.
func app(code string) moonlet.Config {
	return moonlet.Config{Files: map[string]string{"init.lua": code}, Time: moonlet.Virtual, Seed: 1}
}

func ExampleNew() {
	m, err := moonlet.New(moonlet.Config{
		Files: map[string]string{"init.lua": `
			tmr.create():alarm(60000, tmr.ALARM_AUTO, function() print("a minute more") end)
			print("hello, there are " .. #file.list() .. " more files")`},
		Time: moonlet.Virtual,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Expect("hello", time.Second); err != nil {
		log.Fatal(err)
	}
	if err := m.RunFor(time.Hour); err != nil { // takes no hour
		log.Fatal(err)
	}
	fmt.Println(strings.Count(m.Output(), "a minute more"), "minutes")
	// Output: 60 minutes
}

func ExampleOpen() {
	m, err := moonlet.Open("examples/blink", moonlet.Apart(), moonlet.With(moonlet.Config{Time: moonlet.Virtual}))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for range 4 {
		if err := m.RunFor(500 * time.Millisecond); err != nil {
			log.Fatal(err)
		}
		level, err := m.Pin(4)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("the LED's pin is", level)
	}
	// Output:
	// the LED's pin is 1
	// the LED's pin is 0
	// the LED's pin is 1
	// the LED's pin is 0
}

func ExampleOpen_mistakes() {
	c := app("")
	c.HeapBytes = 1 << 20
	c.Buttons = []moonlet.Button{{Name: "a", Pin: 3}, {Name: "b", Pin: 30}}
	c.Levels = []moonlet.Level{{Pin: 3, Level: 1}}
	_, err := moonlet.New(c)
	fmt.Println(err)
	// Output:
	// configuration: buttons[1].pin: there is no pin 30; pins are 0 to 12
	// configuration: heap: a heap of 1048576 bytes is not possible: choose 8192 to 59920
	// configuration: buttons[0].pin: levels[0] is at pin 3 already, and one thing drives a pin: choose another pin, or leave one out
}

func ExampleModule_Enter() {
	m, err := moonlet.New(app(""))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Expect("> ", time.Second); err != nil {
		log.Fatal(err)
	}
	if err := m.Enter("print(6 * 7)"); err != nil {
		log.Fatal(err)
	}
	if _, err := m.Expect("\n", time.Second); err != nil { // the echo
		log.Fatal(err)
	}
	answer, err := m.Expect("\n", time.Second)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.TrimSpace(answer))
	// Output: 42
}

func ExampleModule_Press() {
	c := app(`gpio.mode(3, gpio.INT, gpio.PULLUP)
		gpio.trig(3, "down", function() print("pressed") end)`)
	c.Buttons = []moonlet.Button{{Name: "flash", Pin: 3, Level: 0}}
	m, err := moonlet.New(c)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if err := m.Boot(); err != nil {
		log.Fatal(err)
	}
	if err := m.Press("flash", 100*time.Millisecond); err != nil {
		log.Fatal(err)
	}
	_, err = m.Expect("pressed", time.Second)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleModule_RunUntil() {
	m, err := moonlet.New(app(`gpio.mode(1, gpio.OUTPUT)
		tmr.create():alarm(1500, tmr.ALARM_SINGLE, function() gpio.write(1, gpio.HIGH) end)`))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	err = m.RunUntil(func(b *moonlet.Bench) bool { return b.Pin(1) == 1 }, time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	now, err := m.Now()
	fmt.Println(now.Truncate(100*time.Millisecond), err)
	// Output: 1.5s <nil>
}

func ExampleModule_CutPower() {
	m, err := moonlet.New(app(`
		local n = tonumber(file.getcontents("n") or 0) + 1
		file.putcontents("n", n)
		print("start " .. n .. " for reason " .. node.bootreason())`))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for range 3 {
		line, err := m.Expect(" for reason ", time.Second)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(line[strings.LastIndex(line, "start"):])
		if err := m.CutPower(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// start 1
	// start 2
	// start 3
}

func ExampleOnEvent() {
	m, err := moonlet.New(app("local _, reason = node.bootreason() if reason == 0 then node.restart() end"),
		moonlet.OnEvent(func(e moonlet.Event) {
			switch e := e.(type) {
			case moonlet.Rebooted:
				fmt.Println("a new life, for reason", e.Reason)
			default:
				fmt.Println(e.Name(), e)
			}
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if err := m.RunFor(time.Second); err != nil {
		log.Fatal(err)
	}
	// Output: a new life, for reason 4
}

func ExampleModule_Heap() {
	m, err := moonlet.New(app(""))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	if err := m.RunFor(time.Second); err != nil {
		log.Fatal(err)
	}
	heap, err := m.Heap()
	if err != nil {
		log.Fatal(err)
	}
	live, err := m.Collect()
	fmt.Println("garbage:", live.FreeBytes > heap.Free, err)
	// Output: garbage: true <nil>
}
