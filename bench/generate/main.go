// Command generate writes generated programs to a directory, for comparisons of
// compilers: those that the tests use, one for each seed from 0 on.
//
//	go run ./bench/generate -n 2000 directory
//
// With -lua51 they are of Lua 5.1; those with too many upvalues for it are left out.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/internal/luagen"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	n := flag.Int("n", 2000, "number of programs")
	runnable := flag.Bool("runnable", false, "programs that can be run, not only compiled")
	lua51 := flag.Bool("lua51", false, "programs of Lua 5.1")
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
		text := luagen.Program(uint64(seed), luagen.Options{Runnable: *runnable, Lua51: *lua51})
		name := filepath.Join(dir, fmt.Sprintf("p%04d.lua", seed))
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			log.Fatal(err)
		}
		if *lua51 && (&luac.Command{Prog: "luac", Out: io.Discard, Err: io.Discard, Getenv: os.Getenv, Now: func() int64 { return 0 }}).Main([]string{"--lua", "5.1", "-p", name}) != 0 {
			if err := os.Remove(name); err != nil {
				log.Fatal(err)
			}
		}
	}
}
