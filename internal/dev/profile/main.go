// The command profile joins profiles of the processor into the one that tells Go's compiler which calls of Moonlet are
// the frequent ones (cmd/moonlet/default.pgo; docs/speed.md says how it is measured):
//
//	go run ./internal/dev/profile -o cmd/moonlet/default.pgo PROFILE...
//
// It leaves out what the compiler does not read, above all the names of files of the computer that measured.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/google/pprof/profile"
)

func main() {
	output := flag.String("o", "", "the file to write")
	flag.Parse()
	if *output == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*output, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

func run(output string, inputs []string) error {
	var all []*profile.Profile
	for _, name := range inputs {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		p, err := profile.ParseData(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, p)
	}
	joined, err := join(all)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := joined.Write(&b); err != nil {
		return err
	}
	return os.WriteFile(output, b.Bytes(), 0o666)
}

// join makes one profile of some, of functions and lines alone.
func join(all []*profile.Profile) (*profile.Profile, error) {
	for _, p := range all {
		for _, f := range p.Function {
			f.Filename, f.SystemName = "", f.Name
		}
		for _, l := range p.Location {
			l.Mapping, l.Address = nil, 0
		}
		for _, s := range p.Sample {
			s.Label, s.NumLabel, s.NumUnit = nil, nil, nil
		}
		p.Mapping, p.Comments, p.TimeNanos, p.DurationNanos = nil, nil, 0, 0
	}
	return profile.Merge(all)
}
