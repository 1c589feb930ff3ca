package port

// Notes tells the user what a board does without a word: data that are lost, a connection that
// does not begin, a fault of the firmware that has just come into play. A module may say the same
// as often as it happens; the user is told once.
type Notes interface {
	// Note takes the name of a module and a sentence without its full stop.
	Note(module, text string)
}

// Note tells the user of a chip something, if there is somebody to tell.
func Note(chip any, module, text string) {
	if c, ok := chip.(HasNotes); ok {
		if n := c.Notes(); n != nil {
			n.Note(module, text)
		}
	}
}

// Deprecated is the firmware's warning that an interface will go (platform_print_deprecation_note). when says when that
// will be.
func Deprecated(what, when string) string {
	return "Warning, deprecated API! " + what + ". It will be removed " + when + ". See documentation for details.\n"
}
