package keys_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/keys"
)

// lamp is a thing with keys.
type lamp struct {
	Name   string
	Watts  int
	Shade  *shade
	Lights []light
}

type shade struct{ Wide bool }

type light struct{ Pin int }

func (l light) Check() error {
	if l.Pin > 3 {
		return &keys.FieldError{Field: "pin", Problem: fmt.Sprintf("there is no pin %d", l.Pin)}
	}
	return nil
}

func lampKeys() keys.Fields[lamp] {
	return keys.Fields[lamp]{
		{Key: keys.Key{Name: "lamp_name", Value: "NAME", Usage: "its name", Last: true},
			Read: keys.Text(func(l *lamp) *string { return &l.Name })},
		keys.SizeField("watts", "its strength", "", 60, func(l *lamp) *int { return &l.Watts }),
		keys.Table("shade", func(l *lamp) *shade { l.Shade = new(shade); return l.Shade }, keys.Fields[shade]{
			{Key: keys.Key{Name: "very_wide", Usage: "how wide", Form: keys.FormSwitch},
				Read: keys.Bool(false, func(s *shade) *bool { return &s.Wide })},
		}),
		{Key: keys.Key{Name: "lights", Flag: "light", Value: "pin=N", Usage: "a light", Form: keys.FormTables},
			Read: keys.Tables(keys.Fields[light]{
				{Key: keys.Key{Name: "pin"}, Read: keys.Int32(func(l *light) *int { return &l.Pin })},
			}, func(l *lamp) *[]light { return &l.Lights }, "pin")},
	}
}

// house has two lamps, of which one is told by the keys at the top.
type house struct{ hall, room lamp }

func houseKeys() keys.Fields[house] {
	return slices.Concat(keys.Within(func(h *house) *lamp { return &h.hall }, lampKeys()).Grouped("Hall"),
		keys.Fields[house]{keys.Table("room", func(h *house) *lamp { return &h.room }, lampKeys())}.Grouped("Room"))
}

func TestKeys(t *testing.T) {
	var got []string
	for _, k := range houseKeys().Keys() {
		got = append(got, strings.Join([]string{k.Group, k.Name, k.Flag}, " "))
	}
	want := []string{
		"Hall lamp_name lamp-name", "Hall watts watts", "Hall shade.very_wide shade-very-wide", "Hall lights light",
		"Room room.lamp_name room-lamp-name", "Room room.watts room-watts",
		"Room room.shade.very_wide room-shade-very-wide", "Room room.lights light",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if usage := houseKeys().Keys()[1].Usage; usage != "its strength (default: 60)" {
		t.Error(usage)
	}
}

func read(root keys.Items) (house, error) {
	r := &keys.Reader{}
	s := r.Section("", &keys.Item{}, root)
	var h house
	h.hall.Watts = 60
	houseKeys().Read(s, &h)
	r.Check()
	s.Done()
	return h, r.Err()
}

func item(v any, line int) *keys.Item {
	return &keys.Item{Value: v, At: fmt.Sprintf("file:%d", line), Line: line}
}

func TestRead(t *testing.T) {
	root := keys.Items{
		"lamp_name": item("blue", 1),
		"room": item(keys.Items{
			"watts": item("1KB", 3),
			"shade": item(keys.Items{"very_wide": item(true, 4)}, 4),
		}, 2),
	}
	flags := []keys.Setting{{Flag: "light", Value: "pin=1"}, {Flag: "light", Value: "pin=2"}}
	if err := keys.Overlay(root, houseKeys().Keys()[:4], flags); err != nil {
		t.Fatal(err)
	}
	h, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	if h.hall.Name != "blue" || h.hall.Watts != 60 || h.hall.Shade != nil || !slices.Equal(h.hall.Lights, []light{{1}, {2}}) {
		t.Errorf("hall: %+v", h.hall)
	}
	if h.room.Watts != 1024 || h.room.Shade == nil || !h.room.Shade.Wide {
		t.Errorf("room: %+v", h.room)
	}
}

// TestErrors holds that problems come in the order of the file, and that what only makes
// sense together is checked when nothing else is wrong, up to the first problem.
func TestErrors(t *testing.T) {
	lights := func(line int, pins ...int64) *keys.Item {
		var list []*keys.Item
		for i, p := range pins {
			list = append(list, item(keys.Items{"pin": item(p, line+i)}, line+i))
		}
		return item(list, line)
	}
	for _, c := range []struct {
		root keys.Items
		want []string
	}{
		{keys.Items{"lights": lights(1, 3, 4, 5)}, []string{"file:2: lights[1].pin: there is no pin 4"}},
		{keys.Items{"lights": lights(1, 4), "watts": item("x", 9)},
			[]string{`file:9: watts: want a number of bytes, as in 45056 or "44KB", not "x"`}},
		{keys.Items{"lamp_name": item(true, 5), "wats": item(int64(1), 2)},
			[]string{`file:2: wats: there is no such key; did you mean "watts"?`, "file:5: lamp_name: want text in quotes, not true"}},
		{keys.Items{"lights": item([]*keys.Item{item(keys.Items{}, 7)}, 6)}, []string{"file:7: lights[0].pin: this key is missing"}},
		{keys.Items{"room": item(keys.Items{"lights": lights(3, 9)}, 2)}, []string{"file:3: room.lights[0].pin: there is no pin 9"}},
		{keys.Items{"lights": lights(1, 4), "q": item(int64(1), 2)},
			[]string{"file:1: lights[0].pin: there is no pin 4", "file:2: q: there is no such key; the keys are lamp_name, watts, shade, lights, room"}},
	} {
		_, err := read(c.root)
		if err == nil || err.Error() != strings.Join(c.want, "\n") {
			t.Errorf("got\n%v\nwant\n%s", err, strings.Join(c.want, "\n"))
		}
		var e *keys.Error
		if !errors.As(err, &e) {
			t.Errorf("%T", err)
		}
	}
}
