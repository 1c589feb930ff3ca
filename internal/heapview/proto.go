package heapview

import (
	"compress/gzip"
	"encoding/binary"
	"io"
)

// A profile is a message of Protocol Buffers (proto3, package perftools.profiles of
// github.com/google/pprof, proto/profile.proto), compressed by gzip. Of it this is used,
// by the numbers of the fields:
//
//	Profile   = 1 sample_type: ValueType*  2 sample: Sample*  4 location: Location*
//	            5 function: Function*  6 string_table: string*, the first one empty
//	            11 period_type: ValueType  12 period: int  14 default_sample_type: string
//	ValueType = 1 type: string  2 unit: string
//	Sample    = 1 location_id: int*  2 value: int*  3 label: Label*
//	Label     = 1 key: string  2 str: string
//	Location  = 1 id: int  4 line: Line*
//	Line      = 1 function_id: int  2 line: int
//	Function  = 1 id: int  2 name: string  3 system_name: string  4 filename: string
//	            5 start_line: int
//
// where string is an index of string_table. The tests read profiles with pprof's own
// package. The program does without, for that compiles eleven regular expressions
// whenever a program starts that has it: 0.26 ms, a fourth of what Moonlet takes.

// pprofProfile is the message in the order in which it is written.
type pprofProfile struct {
	samples   []*profileSample
	locations []profileLocation
	functions []profileFunction
}

type profileSample struct {
	locations      []uint64 // their numbers, the innermost first
	objects, bytes int64
	kind           string
}

type profileLocation struct{ function, line uint64 } // number 1 is the first one

type profileFunction struct {
	name, file string
	line       int
}

// message is a message under construction.
type message struct {
	b       []byte
	strings map[string]uint64
	table   []string
}

// Wire types of fields.
const (
	wireVarint = 0
	wireBytes  = 2
)

func (m *message) int(field int, n uint64) {
	m.b = binary.AppendUvarint(m.b, uint64(field)<<3|wireVarint)
	m.b = binary.AppendUvarint(m.b, n)
}

func (m *message) text(field int, s string) {
	i, ok := m.strings[s]
	if !ok {
		i = uint64(len(m.table))
		m.strings[s] = i
		m.table = append(m.table, s)
	}
	m.int(field, i)
}

func (m *message) bytes(field int, p []byte) {
	m.b = binary.AppendUvarint(m.b, uint64(field)<<3|wireBytes)
	m.b = binary.AppendUvarint(m.b, uint64(len(p)))
	m.b = append(m.b, p...)
}

// ints writes a packed field.
func (m *message) ints(field int, list ...uint64) {
	var p []byte
	for _, n := range list {
		p = binary.AppendUvarint(p, n)
	}
	m.bytes(field, p)
}

// inner writes a message as a field.
func (m *message) inner(field int, write func(in *message)) {
	in := &message{strings: m.strings, table: m.table}
	write(in)
	m.table = in.table
	m.bytes(field, in.b)
}

func (m *message) valueType(field int, kind, unit string) {
	m.inner(field, func(in *message) {
		in.text(1, kind)
		in.text(2, unit)
	})
}

// write writes the profile.
func (p *pprofProfile) write(w io.Writer) error {
	m := &message{strings: map[string]uint64{"": 0}, table: []string{""}}
	m.valueType(1, "objects", "count")
	m.valueType(1, "space", "bytes")
	for _, s := range p.samples {
		m.inner(2, func(in *message) {
			in.ints(1, s.locations...)
			in.ints(2, uint64(s.objects), uint64(s.bytes))
			in.inner(3, func(label *message) {
				label.text(1, "kind")
				label.text(2, s.kind)
			})
		})
	}
	for i, l := range p.locations {
		m.inner(4, func(in *message) {
			in.int(1, uint64(i+1))
			in.inner(4, func(line *message) {
				line.int(1, l.function)
				line.int(2, l.line)
			})
		})
	}
	for i, f := range p.functions {
		m.inner(5, func(in *message) {
			in.int(1, uint64(i+1))
			in.text(2, f.name)
			in.text(3, f.name)
			in.text(4, f.file)
			in.int(5, uint64(f.line))
		})
	}
	m.valueType(11, "space", "bytes")
	m.int(12, 1)
	m.text(14, "space")
	for _, s := range m.table {
		m.bytes(6, []byte(s))
	}
	z := gzip.NewWriter(w)
	if _, err := z.Write(m.b); err != nil {
		return err
	}
	return z.Close()
}
