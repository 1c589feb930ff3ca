package port

// RTCMemory is the memory in the chip's real time clock that programs may use: words of 32
// bits which every reset leaves alone and deep sleep as well. When the power comes, something
// is in it that nobody has written.
type RTCMemory interface {
	// RTCWords is how many words there are.
	RTCWords() int
	// RTCWord reads a word; one that is not there is 0.
	RTCWord(i int) uint32
	// SetRTCWord writes a word; one that is not there takes nothing.
	SetRTCWord(i int, v uint32)
}
