// Command generate writes generated programs to a directory, for comparisons of
// compilers: those that the tests use, one for each seed from 0 on.
//
//	go run ./bench/generate -n 2000 directory
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"moonlet.example/moonlet/internal/luagen"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	n := flag.Int("n", 2000, "number of programs")
	runnable := flag.Bool("runnable", false, "programs that can be run, not only compiled")
	flag.Parse()
	if flag.NArg() != 1 || *n < 1 {
		flag.Usage()
		os.Exit(2)
	}
	dir := flag.Arg(0)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		log.Fatal(err)
	}
	for seed := range *n {
		text := luagen.Program(uint64(seed), luagen.Options{Runnable: *runnable})
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("p%04d.lua", seed)), []byte(text), 0o666); err != nil {
			log.Fatal(err)
		}
	}
}
