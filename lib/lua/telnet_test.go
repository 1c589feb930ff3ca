package lualib_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/moonlettest"
)

func countStarts(m *moonlettest.Module) int { return strings.Count(m.Output(), "NodeMCU ") }

// telnetModule starts a module whose prompt is on port 23.
func telnetModule(t *testing.T, p place, options string) *moonlettest.Module {
	t.Helper()
	m := p.start(t, nil, listening+`telnet = require "telnet" telnet.open {`+options+`} print "ready"`, "telnet")
	m.Expect("ready")
	m.Pace = 50
	return m
}

// say sends a text and waits for another.
func say(c *moonlettest.Conn, send, want string) (before string) {
	c.Send(send)
	return c.Expect(want)
}

// guest connects and waits for the prompt.
func guest(t *testing.T, m *moonlettest.Module) *moonlettest.Conn {
	t.Helper()
	m.Run(500 * time.Millisecond) // the one before has gone
	c := m.Dial(23)
	c.Expect("> ")
	return c
}

// leave ends a session and waits until the module knows.
func leave(m *moonlettest.Module, c *moonlettest.Conn) {
	c.Close()
	for range 5 { // this computer may be busy
		time.Sleep(5 * time.Millisecond)
		m.Run(20 * time.Millisecond)
	}
}

// TestTelnet is a session, twice, and the end of the server by a guest.
func TestTelnet(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		m := telnetModule(t, p, "")
		steady(t, m, 8, func() { telnetSession(t, m) })
		if out := m.Output(); strings.Contains(out, "unexpected symbol") || strings.Contains(out, "still here") {
			t.Error("the serial port shows the session")
		}
		c := guest(t, m)
		if p.store { // as the page says; from RAM there is no room for it
			say(c, "for i = 1, 300 do print(i, ('x'):rep(36)) end\n", "300\t")
		}
		c.Send("for i = 1, 3 do telnet.close() end print('cl' .. 'osed')\n")
		m.Expect("closed")
		c.ExpectEnd()
		m.Enter(`telnet.open{port = 2323, welcome = "Good evening."} print(pcall(telnet.open))`)
		m.Expect("telnet: it is open")
		m.Dial(2323).Expect("Good evening.\n")
		startedOnce(t, m)
	})
}

// telnetSession is a session with input in all forms of lines.
func telnetSession(t *testing.T, m *moonlettest.Module) {
	t.Helper()
	c := guest(t, m)
	for i, s := range []string{
		"\xff\xfd\x03print('<' .. 0 .. '>')\r\n", "print('<' .. 1 .. '>')\n", "print('<' .. 2 .. '>')\r\x00", "print('<' .. 3 .. '>')\r",
		"\x00=\r\n" + "print('<' .. 4 .. '>')\r\n", "pri\xff\xfa\x18\x00xterm\xff\xff\xff\xf0nt('<' .. 5 .. '>')\r\n",
		"\xff\xf1print('<' .. #'\xff\xff' + 5 .. '>')\r\n", "for i = 7, 7 do\r\nprint('<' .. i .. '>')\r\nend\r\n",
	} {
		say(c, s, fmt.Sprintf("<%d>", i))
	}
	const pieces = "\xff\xfb\x18pr\xff\xfa\x18\xff\xff\xff\xf0int('<' .. 8 .. '>')\r\n"
	for i := range len(pieces) {
		c.Send(pieces[i : i+1])
		m.Run(20 * time.Millisecond)
	}
	c.Expect("<8>")
	for _, s := range [][2]string{
		{"x = = 1\r\n", "unexpected symbol"}, {"error('of mine')\r\n", "stdin:1: of mine"}, {"nothing.at.all()\r\n", "attempt to index"},
		{"print(1) print(2, nil)\r\n", "1\n2\tnil\n"}, {"=6 * 7\r\n", "42"},
		{"for i = 1, 120 do print(i, ('x'):rep(30)) end\r\n", "120\t" + strings.Repeat("x", 30)},
	} {
		say(c, s[0], s[1])
	}
	d := m.Dial(23)
	d.Expect("Somebody else is here. Please try again later.\r\n")
	d.ExpectEnd()
	say(c, "print('still ' .. 'here')\r\n", "still here")
	leave(m, c)
	m.Enter("print('ser' .. 'ial')")
	m.Expect("serial")
}

// TestTelnetPassword asks for it, three times, and shows nothing before.
func TestTelnetPassword(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		m := telnetModule(t, p, `password = "open sesame"`)
		session := func(lines ...string) *moonlettest.Conn {
			c := m.Dial(23)
			c.Expect("\xff\xfb\x01Password: ")
			for i, line := range lines {
				if c.Send(line); i < len(lines)-1 {
					c.Expect("Password: ")
				}
			}
			return c
		}
		var c *moonlettest.Conn
		steady(t, m, 8, func() {
			c = session("open sesame\r\n")
			c.Expect("\xff\xfc\x01\r\n")
			c.Expect("> ")
			leave(m, c)
		})
		for _, right := range []string{"open sesame\n", "oppen\x7f\x7f\x7fen sesaMe\b\bme\r\x00", "\xff\xfd\x01open sesame\r\n"} {
			c = session(right)
			c.Expect("> ")
			leave(m, c)
		}
		for _, wrong := range []string{"", "open", "open sesam", "open sesame ", strings.Repeat("x", 600) + "open sesame", "print('here')"} {
			c = session(wrong+"\n", "open sesame\r\n")
			c.Expect("> ")
			leave(m, c)
			c = session(wrong+"\n", wrong+"\n", wrong+"\n")
			if end := c.ExpectEnd(); !strings.Contains(end, "That is wrong.") || strings.Contains(end, "> ") {
				t.Errorf("%q", end)
			}
		}
		c = session("x\nx\nx\nopen sesame\nprint('here')\n") // lines that nobody waits for
		if end := c.ExpectEnd(); !strings.Contains(end, "That is wrong.") || strings.Contains(end, "> ") {
			t.Errorf("%q", end)
		}
		c = session("y")
		began, _ := m.Now()
		c.ExpectEnd() // who says nothing has to leave
		if now, _ := m.Now(); now-began < 50*time.Second || now-began > 90*time.Second {
			t.Errorf("after %v", now-began)
		}
		if strings.Contains(m.Output(), "here") {
			t.Error("somebody was let in")
		}
		steady(t, m, 8, func() { session("x\n", "x\n", "x\n").ExpectEnd() })
		startedOnce(t, m)
	})
}

