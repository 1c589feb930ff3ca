package port

// A chip has a part if it has the method of the part's Has interface, and that does not
// give nil. A module asks when it needs the part, since another chip may be behind the
// same code. That costs one type assertion, as asking for the Chip itself does: the
// functions are so small that they are inlined, so they give no error but false. The module
// makes of that what is right for it: an error of Lua with the text of None, or nil.
//
// A new bus is one interface in this package with its Has interface, its None and its
// function here, a simulator in internal/sim, and a method of the chip.

// None is the error of a chip that does not have a part.
type None string

// The parts that a chip may not have.
const (
	NoPins    None = "pins"
	NoADC     None = "analog input"
	NoI2C     None = "I2C bus"
	NoSerial  None = "such serial port"
	NoInput   None = "console input"
	NoFiles   None = "file system"
	NoRecords None = "reboot config records"
	NoStore   None = "flash store"
	NoNet     None = "network"
	NoWiFi    None = "Wi-Fi"
	NoSDKWiFi None = "Wi-Fi with the ESP8266's SDK"
	NoSDK     None = "ESP8266 SDK"
	NoRTC     None = "RTC memory"

	NoCertSectors None = "place for certificates"
)

// Error implements error.
func (n None) Error() string { return "this board has no " + string(n) }

// The parts by which a chip may go beyond Chip.
type (
	HasPins    interface{ Pins() Pins }
	HasADC     interface{ ADC() ADC }
	HasI2C     interface{ I2C() I2C }
	HasSerial  interface{ Serial(uart int) Serial } // nil if there is no such port
	HasInput   interface{ Input() Input }
	HasFiles   interface{ Files() Files }
	HasRecords interface{ Records() Records }
	HasStore   interface{ Store() Store }
	HasNet     interface{ Net() Net }
	HasWiFi    interface{ WiFi() WiFi }
	HasSDK     interface{ SDK() SDK }
	HasRTC     interface{ RTC() RTCMemory }

	HasCertSectors interface{ CertSectors() CertSectors }
	HasNotes       interface{ Notes() Notes }
)

// PinsOf gives the pins of a chip.
func PinsOf(chip any) (p Pins, ok bool) {
	if c, ok := chip.(HasPins); ok {
		p = c.Pins()
	}
	return p, p != nil
}

// ADCOf gives the analog input of a chip.
func ADCOf(chip any) (p ADC, ok bool) {
	if c, ok := chip.(HasADC); ok {
		p = c.ADC()
	}
	return p, p != nil
}

// I2COf gives the I2C buses of a chip.
func I2COf(chip any) (p I2C, ok bool) {
	if c, ok := chip.(HasI2C); ok {
		p = c.I2C()
	}
	return p, p != nil
}

// SerialOf gives the serial port of a chip that has that number.
func SerialOf(chip any, uart int) (p Serial, ok bool) {
	if c, ok := chip.(HasSerial); ok {
		p = c.Serial(uart)
	}
	return p, p != nil
}

// InputOf gives the driver between serial port 0 and its readers.
func InputOf(chip any) (p Input, ok bool) {
	if c, ok := chip.(HasInput); ok {
		p = c.Input()
	}
	return p, p != nil
}

// FilesOf gives the file system of a chip.
func FilesOf(chip any) (p Files, ok bool) {
	if c, ok := chip.(HasFiles); ok {
		p = c.Files()
	}
	return p, p != nil
}

// RecordsOf gives the settings that survive a reset.
func RecordsOf(chip any) (p Records, ok bool) {
	if c, ok := chip.(HasRecords); ok {
		p = c.Records()
	}
	return p, p != nil
}

// StoreOf gives what loads the Lua Flash Store.
func StoreOf(chip any) (p Store, ok bool) {
	if c, ok := chip.(HasStore); ok {
		p = c.Store()
	}
	return p, p != nil
}

// NetOf gives the TCP/IP stack of a chip.
func NetOf(chip any) (p Net, ok bool) {
	if c, ok := chip.(HasNet); ok {
		p = c.Net()
	}
	return p, p != nil
}

// WiFiOf gives the radio of a chip.
func WiFiOf(chip any) (p WiFi, ok bool) {
	if c, ok := chip.(HasWiFi); ok {
		p = c.WiFi()
	}
	return p, p != nil
}

// SDKWiFiOf gives what the radio of an ESP8266 can do besides.
func SDKWiFiOf(chip any) (p SDKWiFi, ok bool) {
	if c, ok := chip.(HasWiFi); ok {
		p, _ = c.WiFi().(SDKWiFi)
	}
	return p, p != nil
}

// SDKOf gives what only the ESP8266's SDK has.
func SDKOf(chip any) (p SDK, ok bool) {
	if c, ok := chip.(HasSDK); ok {
		p = c.SDK()
	}
	return p, p != nil
}

// RTCOf gives the memory that survives a reset.
func RTCOf(chip any) (p RTCMemory, ok bool) {
	if c, ok := chip.(HasRTC); ok {
		p = c.RTC()
	}
	return p, p != nil
}

// CertSectorsOf gives what keeps certificates.
func CertSectorsOf(chip any) (p CertSectors, ok bool) {
	if c, ok := chip.(HasCertSectors); ok {
		p = c.CertSectors()
	}
	return p, p != nil
}
