package layout

import "moonlet.example/moonlet/internal/lua/record"

// Compute lays out all records for a Value of the given size in bytes, 4 or 8.
func Compute(value int) []record.Offset { return record.Compute(Records(), value) }

// Of returns the offset of a field, or the size of a record ("Size"), for a Value
// of the given size, by a look-up; hot code uses the generated constants.
func Of(value int) func(record, field string) int { return record.Of(Records(), value) }
