// Command compare measures moonlet exec against the firmware's own
// "luac.cross -e" with the programs of the directory bench:
//
//	go run ./bench/compare -reference PATH [-runs N] [-json] [program ...]
//
// and moonlet luac against luac.cross with all Lua files below some directories,
// which one run of each compiles, without and with writing the result:
//
//	go run ./bench/compare -reference PATH -compile [-runs N] [-json] directory ...
//
// Runs of the two alternate, so that both see the same state of the machine.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
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
	compile := flag.Bool("compile", false, "measure the compiler with the Lua files of the directories that follow")
	dir := flag.String("dir", "bench", "directory of the programs")
	binary := flag.String("moonlet", "", "moonlet binary to measure; default is one built for this purpose")
	flag.Parse()
	*reference, _, _ = strings.Cut(*reference, string(os.PathListSeparator))
	if *reference == "" || *runs < 1 || *compile && flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	var jobs []job
	var err error
	if *compile {
		jobs, err = compilations(flag.Args())
	} else {
		jobs, err = programs(*dir, flag.Args())
	}
	var r report
	if err == nil {
		r, err = compare(*reference, *binary, jobs, *runs)
	}
	if err == nil {
		err = r.print(os.Stdout, *asJSON)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// job is what is measured: the arguments of both programs, whose outputs have to be
// the same.
type job struct {
	name         string
	mine, theirs []string
}

func compare(reference, binary string, jobs []job, runs int) (report, error) {
	if binary == "" {
		tmp, err := os.MkdirTemp("", "compare")
		if err != nil {
			return report{}, err
		}
		defer os.RemoveAll(tmp)
		binary = filepath.Join(tmp, "moonlet.exe")
		build := exec.Command("go", "build", "-o", binary, "./cmd/moonlet")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as releases are built
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return report{}, fmt.Errorf("building moonlet: %w", err)
		}
	}
	r, logs := report{Runs: runs}, 0.0
	for _, j := range jobs {
		one, err := measure(binary, reference, j, runs)
		if err != nil {
			return report{}, err
		}
		r.Programs = append(r.Programs, one)
		logs += math.Log(one.Ratio)
	}
	r.GeometricMean = math.Exp(logs / float64(len(r.Programs)))
	return r, nil
}

// programs lists the programs of a directory, those with the given names or all.
func programs(dir string, names []string) (jobs []job, err error) {
	var files []string
	for _, n := range names {
		files = append(files, filepath.Join(dir, strings.TrimSuffix(n, ".lua")+".lua"))
	}
	if len(names) == 0 {
		files, _ = filepath.Glob(filepath.Join(dir, "*.lua"))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no programs in %s: run this in the project's directory or use -dir", dir)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".lua")
		jobs = append(jobs, job{name, []string{"exec", f}, []string{"-e", f}})
	}
	return jobs, nil
}

// compilations are runs of the compilers over all Lua files below some
// directories.
func compilations(dirs []string) (jobs []job, err error) {
	var files []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(path, ".lua") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no Lua files below %s", strings.Join(dirs, ", "))
	}
	add := func(name string, args ...string) {
		args = append(args, files...)
		jobs = append(jobs, job{fmt.Sprintf("%s %d files", name, len(files)), append([]string{"luac"}, args...), args})
	}
	add("parse", "-p")
	add("compile", "-o", "-")
	return jobs, nil
}

// measure runs a job with both, in turn, and compares their output, too.
func measure(binary, reference string, j job, runs int) (result, error) {
	var mine, theirs []float64
	for range runs {
		a, outA, err := run(binary, j.mine)
		if err != nil {
			return result{}, err
		}
		b, outB, err := run(reference, j.theirs)
		if err != nil {
			return result{}, err
		}
		if !bytes.Equal(outA, outB) {
			const most = 200
			return result{}, fmt.Errorf("%s: the outputs differ: %.*q and %.*q", j.name, most, outA, most, outB)
		}
		mine, theirs = append(mine, a), append(theirs, b)
	}
	m, t := median(mine), median(theirs)
	return result{Program: j.name, Moonlet: m, Reference: t, Ratio: m / t}, nil
}

func run(name string, args []string) (seconds float64, out []byte, err error) {
	start := time.Now()
	if out, err = exec.Command(name, args...).Output(); err != nil {
		return 0, nil, fmt.Errorf("running %s %s …: %w", name, strings.Join(args[:min(3, len(args))], " "), err)
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
