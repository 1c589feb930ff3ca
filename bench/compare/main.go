// Command compare measures moonlet exec against the firmware's own
// "luac.cross -e" with the programs of the directory bench:
//
//	go run ./bench/compare -reference PATH [-runs N] [-json] [program ...]
//
// Runs of the two alternate, so that both see the same state of the machine.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// result of one program, times in seconds.
type result struct {
	Program   string  `json:"program"`
	Moonlet   float64 `json:"moonlet"`
	Reference float64 `json:"reference"`
	Ratio     float64 `json:"ratio"`
}

// report is the output with -json.
type report struct {
	Runs          int      `json:"runs"`
	Programs      []result `json:"programs"`
	GeometricMean float64  `json:"geometricMean"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("compare: ")
	reference := flag.String("reference", os.Getenv("MOONLET_REFERENCE"),
		"path of the firmware's luac.cross; default is $MOONLET_REFERENCE")
	runs := flag.Int("runs", 7, "runs of each program, of which the median counts")
	asJSON := flag.Bool("json", false, "print JSON instead of a table")
	dir := flag.String("dir", "bench", "directory of the programs")
	binary := flag.String("moonlet", "", "moonlet binary to measure; default is one built for this purpose")
	flag.Parse()
	if *reference == "" || *runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	r, err := compare(*reference, *binary, *dir, *runs, flag.Args())
	if err == nil {
		err = r.print(os.Stdout, *asJSON)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func compare(reference, binary, dir string, runs int, names []string) (report, error) {
	programs, err := find(dir, names)
	if err != nil {
		return report{}, err
	}
	if binary == "" {
		tmp, err := os.MkdirTemp("", "compare")
		if err != nil {
			return report{}, err
		}
		defer os.RemoveAll(tmp)
		binary = filepath.Join(tmp, "moonlet.exe")
		build := exec.Command("go", "build", "-o", binary, "./cmd/moonlet")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return report{}, fmt.Errorf("building moonlet: %w", err)
		}
	}
	r, logs := report{Runs: runs}, 0.0
	for _, p := range programs {
		one, err := measure(binary, reference, p, runs)
		if err != nil {
			return report{}, err
		}
		r.Programs = append(r.Programs, one)
		logs += math.Log(one.Ratio)
	}
	r.GeometricMean = math.Exp(logs / float64(len(r.Programs)))
	return r, nil
}

// find lists the programs of a directory, those with the given names or all.
func find(dir string, names []string) ([]string, error) {
	var programs []string
	for _, n := range names {
		programs = append(programs, filepath.Join(dir, strings.TrimSuffix(n, ".lua")+".lua"))
	}
	if len(names) == 0 {
		programs, _ = filepath.Glob(filepath.Join(dir, "*.lua"))
	}
	if len(programs) == 0 {
		return nil, fmt.Errorf("no programs in %s: run this in the project's directory or use -dir", dir)
	}
	return programs, nil
}

// measure runs a program with both, in turn, and compares their output, too.
func measure(binary, reference, program string, runs int) (result, error) {
	var mine, theirs []float64
	for range runs {
		a, outA, err := run(binary, "exec", program)
		if err != nil {
			return result{}, err
		}
		b, outB, err := run(reference, "-e", program)
		if err != nil {
			return result{}, err
		}
		if !bytes.Equal(outA, outB) {
			return result{}, fmt.Errorf("%s: the outputs differ: %q and %q", program, outA, outB)
		}
		mine, theirs = append(mine, a), append(theirs, b)
	}
	m, t := median(mine), median(theirs)
	name := strings.TrimSuffix(filepath.Base(program), ".lua")
	return result{Program: name, Moonlet: m, Reference: t, Ratio: m / t}, nil
}

func run(name string, args ...string) (seconds float64, out []byte, err error) {
	start := time.Now()
	if out, err = exec.Command(name, args...).Output(); err != nil {
		return 0, nil, fmt.Errorf("running %s %s: %w", name, strings.Join(args, " "), err)
	}
	return time.Since(start).Seconds(), out, nil
}

func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

func (r report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "program\tmoonlet, s\treference, s\tratio\t\n")
	for _, p := range r.Programs {
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.2f\t\n", p.Program, p.Moonlet, p.Reference, p.Ratio)
	}
	fmt.Fprintf(t, "geometric mean\t\t\t%.2f\t\n", r.GeometricMean)
	return t.Flush()
}
