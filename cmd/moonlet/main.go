// Command moonlet is a NodeMCU module made of software.
package main

import (
	"os"

	"moonlet/internal/cli"
)

func main() {
	os.Exit(cli.Host().Main(os.Args[1:]))
}
