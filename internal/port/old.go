package port

// HasOldCalls is a chip that wants to hear of calls which older firmware takes in another sense, where
// no error tells it. That takes no time and no memory of the chip.
type HasOldCalls interface {
	// OldCall is told the form of the call, as firmware.Fact has it.
	OldCall(form string)
}

// TellOldCall tells of such a call, if somebody wants to hear of it.
func TellOldCall(chip any, form string) {
	if c, ok := chip.(HasOldCalls); ok {
		c.OldCall(form)
	}
}
