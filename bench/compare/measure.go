package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// job is what is measured: the arguments of both programs, whose outputs have to be
// the same.
type job struct {
	name         string
	mine, theirs []string
}

func execution(name, model, file string) job {
	mine := append(append([]string{"exec"}, flags(model)...), file)
	if model == models[0].name { // as one would type it
		mine = []string{"exec", file}
	}
	return job{name, mine, []string{"-e", file}}
}

// compilations are runs of the compilers over all Lua files below some
// directories.
func compilations(model string, dirs []string) (jobs []job, err error) {
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
		mine := append(append([]string{"luac"}, flags(model)...), args...)
		jobs = append(jobs, job{fmt.Sprintf("%s %d files", name, len(files)), mine, args})
	}
	add("parse", "-p")
	add("compile", "-o", "-")
	return jobs, nil
}

// result of one program, times in seconds.
type result struct {
	Program   string  `json:"program"`
	Moonlet   float64 `json:"moonlet"`   // median
	Reference float64 `json:"reference"` // median
	Ratio     float64 `json:"ratio"`     // median of the pairs' ratios
	Low       float64 `json:"low"`       // lower quartile of the ratios
	High      float64 `json:"high"`      // upper quartile of the ratios
}

// measure runs a job with both, in turn, and compares their output, too.
func measure(binary, reference string, j job, runs int, cpu bool) (result, error) {
	var mine, theirs []float64
	for i := range runs {
		var a, b float64
		var outA, outB []byte
		first := func() (err error) { a, outA, err = run(binary, j.mine, cpu); return err }
		second := func() (err error) { b, outB, err = run(reference, j.theirs, cpu); return err }
		if i%2 == 1 { // whoever comes second may find the processor warm, or hot
			first, second = second, first
		}
		if err := first(); err != nil {
			return result{}, err
		}
		if err := second(); err != nil {
			return result{}, err
		}
		if !bytes.Equal(outA, outB) {
			const most = 200
			return result{}, fmt.Errorf("%s: the outputs differ: %.*q and %.*q", j.name, most, outA, most, outB)
		}
		mine, theirs = append(mine, a), append(theirs, b)
	}
	return resultOf(j.name, mine, theirs), nil
}

// resultOf sums up the times of pairs of runs.
func resultOf(name string, mine, theirs []float64) result {
	ratios := make([]float64, len(mine))
	for i := range mine {
		ratios[i] = mine[i] / theirs[i]
	}
	return result{
		Program: name, Moonlet: quantile(mine, 0.5), Reference: quantile(theirs, 0.5),
		Ratio: quantile(ratios, 0.5), Low: quantile(ratios, 0.25), High: quantile(ratios, 0.75),
	}
}

// run runs a program to its end and tells how long it took: on the clock, or on
// processors.
func run(name string, args []string, cpu bool) (seconds float64, out []byte, err error) {
	cmd := exec.Command(name, args...)
	start := time.Now()
	out, err = cmd.Output()
	took := time.Since(start)
	if err != nil {
		const few = 4 // a compilation has thousands of arguments
		err = fmt.Errorf("running %s %s: %w", name, strings.Join(args[:min(few, len(args))], " "), err)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return 0, nil, err
	}
	if cpu {
		took = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return took.Seconds(), out, nil
}

// quantile is the value that a part q of all values does not exceed; between two
// values it goes straight.
func quantile(x []float64, q float64) float64 {
	x = slices.Sorted(slices.Values(x))
	at := q * float64(len(x)-1)
	i := int(at)
	if i+1 >= len(x) {
		return x[len(x)-1]
	}
	return x[i] + (at-float64(i))*(x[i+1]-x[i])
}
