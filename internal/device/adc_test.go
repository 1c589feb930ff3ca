package device_test

import (
	"testing"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
)

// TestADC holds that the module reads what is connected to the input, and that the input's mode
// outlives resets and the power.
func TestADC(t *testing.T) {
	dir := t.TempDir()
	ask := func(m *module, want string) {
		t.Helper()
		if got := m.Eval("return adc.read(0) .. ' ' .. adc.readvdd33()"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	run := func() *module {
		m := makeModule(t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir})
		m.boot()
		m.SetADC(300.4)
		return m
	}
	m := run()
	ask(m, "300 65535")
	if got := m.Eval("return adc.force_init_mode(adc.INIT_VDD33)"); got != "true" {
		t.Error(got)
	}
	ask(m, "300 65535")
	m.Do(device.PressReset)
	m.boot()
	ask(m, "65535 3300")
	m.Close()
	m = run()
	ask(m, "65535 3300")
	m.Eval("adc.force_init_mode(adc.INIT_ADC) node.restart()")
	m.boot()
	ask(m, "300 65535")
	m.Close()
}
