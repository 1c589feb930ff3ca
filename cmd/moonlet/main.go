// Command moonlet is a NodeMCU module made of software.
package main

import (
	"os"

	"moonlet/internal/cli"
)

func main() {
	app := cli.Host()
	if cli.IsLuac(os.Args[0]) {
		os.Exit(app.Luac(os.Args[0], os.Args[1:]))
	}
	os.Exit(app.Main(os.Args[1:]))
}
