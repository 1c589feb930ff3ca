package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
)

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		x       []float64
		q, want float64
	}{
		{[]float64{3}, 0.5, 3},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.5, 2.5},
		{[]float64{5, 4, 3, 2, 1}, 0.25, 2},
		{[]float64{5, 4, 3, 2, 1}, 0.75, 4},
		{[]float64{1, 2}, 0.25, 1.25},
		{[]float64{1, 2}, 1, 2},
	} {
		before := slices.Clone(c.x)
		if got := quantile(c.x, c.q); got != c.want {
			t.Errorf("quantile(%v, %v) = %v, want %v", c.x, c.q, got, c.want)
		}
		if !slices.Equal(c.x, before) {
			t.Errorf("quantile changed %v to %v", before, c.x)
		}
	}
}

// TestResult: in the pair in which the machine was slow, both were slow, so that the
// ratio of the medians and the median of the ratios differ.
func TestResult(t *testing.T) {
	got := resultOf("p", []float64{1, 6, 2}, []float64{1, 3, 4})
	want := result{Program: "p", Moonlet: 2, Reference: 3, Ratio: 1, Low: 0.75, High: 1.5}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFindBuilds(t *testing.T) {
	outputs := map[string]string{"a": "4\t4\n", "b": "8\t8\n", "c": "4\t4\n", "d": "4\t8\n", "odd": "8\t4\n", "mute": ""}
	sizes := func(path string) (string, error) {
		out, ok := outputs[path]
		if !ok {
			return "", errors.New("there is no " + path)
		}
		return out, nil
	}
	for _, c := range []struct {
		paths, number string
		want          []build
		fails         string
	}{
		{paths: "a", want: []build{{"int32", "a"}}},
		{paths: "d b c a", want: []build{{"int32", "c"}, {"int64", "b"}, {"mixed", "d"}}},
		{paths: "d b c a", number: "mixed,int32", want: []build{{"int32", "c"}, {"mixed", "d"}}},
		{paths: "odd a", want: []build{{"int32", "a"}}},
		{paths: "odd", fails: "no reference has numbers that moonlet knows"},
		{paths: "a b", number: "mixed", fails: "no reference has the numbers mixed"},
		{paths: "a", number: "int16", fails: `there are no numbers "int16"`},
		{paths: "a mute", fails: "mute does not tell its numbers"},
		{paths: "a gone", fails: "there is no gone"},
	} {
		got, err := findBuilds(strings.Fields(c.paths), c.number, sizes)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s, %q: error %v, want %s", c.paths, c.number, err, c.fails)
			}
		} else if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s, %q: %v, %v, want %v", c.paths, c.number, got, err, c.want)
		}
	}
}

// TestModels holds that the models are those of moonlet.
func TestModels(t *testing.T) {
	var names []string
	for _, m := range num.Models() {
		names = append(names, m.Flag())
		for _, own := range models {
			if own.name == m.Flag() && (own.intSize != m.IntSize() || own.floatSize != m.FloatSize()) {
				t.Errorf("%+v, want sizes %d and %d", own, m.IntSize(), m.FloatSize())
			}
		}
	}
	if names = append(names, "5.1", "5.1-int"); !slices.Equal(names, modelNames()) {
		t.Errorf("got %q, want %q", modelNames(), names)
	}
}

func TestOptions(t *testing.T) {
	set := func(string) string { return "from the environment" }
	unset := func(string) string { return "" }
	for _, c := range []struct {
		args  string
		env   func(string) string
		runs  int
		fails string
	}{
		{"", set, 7, ""},
		{"-start", set, 200, ""},
		{"-start -runs 3", set, 3, ""},
		{"-cpu fib", set, 7, ""},
		{"-reference x", unset, 7, ""},
		{"", unset, 0, "no reference"},
		{"-runs -1", set, 0, "positive"},
		{"-start -steps", set, 0, "exclude each other"},
		{"-compile", set, 0, "needs directories"},
		{"-start fib", set, 0, "none of the programs"},
		{"-steps -cpu", set, 0, "without -cpu"},
	} {
		o, err := parse(strings.Fields(c.args), c.env, &bytes.Buffer{})
		switch {
		case c.fails == "" && (err != nil || o.runs != c.runs):
			t.Errorf("%q: %d runs, %v", c.args, o.runs, err)
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%q: error %v, want %s", c.args, err, c.fails)
		}
	}
}

