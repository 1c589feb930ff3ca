package cli_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/cli"
)

// TestDriver is no test: the command that TestHeap_Drive lets drive a module.
func TestDriver(t *testing.T) {
	at := os.Getenv("MOONLET_TCP_8000")
	if os.Getenv("MOONLET_TEST_DRIVES") == "" {
		t.Skip("it is for TestHeap_Drive")
	}
	for i := range 5 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(c, "request %d", i)
		if answer, err := io.ReadAll(c); err != nil || string(answer) != "thanks" {
			t.Fatalf("%q, %v", answer, err)
		}
		c.Close()
	}
}

const hoarder = `log = {}
net.createServer():listen(8000, function(c)
  c:on("receive", function(c, text)
    log[#log + 1] = text .. " at " .. tmr.now()
    c:send("thanks", c.close)
  end)
end)`

// TestHeap_Drive holds that what requests from outside leave behind is found at its line.
func TestHeap_Drive(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the quotes of cmd")
	}
	t.Setenv("MOONLET_TEST_DRIVES", "1")
	dir := app(t, "init.lua", hoarder)
	w := newWorld("", nil)
	w.run(t, 0, "global 'log'", "", "heap", dir, "--after", "300ms", "--drive", "'"+os.Args[0]+"' -test.run '^TestDriver$'")
	for _, want := range []string{"init.lua:4  5 strings", "From 30"} {
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("%q is missing in\n%s%s", want, w.out.String(), w.err.String())
		}
	}
	newWorld("", nil).run(t, cli.ExitHost, "", "--drive: exit status 3", "heap", dir, "--after", "100ms", "--drive", "exit 3")
	newWorld("", nil).run(t, cli.ExitHost, "", "did not end within 200ms; --drive-for", "heap", dir, "--after", "100ms", "--drive", "sleep 20", "--drive-for", "200ms")
	newWorld("", nil).run(t, cli.ExitUsage, "", "--drive: compares two moments by itself", "heap", dir, "--drive", "true", "--leaks")
}
