package port

// ADCMax is the largest value of the analog input.
const ADCMax = 1024

// ADC is the analog input.
type ADC interface {
	// Read is what the input reads now: 0 to ADCMax.
	Read() int
}