func TestJobs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one.lua", "two.lua", "three.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	all, err := programs("mixed", dir, nil)
	if err != nil || len(all) != 2 || all[0].name != "one" {
		t.Errorf("programs: %v, %v", all, err)
	}
	some, err := programs("mixed", dir, []string{"two"})
	file := filepath.Join(dir, "two.lua")
	if err != nil || len(some) != 1 || !slices.Equal(some[0].mine, []string{"exec", "--number", "mixed", file}) ||
		!slices.Equal(some[0].theirs, []string{"-e", file}) {
		t.Errorf("programs: %v, %v", some, err)
	}
	if _, err := programs("int32", filepath.Join(dir, "none"), nil); err == nil {
		t.Error("programs of no directory")
	}
	compiled, err := compilations("int64", []string{dir})
	if err != nil || len(compiled) != 2 || compiled[0].name != "parse 2 files" || len(compiled[0].theirs) != 3 ||
		!slices.Equal(compiled[0].mine[:4], []string{"luac", "--number", "int64", "-p"}) {
		t.Errorf("compilations: %v, %v", compiled, err)
	}
}

func exampleTable() table {
	t := table{Model: "int64", Programs: []result{
		{"fib", 0.5, 0.25, 2, 1.5, 2.25},
		{"start", 0.0025, 0.005, 0.5, 0.4875, 0.5},
	}}
	t.summarize()
	return t
}

func TestSummary(t *testing.T) {
	got := exampleTable()
	if math.Abs(got.GeometricMean-1) > 1e-12 || *got.Largest != (largest{"fib", 2}) {
		t.Errorf("geometric mean %v, largest %v", got.GeometricMean, *got.Largest)
	}
}

func TestPrint(t *testing.T) {
	r := report{Runs: 7, Time: cpuTime}
	for _, c := range []struct {
		table    table
		markdown bool
		want     string
	}{
		{exampleTable(), false, `
Numbers int64, cpu time, medians of 7 runs:

         program  moonlet  luac.cross  ratio     quartiles
             fib  0.500 s     0.250 s   2.00  1.50 to 2.25
           start  2.50 ms     5.00 ms   0.50  0.49 to 0.50
  geometric mean                        1.00              
    largest: fib                        2.00              

`},
		{exampleTable(), true, `
Numbers int64, cpu time, medians of 7 runs:

| program | moonlet | luac.cross | ratio | quartiles |
|---|---:|---:|---:|---:|
| fib | 0.500 s | 0.250 s | 2.00 | 1.50 to 2.25 |
| start | 2.50 ms | 5.00 ms | 0.50 | 0.49 to 0.50 |
| geometric mean |  |  | 1.00 |  |
| largest: fib |  |  | 2.00 |  |

`},
		{table{Model: "int32", Steps: []steps{{"objects", cycle{9, 2e-3, 1e-5, 6e-5}, cycle{10, 1e-3, 2e-5, 25e-5}}}}, true, `
Numbers int32, the quietest of 7 runs:

| heap | steps | luac.cross | cycle | luac.cross | longest step | luac.cross |
|---|---:|---:|---:|---:|---:|---:|
| objects | 9 | 10 | 2.00 ms | 1.00 ms | 60.0 µs | 0.25 ms |

`},
	} {
		var b strings.Builder
		if err := r.print(&b, c.table, c.markdown); err != nil {
			t.Fatal(err)
		}
		if got := "\n" + b.String(); got != c.want {
			t.Errorf("got%swant%s", got, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := (report{Runs: 3, Time: wallTime, Tables: []table{exampleTable()}}).printJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Runs   int
		Time   string
		Tables []struct {
			Model    string
			Programs []struct{ Ratio float64 }
			Largest  struct{ Program string }
			Steps    []any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	one := back.Tables[0]
	if back.Runs != 3 || back.Time != "wall" || one.Model != "int64" || one.Programs[1].Ratio != 0.5 ||
		one.Largest.Program != "fib" || one.Steps != nil {
		t.Errorf("%+v from %s", back, &b)
	}
}

func TestSteps(t *testing.T) {
	mine := "objects 10 500.0 20.0 60.0\ntable 2 9.0 1.0 8.0\n"
	found, err := parseSteps([]byte(mine), []byte("objects 12 400.0 10.0 70.0\ntable 3 9.0 1.0 8.0\n"))
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	got := found[0].Moonlet.least(found[0].Reference)
	for name, pair := range map[string][2]float64{
		"total": {got.Total, 400e-6}, "99 %": {got.P99, 10e-6}, "longest": {got.Longest, 60e-6},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	for _, theirs := range []string{"", "objects 12 400.0 10.0 70.0\n", strings.ReplaceAll(mine, "table", "strings"), "objects 1\ntable 2\n"} {
		if _, err := parseSteps([]byte(mine), []byte(theirs)); err == nil {
			t.Errorf("no error for %q", theirs)
		}
	}
}
