package moonlet_test

import (
	"slices"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// TestFields looks at tables in RAM and in flash, and through metatables; nothing of the module
// changes by it.
func TestFields(t *testing.T) { editions(t, testFields) }

func testFields(t *testing.T) {
	m := open(t, moonlet.Config{Files: map[string]string{"init.lua": `
		mine = setmetatable({own = 1, both = 2, [1] = 3}, {__index = {both = "x", inherited = print}})
		guarded = setmetatable({a = 1}, {__index = function() error("called") end})
		circle = {} setmetatable(circle, {__index = circle})
		text = "x"
		timer = tmr.create()`}, Time: moonlet.Virtual})
	if err := m.RunFor(time.Second); err != nil {
		t.Fatal(err)
	}
	type state struct {
		heap moonlet.Heap
		now  time.Duration
	}
	look := func() (s state) {
		s.heap, _ = m.Heap()
		s.now, _ = m.Now()
		return s
	}
	look()
	before := look()
	for _, c := range []struct {
		path []string
		want []moonlet.Field // that are among the fields
		most int             // how many there are, 0 for any number
	}{
		{nil, []moonlet.Field{{"mine", "table"}, {"print", "function"}, {"wifi", "table"}, {"text", "string"}}, 0},
		{[]string{"wifi"}, []moonlet.Field{{"STATION", "number"}, {"sta", "table"}, {"setmode", "function"}}, 0},
		{[]string{"wifi", "sta"}, []moonlet.Field{{"config", "function"}}, 0},
		{[]string{"mine"}, []moonlet.Field{{"both", "number"}, {"inherited", "function"}, {"own", "number"}}, 3},
		{[]string{"guarded"}, []moonlet.Field{{"a", "number"}}, 1},
		{[]string{"guarded", "b"}, nil, 0},
		{[]string{"circle"}, nil, 0},
		{[]string{"text"}, []moonlet.Field{{"upper", "function"}}, 0},
		{[]string{"timer"}, []moonlet.Field{{"alarm", "function"}}, 0},
		{[]string{"nothing", "at", "all"}, nil, 0},
	} {
		var got []moonlet.Field
		if err := m.Do(func(b *moonlet.Bench) { got = b.Fields(c.path...) }); err != nil {
			t.Fatal(err)
		}
		for _, f := range c.want {
			if !slices.Contains(got, f) {
				t.Errorf("%v: no %v in %v", c.path, f, got)
			}
		}
		if c.want == nil && len(got) > 0 || c.most > 0 && len(got) != c.most {
			t.Errorf("%v: %v", c.path, got)
		}
		if !slices.IsSortedFunc(got, func(x, y moonlet.Field) int { return slices.Compare([]byte(x.Name), []byte(y.Name)) }) {
			t.Errorf("%v: not in order: %v", c.path, got)
		}
	}
	if after := look(); after != before {
		t.Errorf("it was %+v and is %+v", before, after)
	}
}
