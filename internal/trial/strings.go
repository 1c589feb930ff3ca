package trial

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/project"
)

// StringsModule is the name of the module that holds strings for others.
const StringsModule = "dummy_strings"

// StringsReport tells which strings of an application could be in flash, and what
// that would save. Heap figures are free bytes after a full collection, with the
// application running.
type StringsReport struct {
	Strings []string `json:"strings"` // in order
	After   string   `json:"after"`   // time since power-on
	Now     int      `json:"heap_now"`
	// Empty is the figure with a store that has no strings of the application, the
	// same as Now if the project has a store.
	Empty int `json:"heap_with_store"`
	With  int `json:"heap_with_strings"` // and with these strings in the store
	// StoreBytes is what the strings take of flash.
	StoreBytes int `json:"store_bytes"`
}

// Strings boots a project's module until some time has passed, lists the short strings that
// it has in RAM, and boots it again with those in the store.
//
// Strings that are not there again in a second run with other random numbers and
// at another time are left out, as are numbers: they come from data.
// When ctx is done, its error comes back soon.
func Strings(ctx context.Context, p *project.Project, after time.Duration) (*StringsReport, error) {
	if p.IsImage() {
		return nil, &project.Error{Where: p.FlashPath(), Problem: "this goes with a project: the store in the image of a chip is finished"}
	}
	r := &StringsReport{After: after.String()}
	first, err := boot(ctx, p, p.Image, after, 1)
	if err != nil {
		return nil, err
	}
	const other = 1.4
	second, err := boot(ctx, p, p.Image, time.Duration(float64(after)*other), 2)
	if err != nil {
		return nil, err
	}
	fixed := chunk.Fixed() // any store has those
	for _, s := range first.strings {
		if _, found := slices.BinarySearch(second.strings, s); found && !isNumber(s) && !slices.Contains(fixed, s) {
			r.Strings = append(r.Strings, s)
		}
	}
	r.Now, r.Empty = first.free, first.free
	base := first.store
	if p.Image == nil {
		im, err := withStrings(p, nil)
		if err != nil {
			return nil, err
		}
		empty, err := boot(ctx, p, im, after, 1)
		if err != nil {
			return nil, err
		}
		r.Empty, base = empty.free, empty.store
	}
	im, err := withStrings(p, r.Strings)
	if err != nil {
		return nil, err
	}
	with, err := boot(ctx, p, im, after, 1)
	if err != nil {
		return nil, err
	}
	r.With, r.StoreBytes = with.free, with.store-base
	return r, nil
}

// isNumber tells whether a string looks like a number, a time or an address.
func isNumber(s string) bool { return strings.Trim(s, "0123456789.:-") == "" }

// booted is what one boot showed.
type booted struct {
	free    int
	strings []string // sorted
	store   int      // bytes of the store that are used
}

// boot runs the module with an image of the store.
func boot(ctx context.Context, p *project.Project, im *store.Image, after time.Duration, seed uint64) (*booted, error) {
	t := &booted{}
	h := hook.Options{Seed: seed, Prepare: func(q *project.Project) { q.SetImage(im) }}
	err := try(ctx, p, h, func(m *moonlet.Module) error {
		if done := m.Loaded(); im != nil && len(done) > 0 {
			t.store = done[len(done)-1].Bytes
		}
		err := m.RunFor(after)
		if err == nil {
			var live moonlet.Live
			live, err = m.Collect()
			t.free, t.strings = live.FreeBytes, live.Strings
		}
		if errors.Is(err, moonlet.ErrNotRunning) {
			return &project.Error{Where: p.Dir, Problem: fmt.Sprintf("%v after power-on no Lua is running: the module sleeps or has just been reset; choose another time", after)}
		}
		return cmp.Or(err, ctx.Err())
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(t.strings)
	return t, nil
}

// withStrings is the project's image with a module that has these strings.
func withStrings(p *project.Project, list []string) (*store.Image, error) {
	return p.WithModule(StringsModule, StringsSource(list))
}

// StringsSource is the source of a module that holds strings. Nobody has to call
// it: being in the image is enough.
func StringsSource(list []string) []byte {
	const perLine = 20 // each takes a register
	var b bytes.Buffer
	fmt.Fprintf(&b, "-- Strings that an application has in RAM, for the flash store: compiled into its\n"+
		"-- image, they take no RAM. Made by \"moonlet lfs strings\"; nothing has to call it.\n")
	for ; len(list) > 0; list = list[min(perLine, len(list)):] {
		b.WriteString("do local preload = ")
		for i, s := range list[:min(perLine, len(list))] {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(project.LuaQuote(s))
		}
		b.WriteString(" end\n")
	}
	return b.Bytes()
}
