package sdk

import (
	"encoding/binary"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/rcr"
)

const flash4M = 4 << 20

func newSystem(t *testing.T) *System {
	t.Helper()
	space, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { space.Close() })
	const base = 0x3FFE8000
	if err := space.Map(base, mem.PageSize, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	return NewSystem(SystemConfig{
		Loop: newVirtual(), Records: rcr.New(flash4M, 0),
		Mem: space.Mem(), StaticStart: base, StaticEnd: base + 64, Seed: 1,
	})
}

func TestSystem_Counters(t *testing.T) {
	s := newSystem(t)
	s.loop.RunFor(2 * time.Second)
	if got := s.SystemTime(); got != 2_000_000 {
		t.Errorf("system time %d", got)
	}
	if got := s.CycleCount(); got != 160_000_000 {
		t.Errorf("cycle count %d", got)
	}
	s.SetCPUFrequency(160)
	s.loop.RunFor(time.Second)
	if got := s.CycleCount(); got != 320_000_000 {
		t.Errorf("cycle count %d after a second at 160 MHz", got)
	}
	us := uint64(s.RTCTime()) * uint64(s.RTCCalibration()) >> 12
	if us < 2_999_990 || us > 3_000_000 {
		t.Errorf("the slow clock says %d µs", us)
	}
	s.loop.Reset()
	s.Reset(Reason(port.ResetRestart))
	if s.SystemTime() != 0 || s.CycleCount() != 0 || s.CPUFrequency() != 80 {
		t.Error("counters do not start anew after a reset")
	}
	if s.RTCTime() == 0 {
		t.Error("the slow clock starts anew after a reset")
	}
}

func TestSystem_StartupFrequency(t *testing.T) {
	s := newSystem(t)
	s.WriteRecord(port.RecordStartup, binary.LittleEndian.AppendUint32(nil, port.StartupCPUMax))
	s.Reset(Reason(port.ResetRestart))
	if s.CPUFrequency() != 160 {
		t.Errorf("%d MHz", s.CPUFrequency())
	}
}

func TestSystem_Endings(t *testing.T) {
	s := newSystem(t)
	s.loop.Post(port.Low, func() {
		s.Restart()
		s.DeepSleep(1, false) // too late
	})
	ran := 0
	s.loop.Post(port.Low, func() { ran++ })
	if err := s.loop.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := s.Pending(); e == nil || e.Next.Reason != port.ResetRestart || ran != 0 {
		t.Errorf("pending %+v, %d tasks ran after the restart", e, ran)
	}
	s.Reset(Reason(port.ResetRestart))
	if s.Pending() != nil || s.ResetInfo().Reason != port.ResetRestart || s.ResetInfo().Raw != 2 {
		t.Error("wrong start of the next life")
	}
	s.SetDeepSleepOption(4)
	s.DeepSleep(1_500_000, true)
	if e := s.Pending(); e.Sleep != 1500*ms || e.SleepOption != 4 || e.Next.Reason != port.ResetDeepSleep {
		t.Errorf("deep sleep: %+v", e)
	}
	s.Reset(Reason(port.ResetPowerOn))
	s.DeepSleep(0, false)
	if s.Pending().Sleep != Forever {
		t.Error("a sleep of 0 wakes up")
	}
}

func TestSystem_Static(t *testing.T) {
	s := newSystem(t)
	a := s.Static("a", 12)
	b := s.Static("b", 4)
	if a == b || b < a+12 || s.Static("a", 12) != a {
		t.Errorf("a at %#x, b at %#x", a, b)
	}
	s.config.Mem.SetU32(a, 1)
	s.Reset(Reason(port.ResetRestart))
	if s.Static("a", 12) != a || s.config.Mem.U32(a) != 0 {
		t.Error("static variables survive a reset")
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic without room")
		}
	}()
	s.Static("c", 64)
}

func TestSystem_Partitions(t *testing.T) {
	s := newSystem(t)
	if got, want := s.Partition(port.PartitionSPIFFS), (port.FlashRegion{Addr: 0x90000, Size: 0x36D000}); got != want {
		t.Errorf("SPIFFS at %+v, want %+v", got, want)
	}
	if got := s.Partition(port.PartitionLFS); got.Size != 0 {
		t.Errorf("LFS of %d bytes", got.Size)
	}
}
