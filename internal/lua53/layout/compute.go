package layout

import "cmp"

// Offset is a computed place of a field inside its record, in bytes.
type Offset struct {
	Record, Field string
	Bytes         int
}

// Compute lays out all records for a Value of the given size in bytes (4 or 8)
// and returns the offset of each field, in order of declaration; the size of a
// record comes last under the field name "Size".
func Compute(value int) []Offset {
	var out []Offset
	sizes, aligns := map[string]int{}, map[string]int{}
	for _, r := range Records() {
		c := cursor{record: r.Name, value: value, sizes: sizes, aligns: aligns, pack: cmp.Or(r.Pack, 8), align: 1}
		c.fields(r.Fields)
		start, end := c.at, c.at
		for _, alt := range r.Union {
			c.at = start
			c.fields(alt)
			end = max(end, c.at)
		}
		c.at = end
		c.fields(r.Tail)
		c.round(c.align)
		sizes[r.Name], aligns[r.Name] = c.at, c.align
		out = append(out, c.out...)
		out = append(out, Offset{r.Name, "Size", c.at})
	}
	return out
}

type cursor struct {
	record    string
	value, at int
	pack      int
	align     int
	sizes     map[string]int // of records, in bytes
	aligns    map[string]int // of records, in bytes
	out       []Offset
}

func (c *cursor) round(to int) { c.at = (c.at + to - 1) / to * to }

func (c *cursor) fields(fs []Field) {
	for _, f := range fs {
		size, align := f.Kind.Size(c.value), min(f.Kind.Align(c.value), c.pack)
		if f.Of != "" {
			s, ok := c.sizes[f.Of]
			if !ok {
				panic("BUG: layout: record " + f.Of + " is used before its declaration")
			}
			size, align = s, c.aligns[f.Of]
		}
		c.align = max(c.align, align)
		c.round(align)
		c.out = append(c.out, Offset{c.record, f.Name, c.at})
		c.at += size * max(f.N, 1)
	}
}

// Of returns the offset of a field, or the size of a record ("Size"), for a Value
// of the given size, by a look-up; hot code uses the generated constants.
func Of(value int) func(record, field string) int {
	at := map[[2]string]int{}
	for _, o := range Compute(value) {
		at[[2]string{o.Record, o.Field}] = o.Bytes
	}
	return func(record, field string) int {
		n, ok := at[[2]string{record, field}]
		if !ok {
			panic("BUG: layout: no field " + record + "." + field)
		}
		return n
	}
}
