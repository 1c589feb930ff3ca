package mem_test

import (
	"testing"

	"moonlet.example/moonlet/internal/mem"
)

// fault runs f and returns the fault that it caused, nil for none.
func fault(t *testing.T, s *mem.Space, f func()) (got *mem.Fault) {
	t.Helper()
	defer mem.CatchFaults()()
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if got, ok = s.AsFault(r); !ok {
				t.Errorf("panic %v is no fault of the space", r)
			}
		}
	}()
	f()
	return nil
}

func TestSpace(t *testing.T) {
	const start, size = 0x3FFE8000, mem.PageSize
	s, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := s.Mem()
	for _, bad := range [][2]mem.Addr{{start + 1, size}, {start, 100}, {1<<32 - size, 2 * size}} {
		if err := s.Map(bad[0], bad[1], mem.ReadWrite); err == nil {
			t.Errorf("mapped %#x+%#x", bad[0], bad[1])
		}
	}
	if err := s.Map(start, 2*size, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	if err := s.Map(start+size, 2*size, mem.ReadWrite); err == nil {
		t.Error("mapped a region over another one")
	}
	m.SetU32(start+4, 0x12345678)
	m.SetPtr(start+8, 1<<32|42) // an address has 32 bits
	if m.U8(start+4) != 0x78 || m.U16(start+6) != 0x1234 || m.Ptr(start+8) != 42 || m.U64(start+4) != 42<<32|0x12345678 {
		t.Error("values differ from what was written")
	}
	lo, sink := mem.Addr(8), uint32(0) // sink keeps the loads from being left out
	for name, f := range map[string]func(){
		"zero":              func() { sink += m.U32(0) },
		"below zero":        func() { sink += m.U32(lo - 16) },
		"past the top":      func() { m.SetU32(1<<32+1000, 1) },
		"behind the region": func() { sink += uint32(m.U8(start + 2*size)) },
		"before the region": func() { sink += uint32(m.U8(start - 1)) },
	} {
		if fault(t, s, f) == nil {
			t.Errorf("no fault %s", name)
		}
	}
	t.Log(sink)
	if err := s.Map(start, 2*size, mem.ReadOnly); err != nil {
		t.Fatal(err)
	}
	if f := fault(t, s, func() { m.SetU32(start+4, 1) }); f == nil || f.Cause != mem.CauseStoreProhibited || f.Addr != start+4 {
		t.Errorf("store into read-only memory: %+v", f)
	}
	if m.U32(start+4) != 0x12345678 {
		t.Error("the content is gone")
	}
}

func TestRevoke(t *testing.T) {
	const start = 0x3FFE8000
	s, err := mem.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := s.Mem()
	if err := s.Map(start, mem.PageSize, mem.ReadWrite); err != nil {
		t.Fatal(err)
	}
	m.SetU32(start, 7)
	done := make(chan error)
	go func() { done <- s.Revoke() }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if fault(t, s, func() { t.Log(m.U32(start)) }) == nil {
		t.Error("no fault after Revoke")
	}
	if was, err := s.Restore(); err != nil || !was {
		t.Errorf("Restore: %t, %v", was, err)
	}
	if was, err := s.Restore(); err != nil || was {
		t.Errorf("second Restore: %t, %v", was, err)
	}
	if m.U32(start) != 7 {
		t.Error("the content is gone")
	}
}