// TestTelnetBounds holds that nothing piles up, whatever a guest sends or leaves half done.
func TestTelnetBounds(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		m := telnetModule(t, p, "idle = 100")
		m.Patience = 5 * time.Minute
		steady(t, m, 8, func() {
			c := guest(t, m)
			c.Send(strings.Repeat("y", 20_000) + "\nprint('a' .. 1)\n")
			c.Expect("telnet: a line has 512 bytes at most")
			c.Expect("a1")
			c.Send("for i = 1, 2 do\n" + strings.Repeat("b = 1234567890\n", 250)) // never complete
			c.Expect("telnet: that is too long to be typed in one go")
			c.Expect("unexpected symbol near")
			say(c, "end\nprint('c' .. 3)\n", "c3")
			c.Send("print([==[ half") // and half a line
			leave(m, c)
		})
		c := guest(t, m)
		c.Send(strings.Repeat("b = 1\n", 2000) + "print('b' .. 2)\n") // more than the window
		c.Expect("b2")
		leave(m, c)
		for _, half := range []string{"for i = 1, 2 do\n", "x = [[\n", "--[===[ x\n", "f(\n"} {
			c = guest(t, m)
			say(c, half, ">> ")
			leave(m, c)
			m.Enter("print('d' .. 4)") // what was half typed is not in the way of the serial port
			m.Expect("\nd4")
		}
		c = guest(t, m)
		began, _ := m.Now() // who types nothing has to leave
		if end := c.ExpectEnd(); !strings.Contains(end, "Nobody types here.") {
			t.Errorf("%q", end)
		}
		if now, _ := m.Now(); now-began < 90*time.Second || now-began > 150*time.Second {
			t.Errorf("after %v", now-began)
		}
		startedOnce(t, m)
	})
}

// TestTelnetNoise is sessions of bytes by chance, that end anywhere.
func TestTelnetNoise(t *testing.T) {
	for _, edition := range editions {
		for name, options := range map[string]string{"open": "", "password": `password = "secret"`} {
			t.Run("Lua-"+edition+"/"+name, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(23, 5))
				m := telnetModule(t, place{edition: edition, store: true}, options)
				steady(t, m, 6, func() {
					for range 80 {
						c := dialSilent(t, m, 23)
						_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
						for range random.IntN(4) {
							_, _ = io.WriteString(c, noise(random))
						}
						m.Run(time.Duration(random.IntN(50)) * time.Millisecond)
						c.Close()
					}
					m.Run(5 * time.Second) // those who wait have their turn
					c := m.Dial(23)
					c.Expect([]string{"> ", "Password: "}[min(len(options), 1)])
					leave(m, c)
				})
				startedOnce(t, m)
			})
		}
	}
}

// noise is what no program sends on purpose; most lines are no Lua.
func noise(random *rand.Rand) string {
	b := make([]byte, random.IntN(300))
	for i := range b {
		const often = "\xff\xfa\xf0\xfb\r\n\x00 (=\"[]x1\x7f\x80"
		b[i] = often[random.IntN(len(often))]
		if random.IntN(4) == 0 {
			b[i] = byte(random.IntN(256))
		}
	}
	return string(b)
}

// TestTelnetSoak is many commands in many sessions, and a heap that stays as it is.
func TestTelnetSoak(t *testing.T) {
	const perSession = 20
	for _, edition := range editions {
		t.Run("Lua-"+edition, func(t *testing.T) {
			t.Parallel()
			m := telnetModule(t, place{edition: edition, store: true}, "")
			began, i := time.Now(), 0
			steady(t, m, 6, func() {
				for range soak(120) / 2 / perSession {
					c := guest(t, m)
					for range perSession {
						i++
						say(c, fmt.Sprintf("print('<' .. %d + 1 .. '>')\r\n", i), fmt.Sprintf("<%d>", i+1))
					}
					leave(m, c)
				}
			})
			t.Logf("%d commands in %d sessions took %v", i, i/perSession, time.Since(began).Round(time.Millisecond))
			startedOnce(t, m)
		})
	}
}

// TestTelnetErrors are wrong options and a port that is taken.
func TestTelnetErrors(t *testing.T) {
	const script = network + `local telnet = require "telnet"
raises("password", "telnet: the password is no string", telnet.open, { password = 5 })
local server = net.createServer()
server:listen(23, print)
raises("port", "", telnet.open)
server:close()
telnet.open()
raises("twice", "telnet: it is open", telnet.open)
telnet.close()
telnet.close()
telnet.open()
print "finished"
`
	everywhere(t, func(t *testing.T, p place) { p.run(t, nil, script, "telnet") })
}
