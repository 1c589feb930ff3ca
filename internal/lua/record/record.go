// Package record lays out C structures as the firmware's compiler does on the ESP8266: pointers of 32 bits, every
// member aligned to its size, but for TValue, which is packed to 4 bytes (LUA_PACK_TVALUES,
// lobject.h). The editions declare their structures with it, and command gen writes the offsets.
package record

import "cmp"

// Kind is the type of a field.
type Kind uint8

// The types of fields. Value and TValue have 4 or 8 bytes of payload.
const (
	Byte   Kind = iota // 1 byte
	Half               // 2 bytes
	Word               // 4 bytes
	Ptr                // device address, 4 bytes
	Value              // union of all Lua values: 4 or 8 bytes
	TValue             // Value and a type tag of 4 bytes
)

// Size is the size of a field in bytes, given the size of a Value.
func (k Kind) Size(value int) int {
	switch k {
	case Byte:
		return 1
	case Half:
		return 2
	case Value:
		return value
	case TValue:
		return value + 4
	}
	return 4
}

// Align is the alignment of a field in bytes, given the size of a Value.
func (k Kind) Align(value int) int {
	if k == TValue {
		return TValueAlign
	}
	return k.Size(value)
}

// TValueAlign is the alignment of a TValue in bytes.
const TValueAlign = 4

// Field is a member of a record: N elements of a kind (0 means 1). Where Of is
// set, the field is a record of that name instead.
type Field struct {
	Name string
	Kind Kind
	N    int
	Of   string
}

// Record is one C structure. Union lists alternatives that start at the same
// offset behind the common fields; Tail follows the longest of them.
type Record struct {
	Name   string
	Doc    string // where it is declared in the firmware
	Pack   int    // the largest alignment of its fields in bytes, 0 for no limit
	Fields []Field
	Union  [][]Field
	Tail   []Field
}

// Header is CommonHeader (lobject.h), with what follows in its words.
func Header(more ...Field) []Field {
	return append([]Field{{Name: "Next", Kind: Ptr}, {Name: "TT", Kind: Byte}, {Name: "Marked", Kind: Byte}}, more...)
}

// Offset is a computed place of a field inside its record, in bytes.
type Offset struct {
	Record, Field string
	Bytes         int
}

// Compute lays out records for a Value of the given size in bytes (4 or 8)
// and returns the offset of each field, in order of declaration; the size of a
// record comes last under the field name "Size".
func Compute(records []Record, value int) []Offset {
	var out []Offset
	sizes, aligns := map[string]int{}, map[string]int{}
	for _, r := range records {
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
				panic("BUG: record: record " + f.Of + " is used before its declaration")
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
func Of(records []Record, value int) func(record, field string) int {
	at := map[[2]string]int{}
	for _, o := range Compute(records, value) {
		at[[2]string{o.Record, o.Field}] = o.Bytes
	}
	return func(record, field string) int {
		n, ok := at[[2]string{record, field}]
		if !ok {
			panic("BUG: record: no field " + record + "." + field)
		}
		return n
	}
}
