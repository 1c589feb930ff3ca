package moonlet

// Storage tells where the module's flash memory is kept on this computer.
type Storage struct {
	Dir       string // the state directory; "" if that is in the memory of this process
	Chip      string // the file of the whole chip; "" for files in Dir
	Temporary bool   // what is in Dir is gone when the module is closed
	Kept      bool   // what the module writes is there the next time
}

// Storage tells where the flash memory is kept.
func (m *Module) Storage() Storage {
	p := m.project
	return Storage{Dir: p.StateDir, Chip: p.FlashPath(), Temporary: p.Temporary,
		Kept: p.Saves() && !m.options.apart && (p.FlashPath() != "" || p.StateDir != "" && !p.Temporary)}
}

// Warnings are what the user should know before the module starts. Load may add some.
func (m *Module) Warnings() []string { return m.project.Warnings }

// Discarded tells, of a module that is closed, whether it wrote to its flash chip what Save
// would have kept.
func (m *Module) Discarded() bool {
	select {
	case <-m.done:
		return m.discarded
	default:
		return false
	}
}

// Abandon removes what is temporary while the module may still use it: the process is about
// to end. Any goroutine may call it.
func (m *Module) Abandon() { m.project.Abandon() }
