// Command moonlet is a NodeMCU module made of software.
package main

import (
	"os"

	"moonlet.example/moonlet/internal/cli"
)

func main() {
	growStack()
	app := cli.Host()
	if tool := app.Tool(os.Args[0]); tool != nil {
		os.Exit(tool(os.Args[1:]))
	}
	os.Exit(app.Main(os.Args[1:]))
}

// growStack makes the stack as large as most runs need it, while there is nothing on it.
// It would grow by doubling, and the runtime would go through all frames each time, which
// takes a twentieth of a short run.
//
//go:noinline
func growStack() {
	if len(os.Args) > 1<<30 { // never: the size of the frame is all that counts
		var room [48 << 10]byte
		os.Args = append(os.Args, string(room[:]))
	}
}
