package minify

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// LineMap tells which line of a file became which.
type LineMap struct {
	File   string `json:"file"`
	Output string `json:"output,omitempty"`
	// Lines has the line of the source with which each line begins, counted from 1.
	Lines []int `json:"lines"`
}

// Maps are those of several files, as they are written.
type Maps struct {
	Maps []LineMap `json:"maps"`
}

// ReadMaps reads what was written. The error says what is wrong with it.
func ReadMaps(data []byte) (Maps, error) {
	var m Maps
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("this is no file that --map wrote: %w", err)
	}
	if len(m.Maps) == 0 {
		return m, errors.New(`this is no file that --map wrote: there is no list "maps"`)
	}
	return m, nil
}

// place is a place in a file of Lua, as messages have it. The file may be compiled, and its directory another one on the
// module.
var place = regexp.MustCompile(`([\w.+/\\-]+)\.(lua|lc):(\d+):`)

// Translate gives the places in a text their lines in the source. A line that is made of several becomes a range. What is
// not in the maps stays as it is.
func (m *Maps) Translate(text string) string {
	return place.ReplaceAllStringFunc(text, func(found string) string {
		parts := place.FindStringSubmatch(found)
		line, err := strconv.Atoi(parts[3])
		if err != nil {
			return found
		}
		for _, l := range m.Maps {
			if l.is(parts[1]) && 1 <= line && line <= len(l.Lines) {
				return fmt.Sprintf("%s.%s:%s:", parts[1], parts[2], l.source(line))
			}
		}
		return found
	})
}

// is tells whether a file is called like that, without its directory and what is behind the last dot.
func (l *LineMap) is(name string) bool {
	file := l.Output
	if file == "" {
		file = l.File
	}
	file = filepath.Base(file)
	return strings.TrimSuffix(file, filepath.Ext(file)) == path.Base(strings.ReplaceAll(name, "\\", "/"))
}

// source are the lines of the source that a line is made of.
func (l *LineMap) source(line int) string {
	first := l.Lines[line-1]
	if line < len(l.Lines) && l.Lines[line] > first+1 {
		return fmt.Sprintf("%d-%d", first, l.Lines[line]-1)
	}
	return strconv.Itoa(first)
}
