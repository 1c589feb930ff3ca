package cron_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/module/cron"
	"moonlet.example/moonlet/internal/module/moduletest"
)

func TestSpec(t *testing.T) {
	const all = "1152921504606846975 16777215 2147483647 4095 127"
	for mask, want := range map[string]string{
		"* * * * *":                  all,
		"  *\t*  *\t *  * \t ":       all,
		"0 0 1 1 0":                  "1 1 1 1 1",
		"59 23 31 12 6":              "576460752303423488 8388608 1073741824 2048 64",
		"1,2,59 * * * *":             "576460752303423494 16777215 2147483647 4095 127",
		"*/30 */12 */15 */6 */3":     "1073741825 4097 1073774593 65 73",
		"1, 2,\n3 * * * *":           "14 16777215 2147483647 4095 127",
		"+5 -0 1 1 0":                "32 1 1 1 1",
		"x * * * *":                  "error invalid spec (separator @0)",
		"":                           "error invalid spec (separator @0)",
		"*":                          "error invalid spec (separator @1)",
		"* * * *":                    "error invalid spec (val 0 out of range 0..6)",
		"* * * * * *":                "error invalid spec (trailing @10)",
		"* * * * 0-5":                "error invalid spec (trailing @9)",
		"* * * * sun":                "error invalid spec (trailing @8)",
		"* * x * *":                  "error invalid spec (val 0 out of range 1..31)",
		"60 * * * *":                 "error invalid spec (val 60 out of range 0..59)",
		"-1 * * * *":                 "error invalid spec (val -1 out of range 0..59)",
		"99999999999 * * * *":        "error invalid spec (val 2147483647 out of range 0..59)",
		"-99999999999 * * * *":       "error invalid spec (val -2147483648 out of range 0..59)",
		"* 24 * * *":                 "error invalid spec (val 24 out of range 0..23)",
		"* * * 13 *":                 "error invalid spec (val 13 out of range 1..12)",
		"* * * * 7":                  "error invalid spec (val 7 out of range 0..6)",
		"*/0 * * * *":                "error invalid spec (each 0)",
		"*/x * * * *":                "error invalid spec (each 0)",
		"*/59 * * * *":               "error invalid spec (each 59)",
		"*/-1 * * * *":               "error invalid spec (each -1)",
		"* * * */11 *":               "error invalid spec (each 11)",
		"1-5 * * * *":                "error invalid spec (separator @1)",
		"*/5,7 * * * *":              "error invalid spec (separator @3)",
		"1,, * * * *":                "3 16777215 2147483647 4095 127",
		"* * * * *\x00 what follows": all,
	} {
		if mask == "* * * *" { // behind the last blank of four parts there is nothing
			want = "error invalid spec (separator @7)"
		}
		if got := cron.Parse(mask); got != want {
			t.Errorf("%q: %s, want %s", mask, got, want)
		}
	}
}

var pieces = strings.Split("*|*/|*/5|,|-|+|0|1|5|12|59|60|31|6| | | |\t|\n|x|9999999999|0x1|", "|")

// mask writes a mask, mostly one that is nearly right.
func mask(r *rand.Rand) string {
	if r.IntN(3) == 0 {
		var b strings.Builder
		for range r.IntN(15) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	good := []string{"*", "*/2", "1", "1,2", "0", "6", "12", "*/3", "5", " 4", "3,1,6"}
	var parts []string
	for range 5 + r.IntN(20)/19 {
		p := good[r.IntN(len(good))]
		if r.IntN(15) == 0 {
			p = pieces[r.IntN(len(pieces))]
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, []string{" ", "\t"}[r.IntN(2)])
}

// TestReference compares masks with the firmware's own parser. The command is
//
//	cron MASK      in hexadecimal; five numbers, or "error" with what is wrong
func TestReference(t *testing.T) {
	c := moduletest.StartProgram(t, "MOONLET_CLOCK_C")
	r := rand.New(rand.NewPCG(1, 2))
	const n = 100_000
	wrong := 0
	for range n {
		m := mask(r)
		got, want := cron.Parse(m), c.Ask(t, "cron %x", m)
		if got != want {
			t.Fatalf("%q: %s, want %s", m, got, want)
		}
		if strings.HasPrefix(want, "error") {
			wrong++
		}
	}
	t.Logf("%d masks, %d of them with mistakes, 0 different", n, wrong)
}

// FuzzSpec looks for masks that the parser does not survive or that ask for nothing.
func FuzzSpec(f *testing.F) {
	for _, p := range pieces {
		f.Add("* * * * " + p)
		f.Add(p + " 1 1 1 1")
	}
	f.Fuzz(func(t *testing.T, mask string) {
		got := cron.Parse(mask)
		if rest, wrong := strings.CutPrefix(got, "error "); wrong && !strings.HasPrefix(rest, "invalid spec (") {
			t.Errorf("%q: %s", mask, got)
		} else if !wrong && strings.Contains(" "+got+" ", " 0 ") {
			t.Errorf("%q is never due: %s", mask, got)
		}
	})
}
