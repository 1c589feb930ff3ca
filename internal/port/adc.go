package port

// ADCMax is the largest value of the analog input.
const ADCMax = 1024

// ADC is the analog input. The simulation has it and a project can say what is connected to
// it, but no module asks for it yet.
type ADC interface {
	// Read is what the input reads now: 0 to ADCMax.
	Read() int
}
