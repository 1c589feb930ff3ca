package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// What report.Time says.
const (
	wallTime = "wall"
	cpuTime  = "cpu"
)

// report is the output with -json.
type report struct {
	Runs   int     `json:"runs"`
	Time   string  `json:"time"`
	Tables []table `json:"tables"`
}

// table is what was measured in one number model: programs, or steps.
type table struct {
	Model         string   `json:"model"`
	Programs      []result `json:"programs,omitempty"`
	GeometricMean float64  `json:"geometricMean,omitempty"`
	Largest       *largest `json:"largest,omitempty"`
	Steps         []steps  `json:"steps,omitempty"`
}

// largest is the program with the largest ratio.
type largest struct {
	Program string  `json:"program"`
	Ratio   float64 `json:"ratio"`
}

// summarize fills in the figures that follow from the others.
func (t *table) summarize() {
	if len(t.Programs) == 0 {
		return
	}
	logs := 0.0
	t.Largest = &largest{}
	for _, p := range t.Programs {
		logs += math.Log(p.Ratio)
		if p.Ratio > t.Largest.Ratio {
			*t.Largest = largest{p.Program, p.Ratio}
		}
	}
	t.GeometricMean = math.Exp(logs / float64(len(t.Programs)))
}

func (r report) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// print writes one table, and what it is.
func (r report) print(w io.Writer, t table, markdown bool) error {
	var g grid
	title := fmt.Sprintf("Numbers %s, ", t.Model)
	if t.Steps != nil {
		g = stepsGrid(t.Steps)
		title += fmt.Sprintf("the quietest of %d runs", r.Runs)
	} else {
		g = t.programsGrid()
		title += fmt.Sprintf("%s time, medians of %d runs", r.Time, r.Runs)
	}
	if _, err := fmt.Fprintf(w, "%s:\n\n", title); err != nil {
		return err
	}
	if markdown {
		return g.markdown(w)
	}
	return g.text(w)
}

func (t table) programsGrid() grid {
	g := grid{{"program", "moonlet", "luac.cross", "ratio", "quartiles"}}
	for _, p := range t.Programs {
		g = append(g, []string{p.Program, duration(p.Moonlet), duration(p.Reference),
			fmt.Sprintf("%.2f", p.Ratio), fmt.Sprintf("%.2f to %.2f", p.Low, p.High)})
	}
	if len(t.Programs) > 1 {
		g = append(g, []string{"geometric mean", "", "", fmt.Sprintf("%.2f", t.GeometricMean), ""},
			[]string{"largest: " + t.Largest.Program, "", "", fmt.Sprintf("%.2f", t.Largest.Ratio), ""})
	}
	return g
}

// duration is a time in the unit that suits it, with three or four digits.
func duration(seconds float64) string {
	switch {
	case seconds >= 0.1:
		return fmt.Sprintf("%.3f s", seconds)
	case seconds >= 0.1e-3:
		return fmt.Sprintf("%.2f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.1f µs", seconds*1e6)
}

// grid is a table's text, the head first.
type grid [][]string

func (g grid) text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range g {
		fmt.Fprintf(t, "%s\t\n", strings.Join(row, "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

func (g grid) markdown(w io.Writer) error {
	var b strings.Builder
	for i, row := range g {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|---|%s\n", strings.Repeat("---:|", len(row)-1))
		}
	}
	_, err := fmt.Fprintf(w, "%s\n", b.String())
	return err
}
