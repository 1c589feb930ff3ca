package lualib_test

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// ftpPort is where passive connections of the first client come in.
const ftpPort = 50000

// ftpModule starts a module with a server for its files. What the module sends to 127.0.0.1 goes there, so that
// active connections can be tested.
func ftpModule(t *testing.T, p place, options string, files map[string]string) *moonlettest.Module {
	t.Helper()
	p.network = moonlet.NetworkConfig{Connect: map[string]string{"127.0.0.1:*": "127.0.0.1:*"}}
	m := p.start(t, files, listening+`ftp = require "ftp" ftp.open { user = "me", password = "secret", passive = 50000, `+options+`} print "ready"`, "ftp")
	m.Expect("ready")
	m.Pace = 50
	return m
}

// ftpClient is the control connection of a client.
type ftpClient struct {
	t *testing.T
	m *moonlettest.Module
	c *moonlettest.Conn
}

// ftpDial connects when there is room for a client.
func ftpDial(t *testing.T, m *moonlettest.Module) *ftpClient {
	t.Helper()
	for range 100 {
		f := &ftpClient{t, m, m.Dial(21)}
		if code, _ := f.reply(); code == 220 {
			return f
		}
	}
	t.Fatal("there is no room for a client")
	return nil
}

// ftpLogin connects and logs in.
func ftpLogin(t *testing.T, m *moonlettest.Module) *ftpClient {
	t.Helper()
	f := ftpDial(t, m)
	f.want(331, "USER me")
	f.want(230, "PASS secret")
	return f
}

// reply is the next one.
func (f *ftpClient) reply() (code int, text string) {
	f.t.Helper()
	for {
		line := f.c.Expect("\r\n")
		text += line + "\n"
		if n, err := strconv.Atoi(line[:min(3, len(line))]); err == nil && !strings.HasPrefix(line[3:], "-") {
			return n, text
		}
	}
}

// want says something and expects an answer with that code.
func (f *ftpClient) want(code int, line string) (text string) {
	f.t.Helper()
	f.c.Send(line + "\r\n")
	got, text := f.reply()
	if got != code {
		f.t.Errorf("%s: %s, and not %d", line, strings.TrimSpace(text), code)
	}
	return text
}

// expects an answer with that code.
func (f *ftpClient) expect(code int) string {
	f.t.Helper()
	got, text := f.reply()
	if got != code {
		f.t.Errorf("%s, and not %d", strings.TrimSpace(text), code)
	}
	return text
}

// quit ends the session.
func (f *ftpClient) quit() {
	f.t.Helper()
	f.want(221, "QUIT")
	f.c.ExpectEnd()
}

// passive opens a data connection.
func (f *ftpClient) passive() *moonlettest.Conn {
	f.t.Helper()
	text := f.want(229, "EPSV")
	var port int
	if _, err := fmt.Sscanf(text[strings.Index(text, "(|||"):], "(|||%d|)", &port); err != nil {
		f.t.Fatal(text, err)
	}
	return f.m.Dial(port)
}

// fetch is what a command gives on a data connection.
func (f *ftpClient) fetch(line string, active bool) string {
	f.t.Helper()
	if active {
		got := f.listen()
		f.want(150, line)
		f.expect(226)
		return got()
	}
	d := f.passive()
	f.want(150, line)
	text := d.ExpectEnd()
	f.expect(226)
	return text
}

// put gives a command something on a data connection, and returns the code at the end.
func (f *ftpClient) put(line, content string, active bool) (code int) {
	f.t.Helper()
	if active {
		give := f.listen(content)
		f.want(150, line)
		code, _ = f.reply()
		give()
		return code
	}
	d := f.passive()
	f.want(150, line)
	d.Send(content)
	d.Close()
	code, _ = f.reply()
	return code
}

// listen waits for an active connection, which gets a content, or is read to its end. It returns a function that
// waits for what was read.
func (f *ftpClient) listen(content ...string) (got func() string) {
	f.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	f.want(200, fmt.Sprintf("PORT 127,0,0,1,%d,%d", port/256, port%256))
	read := make(chan string, 1)
	go func() {
		defer l.Close()
		c, err := l.Accept()
		if err != nil {
			read <- err.Error()
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(30 * time.Second))
		if len(content) > 0 {
			_, err = io.WriteString(c, content[0])
			read <- fmt.Sprint(err)
			return
		}
		text, err := io.ReadAll(c)
		if err != nil {
			text = append(text, err.Error()...)
		}
		read <- string(text)
	}()
	return func() string {
		for range 1000 {
			select {
			case text := <-read:
				return text
			default:
				f.m.Run(10 * time.Millisecond)
			}
		}
		l.Close()
		f.t.Fatal("the data connection does not end")
		return ""
	}
}
