package port

// ADCMax is the largest value of the analog input, and ADCNone what a reading gives that the
// mode does not allow.
const (
	ADCMax  = 1024
	ADCNone = 65535
)

// ADC is the analog input. It reads its pin or the supply, as the radio's init data said when
// the chip started.
type ADC interface {
	// Read is what the pin reads now (system_adc_read): 0 to ADCMax, or ADCNone.
	Read() int
	// Supply is the voltage of the supply in mV (system_get_vdd33), or ADCNone.
	Supply() int
	// SupplyMode tells what the init data say now, and SetSupplyMode changes them: the next
	// start of the chip goes by that.
	SupplyMode() bool
	SetSupplyMode(on bool)
}
