package vm

// The cost model is that of Lua 5.3 here (docs/time.md): a unit is about one executed instruction, and code is
// charged where control cannot go on without passing.
const (
	costCall  = 6  // entering a Lua function
	costCCall = 12 // entering a C function
	costIndex = 4  // reading or writing a table from a C function
)

// outOfFuel reports the used budget and gets a new one. The embedder may reset the module from there.
func (t *Thread) outOfFuel() {
	v := t.v
	used := v.granted - v.fuel
	v.granted = 1 << 62
	if v.cfg.Fuel != nil {
		v.granted = v.cfg.Fuel(used)
	}
	v.fuel = v.granted
}

// Charge takes the cost of work in a library from the budget.
func (t *Thread) Charge(units int) {
	if t.v.fuel -= int64(units); t.v.fuel < 0 {
		t.outOfFuel()
	}
}

// Used returns the cost since the last report and starts to count anew.
func (v *VM) Used() int64 {
	used := v.granted - v.fuel
	v.granted = v.fuel
	return used
}

// Interrupt implements machine.Machine.
func (v *VM) Interrupt() {
	v.granted -= v.fuel
	v.fuel = 0
}
