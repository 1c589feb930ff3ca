package lint

import (
	"net/url"
	"path/filepath"
)

// SARIF is the document of findings in the Static Analysis Results Interchange Format 2.1.0
// (OASIS standard), as far as it is used here.
type SARIF struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string      `json:"id"`
	Short   sarifText   `json:"shortDescription"`
	Default sarifConfig `json:"defaultConfiguration"`
}

type sarifConfig struct {
	Level   string `json:"level"`
	Enabled bool   `json:"enabled"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndColumn   int `json:"endColumn,omitempty"`
}

// NewSARIF makes the document of findings. version is that of Moonlet.
func NewSARIF(findings []Finding, version string) *SARIF {
	d := sarifDriver{Name: "moonlet lint", Version: version, Rules: []sarifRule{}}
	index := map[string]int{}
	for i, r := range Rules() {
		index[r.Name] = i
		d.Rules = append(d.Rules, sarifRule{r.Name, sarifText{r.Doc}, sarifConfig{r.Level.String(), r.Level > Note}})
	}
	run := sarifRun{Tool: sarifTool{d}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, f := range findings {
		text := f.Message
		if f.Instead != "" {
			text += "; instead: " + f.Instead
		}
		p := sarifPhysical{Artifact: sarifArtifact{uri(f.File)}}
		if f.Line > 0 {
			p.Region = &sarifRegion{f.Line, f.Column, f.End}
		}
		run.Results = append(run.Results, sarifResult{f.Rule, index[f.Rule], f.Level.String(), sarifText{text}, []sarifLocation{{p}}})
	}
	return &SARIF{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// uri is a path as a relative reference.
func uri(path string) string {
	return (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
}
