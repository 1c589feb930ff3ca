package keys

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Setting is a flag with its value.
type Setting struct{ Flag, Value string }

// Overlay puts what flags of some keys say over the tree of a file. The error is all that is
// wrong, each an *Error.
func Overlay(root Items, all []Key, settings []Setting) error {
	byFlag := map[string]*Key{}
	for i := range all {
		byFlag[all[i].Flag] = &all[i]
	}
	replaced := map[string]bool{}
	var errs []error
	for _, s := range settings {
		k, ok := byFlag[s.Flag]
		if !ok {
			return fmt.Errorf("BUG: flag --%s belongs to no key", s.Flag)
		}
		at := "--" + s.Flag
		t, last := root, k.Name
		if group, name, ok := strings.Cut(k.Name, "."); ok {
			t, last = subTable(root, group, at), name
		}
		if err := k.put(t, last, s.Value, at, !replaced[k.Name]); err != nil {
			errs = append(errs, &Error{Where: at, Problem: err.Error()})
		}
		replaced[k.Name] = true
	}
	return errors.Join(errs...)
}

// subTable returns the table of that name, making one where there is none.
func subTable(t Items, name, at string) Items {
	if old := t[name]; old != nil {
		if sub, ok := old.Value.(Items); ok {
			return sub
		}
	}
	sub := Items{}
	t[name] = &Item{Value: sub, At: at}
	return sub
}

// put stores the value of a flag; first means that it is the first one for its
// key and takes the place of the file's list.
func (k *Key) put(t Items, name, text, at string, first bool) error {
	entry := &Item{Value: FlagText(text), At: at}
	switch k.Form {
	case FormPairs: // entries join those of the file
		left, right, ok := strings.Cut(text, "=")
		if !ok || left == "" {
			return fmt.Errorf("%q: want %s", text, k.Value)
		}
		pairs := subTable(t, name, at)
		if old := pairs[left]; old != nil && old.At == at && old.Value != any(FlagText(right)) {
			return fmt.Errorf("%q and %q: say one thing of %q", left+"="+string(old.Value.(FlagText)), text, left)
		}
		pairs[left] = &Item{Value: FlagText(right), At: at}
		return nil
	case FormTables:
		fields, err := flagTable(text, at)
		if err != nil {
			return fmt.Errorf("%q: want %s: %w", text, k.Value, err)
		}
		entry.Value = fields
	case FormList:
	default:
		t[name] = entry
		return nil
	}
	var list []*Item
	if old := t[name]; old != nil && !first {
		list, _ = old.Value.([]*Item)
	}
	t[name] = &Item{Value: append(list, entry), At: at}
	return nil
}

// flagTable reads NAME=VALUE,NAME=VALUE. A pair with a comma in it stands in
// double quotes; a name that is repeated makes a list.
func flagTable(text, at string) (Items, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	pairs, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.New("the quotes do not match")
	}
	out := Items{}
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q has no \"=\"", p)
		}
		entry := &Item{Value: FlagText(value), At: at}
		if old := out[name]; old != nil {
			list, ok := old.Value.([]*Item)
			if !ok {
				list = []*Item{old}
			}
			entry = &Item{Value: append(list, entry), At: at}
		}
		out[name] = entry
	}
	return out, nil
}
