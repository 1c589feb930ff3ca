package device

// Inject runs f as a task of the module.
func (d *Device) Inject(f func()) { d.loop.InjectOutside(f) }

// InjectEachLife runs f as a task of each life.
func (d *Device) InjectEachLife(f func()) {
	d.loop.InjectOutside(func() {
		d.InjectEachLife(f)
		f()
	})
}

// Watch lets f be called before each line that the module executes, in each life.
func (d *Device) Watch(f func(line int)) {
	d.loop.InjectOutside(func() { d.machine.Watch(f) })
}

// Fault reads where there is no memory.
func (d *Device) Fault() { d.mem.U32(0) }

// SpinInMemory works in device memory for ever and counts nothing, as damaged data could
// make Go code do.
func (d *Device) SpinInMemory() {
	for at := d.firmware.Chip.Memory.RAM.Start; ; at ^= 4 {
		d.mem.SetU32(at, uint32(at))
	}
}

// Eval runs a chunk between two tasks and gives its result as text, or the error.
func (d *Device) Eval(code string) (result string) {
	d.loop.Exec(func() {
		L := d.machine.State()
		if L.LoadBytes([]byte(code), "=eval", "bt") == 0 {
			L.PCall(0, 1, 0)
		}
		result = string(L.ToLString(-1))
		L.SetTop(0)
	})
	return result
}

// EventNames are the names of all kinds of events.
func EventNames() []string { return eventNames[:] }
