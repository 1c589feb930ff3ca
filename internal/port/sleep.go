package port

// ForcedSleepMax is the time for which a forced sleep lasts until something else ends it, in µs
// (FPM_SLEEP_MAX_TIME, sdk-overrides/include/user_interface.h).
const ForcedSleepMax = 0xFFFFFFF

// ForcedSleep is the SDK's forced sleep (wifi_fpm_…), in the shape of its calls.
type ForcedSleep interface {
	// SetForcedSleepType chooses between LightSleep and ModemSleep. It only counts while the
	// interface is closed.
	SetForcedSleepType(t SleepType)
	// OpenForcedSleep and CloseForcedSleep say whether forced sleep can begin; closing ends it.
	OpenForcedSleep()
	CloseForcedSleep()
	// ForcedSleepIsOpen is fpm_is_open, RadioIsClosed is fpm_rf_is_closed.
	ForcedSleepIsOpen() bool
	RadioIsClosed() bool
	// Sleep begins to sleep for us microseconds, ForcedSleepMax being for ever; false if the
	// interface is closed. Light sleep begins when the task that calls is over.
	Sleep(us uint32) bool
	// Wake ends the sleep of the radio without a call of the function of OnWake, which is
	// called when a sleep ends by itself.
	Wake()
	OnWake(f func())
	// WakeOn makes a pin an input, and says which signal there ends light sleep
	// (wifi_enable_gpio_wakeup).
	WakeOn(pin int, t Trigger)

	// SuspendTimers holds all timers that are armed, but those of the SDK itself;
	// ResumeTimers lets them go on with the time that was left.
	SuspendTimers()
	ResumeTimers()
}

// HasForcedSleep is a chip that has it.
type HasForcedSleep interface{ ForcedSleep() ForcedSleep }

// NoForcedSleep is the error of a chip without it.
const NoForcedSleep None = "forced sleep"

// ForcedSleepOf gives the forced sleep of a chip.
func ForcedSleepOf(chip any) (p ForcedSleep, ok bool) {
	if c, ok := chip.(HasForcedSleep); ok {
		p = c.ForcedSleep()
	}
	return p, p != nil
}

// NewSDKTimer makes a timer of the SDK itself, which SuspendTimers leaves alone.
func NewSDKTimer(l Loop, f func()) Timer {
	if s, ok := l.(interface{ NewSDKTimer(f func()) Timer }); ok {
		return s.NewSDKTimer(f)
	}
	return l.NewTimer(f)
}

// FireOnResume lets a timer that was held be due as soon as timers go on.
func FireOnResume(t Timer) {
	if f, ok := t.(interface{ FireOnResume() }); ok {
		f.FireOnResume()
	}
}
