package keys

// InProgram is where a value stands that a program has set.
const InProgram = "configuration"

// OverlayValues puts what a program says over the tree of a file: values as Item has them,
// but lists are []any and tables map[string]any. Entries of tables join those of the file, all
// else takes their place.
func OverlayValues(root Items, values map[string]any) {
	for name, v := range values {
		entries, ok := v.(map[string]any)
		if !ok {
			root[name] = valueItem(v)
			continue
		}
		t := subTable(root, name, InProgram)
		for k, e := range entries {
			t[k] = valueItem(e)
		}
	}
}

func valueItem(v any) *Item {
	switch x := v.(type) {
	case map[string]any:
		t := Items{}
		for k, e := range x {
			t[k] = valueItem(e)
		}
		v = t
	case []any:
		list := make([]*Item, len(x))
		for i, e := range x {
			list[i] = valueItem(e)
		}
		v = list
	}
	return &Item{Value: v, At: InProgram}
}
