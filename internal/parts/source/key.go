package source

import "moonlet.example/moonlet/internal/keys"

// Field is a key that describes a quantity: a number that does not change, or a table with the
// Keys of a source.
func Field[T any](name string, at func(t *T) *Config) keys.Field[T] {
	return keys.Field[T]{Key: keys.Key{Name: name}, Read: func(s *keys.Section, name string, t *T) {
		c := at(t)
		if it := s.At(name); it != nil {
			if _, isTable := it.Value.(keys.Items); isTable {
				s.Table(name, func(sub *keys.Section) {
					Keys(name).Read(sub, c)
					sub.Done()
				})
				return
			}
		}
		if s.Has(name) {
			*c = Config{Value: s.Number(name)}
		} else {
			s.Number(name) // for the list of known keys
		}
	}}
}

// CheckIn is Check, with the name of the key in its error.
func (c *Config) CheckIn(name string) error {
	_, err := c.Source(0)
	if f, ok := err.(*keys.FieldError); ok {
		return f.In(name)
	}
	return err
}
