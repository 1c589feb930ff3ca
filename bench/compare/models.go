package main

import (
	"fmt"
	"slices"
	"strings"
)

// askSizes is a Lua program that prints the sizes of integers and floats; of Lua 5.1, which has one kind of numbers, 0 and
// that of these.
const askSizes = "if string.pack then print(#string.pack('j', 0), #string.pack('n', 0)) else print(0, 1 / 2 == 0 and 4 or 8) end\n"

// models are the names of number models, as moonlet's flags have them, with the
// sizes of their integers and floats in bytes.
var models = []struct {
	name               string
	intSize, floatSize int
}{
	{"int32", 4, 4},
	{"int64", 8, 8},
	{"mixed", 4, 8},
	{"5.1", 0, 8},
	{"5.1-int", 0, 4},
}

// floatPrograms are those that compute with fractions, which Lua 5.1 with integers does not even read.
var floatPrograms = []string{"collisions", "floatloop", "mandelbrot", "nbody"}

// lua51 tells whether a model is a build of Lua 5.1.
func lua51(model string) bool { return strings.HasPrefix(model, "5.1") }

// flags choose a model.
func flags(model string) []string {
	if lua51(model) {
		return []string{"--lua", model}
	}
	return []string{"--number", model}
}

func modelNames() (names []string) {
	for _, m := range models {
		names = append(names, m.name)
	}
	return names
}

// build is a reference and its number model.
type build struct{ model, path string }

// findBuilds finds the first build of each wanted number model, in the order of
// models. sizes runs askSizes.
func findBuilds(paths []string, wanted string, sizes func(path string) (string, error)) (found []build, err error) {
	names := modelNames()
	want := names
	if wanted != "" {
		want = strings.Split(wanted, ",")
	}
	for _, name := range want {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("-number: there are no numbers %q: want some of %s", name, strings.Join(names, ","))
		}
	}
	first := map[string]string{}
	for _, path := range paths {
		name, err := modelOf(path, sizes)
		if err != nil {
			return nil, err
		}
		if _, twice := first[name]; !twice {
			first[name] = path
		}
	}
	for _, name := range names {
		if path, given := first[name]; given && slices.Contains(want, name) {
			found = append(found, build{name, path})
		} else if wanted != "" && slices.Contains(want, name) {
			return nil, fmt.Errorf("-number: no reference has the numbers %s", name)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no reference has numbers that moonlet knows: want some of %s", strings.Join(names, ","))
	}
	return found, nil
}

// modelOf is a build's number model, "" for one that moonlet does not know.
func modelOf(path string, sizes func(path string) (string, error)) (string, error) {
	out, err := sizes(path)
	if err != nil {
		return "", err
	}
	var intSize, floatSize int
	if _, err := fmt.Sscan(out, &intSize, &floatSize); err != nil {
		return "", fmt.Errorf("%s does not tell its numbers: %w", path, err)
	}
	for _, m := range models {
		if m.intSize == intSize && m.floatSize == floatSize {
			return m.name, nil
		}
	}
	return "", nil
}
