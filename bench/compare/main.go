// Command compare measures moonlet exec against the firmware's own
// "luac.cross -e" with the programs of the directory bench:
//
//	go run ./bench/compare -reference PATHS [-number int32,int64,mixed] [program ...]
//
// PATHS are builds of luac.cross, separated as in PATH. Each is asked for its number
// model; the first one of a model counts, and every model gets a table. Instead of
// the programs it can measure
//
//	-start                 starting, with an empty program
//	-steps                 single steps of the collector, each by Lua's own clock
//	-compile directory ... moonlet luac with all Lua files below some directories,
//	                       which one run compiles, without and with writing the result
//
// Runs of the two alternate, so that both see the same state of the machine. A ratio
// is the median of the ratios of such pairs, and comes with their quartiles. -cpu
// measures processor time, of all threads, instead of what a clock on the wall shows:
// other programs disturb it less.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// options are the command line's.
type options struct {
	reference, binary, number, dir string
	runs                           int
	cpu, compile, start, steps     bool
	asJSON, markdown               bool
	args                           []string
}

func parse(args []string, getenv func(string) string, output io.Writer) (o options, err error) {
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main tells what is wrong
	f.StringVar(&o.reference, "reference", getenv("MOONLET_REFERENCE"),
		"paths of the firmware's luac.cross; default is $MOONLET_REFERENCE")
	f.StringVar(&o.number, "number", "", "number models to measure, separated by commas; default is all that have a reference")
	f.IntVar(&o.runs, "runs", 0, "pairs of runs of each program; default is 7, with -start 200")
	f.BoolVar(&o.cpu, "cpu", false, "measure processor time")
	f.BoolVar(&o.start, "start", false, "measure starting, with an empty program")
	f.BoolVar(&o.steps, "steps", false, "measure single steps of the collector")
	f.BoolVar(&o.compile, "compile", false, "measure the compiler with the Lua files of the directories that follow")
	f.BoolVar(&o.asJSON, "json", false, "print JSON instead of tables")
	f.BoolVar(&o.markdown, "markdown", false, "print tables for Markdown")
	f.StringVar(&o.dir, "dir", "bench", "directory of the programs")
	f.StringVar(&o.binary, "moonlet", "", "moonlet binary to measure; default is one built for this purpose")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			f.SetOutput(output)
			f.Usage()
		}
		return o, err
	}
	o.args = f.Args()
	if o.runs == 0 {
		o.runs = 7
		if o.start {
			o.runs = 200
		}
	}
	modes := 0
	for _, on := range []bool{o.compile, o.start, o.steps} {
		if on {
			modes++
		}
	}
	switch {
	case o.reference == "":
		err = errors.New("no reference: give -reference, or set MOONLET_REFERENCE")
	case o.runs < 0:
		err = errors.New("-runs has to be positive")
	case modes > 1:
		err = errors.New("-compile, -start and -steps exclude each other")
	case o.compile && len(o.args) == 0:
		err = errors.New("-compile needs directories")
	case (o.start || o.steps) && len(o.args) > 0:
		err = errors.New("-start and -steps measure none of the programs")
	case o.steps && o.cpu:
		err = errors.New("-steps goes by Lua's own clock, without -cpu")
	}
	return o, err
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("compare: ")
	o, err := parse(os.Args[1:], os.Getenv, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = o.run(os.Stdout)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func (o options) run(w io.Writer) error {
	tmp, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	builds, err := o.findBuilds(tmp)
	if err != nil {
		return err
	}
	if o.binary == "" {
		if o.binary, err = buildMoonlet(tmp); err != nil {
			return err
		}
	}
	r := report{Runs: o.runs, Time: wallTime}
	if o.cpu {
		r.Time = cpuTime
	}
	for _, b := range builds {
		var t table
		if o.steps {
			t.Steps, err = o.measureSteps(tmp, b)
		} else {
			t.Programs, err = o.measureAll(tmp, b)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.model, err)
		}
		t.Model = b.model
		t.summarize()
		if r.Tables = append(r.Tables, t); o.asJSON {
			continue
		}
		if err := r.print(w, t, o.markdown); err != nil {
			return err
		}
	}
	if o.asJSON {
		return r.printJSON(w)
	}
	return nil
}

// findBuilds asks the references for their numbers.
func (o options) findBuilds(tmp string) ([]build, error) {
	asking := filepath.Join(tmp, "numbers.lua")
	if err := os.WriteFile(asking, []byte(askSizes), 0o666); err != nil {
		return nil, err
	}
	return findBuilds(filepath.SplitList(o.reference), o.number, func(path string) (string, error) {
		_, out, err := run(path, []string{"-e", asking}, false)
		return string(out), err
	})
}

// buildMoonlet builds the program as releases are built.
func buildMoonlet(tmp string) (binary string, err error) {
	binary = filepath.Join(tmp, "moonlet.exe")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/moonlet")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building moonlet: %w", err)
	}
	return binary, nil
}

// measureAll measures what the options say in one number model.
func (o options) measureAll(tmp string, b build) (results []result, err error) {
	var jobs []job
	switch {
	case o.compile:
		jobs, err = compilations(b.model, o.args)
	case o.start:
		empty := filepath.Join(tmp, "empty.lua")
		err = os.WriteFile(empty, nil, 0o666)
		jobs = []job{execution("start", b.model, empty)}
		if err == nil {
			o.binary, err = installed(tmp, o.binary)
		}
		if err == nil {
			b.path, err = installed(tmp, b.path)
		}
	default:
		jobs, err = programs(b.model, o.dir, o.args)
	}
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		r, err := measure(o.binary, b.path, j, o.runs, o.cpu)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// installed copies a program, as installing does. What a linker has just written lies in
// the system's cache page by page, and takes a fifth longer to be mapped than a file that
// was written from its start to its end.
func installed(dir, path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "*-"+filepath.Base(path))
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Chmod(0o755), f.Close())
}

// programs lists the programs of a directory, those with the given names or all.
// Lua 5.1 takes the program of its own directory where there is one, because that uses what it has not.
func programs(model, dir string, names []string) (jobs []job, err error) {
	var files []string
	if len(names) == 0 {
		all, _ := filepath.Glob(filepath.Join(dir, "*.lua"))
		for _, f := range all {
			if name := strings.TrimSuffix(filepath.Base(f), ".lua"); model != "5.1-int" || !slices.Contains(floatPrograms, name) {
				names = append(names, name)
			}
		}
	}
	for _, n := range names {
		n = strings.TrimSuffix(n, ".lua") + ".lua"
		file := filepath.Join(dir, n)
		if of51 := filepath.Join(dir, "lua51", n); lua51(model) {
			if _, err := os.Stat(of51); err == nil {
				file = of51
			}
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no programs in %s: run this in the project's directory or use -dir", dir)
	}
	for _, f := range files {
		jobs = append(jobs, execution(strings.TrimSuffix(filepath.Base(f), ".lua"), model, f))
	}
	return jobs, nil
}
