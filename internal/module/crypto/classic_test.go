package crypto_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/crypto"
	"moonlet.example/moonlet/internal/module/moduletest"
)

const classicCode = `assert(crypto.toHex("\0\1\254\255") == "0001feff" and crypto.toHex("") == "")
assert(crypto.toBase64("") == "" and crypto.toBase64("a") == "YQ==" and crypto.toBase64("ab") == "YWI=" and crypto.toBase64("abc\255") == "YWJj/w==")
assert(not pcall(crypto.toHex) and not pcall(crypto.toBase64, {}))
assert(crypto.toHex(crypto.hash("md5", "x")) == "9dd4e461268c8034f5c8564e155c67a6")
collectgarbage()`

func TestClassic(t *testing.T) { moduletest.Editions(t, testClassic) }

func testClassic(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{crypto.Classic}})
	l.Do(classicCode)
	before := l.Machine.TotalBytes()
	for range 20 {
		l.Do(classicCode)
	}
	if now := l.Machine.TotalBytes(); now > before+16 {
		t.Errorf("%d bytes, then %d", before, now)
	}
}

func TestClassicOutOfMemory(t *testing.T) { moduletest.Editions(t, testClassicOutOfMemory) }

func testClassicOutOfMemory(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{crypto.Classic}})
	l.EveryAllocation("testdata/classic.lua")
}
