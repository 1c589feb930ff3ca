package heapview

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Sample is the state of the heap at a moment, in bytes.
type Sample struct {
	At      time.Duration
	Running bool // false while the module sleeps: the rest is 0
	Life    int  // counts the lives between resets
	Free    int  // node.heap()
	Largest int  // the largest free piece
	Lua     int  // collectgarbage("count")
	Lowest  int  // the fewest free bytes since the sample before
}

// Mark is a moment with a name.
type Mark struct {
	At   time.Duration
	Text string
}

// Picture draws the heap over time.
type Picture struct {
	Title   string
	Total   int // size of the heap
	Samples []Sample
	Marks   []Mark
}

// The picture's measures in pixels.
const (
	picWidth, picHeight = 960, 480
	picLeft, picRight   = 72, 24
	picTop, picBottom   = 76, 56
	plotWidth           = picWidth - picLeft - picRight
	plotHeight          = picHeight - picTop - picBottom
)

// curve is one of the lines.
type curve struct {
	name, color, dash string
	value             func(s Sample) int
}

// curves are drawn in this order. Their colours can be told apart by people who do not
// see red and green as different (Okabe and Ito, "Color universal design").
func curves() []curve {
	return []curve{
		{"Lua's own memory", "#009e73", "", func(s Sample) int { return s.Lua }},
		{"largest free piece", "#d55e00", "5 3", func(s Sample) int { return s.Largest }},
		{"free: node.heap()", "#0072b2", "", func(s Sample) int { return s.Free }},
	}
}

// Write writes the picture as SVG.
func (p *Picture) Write(w io.Writer) error {
	d := &drawing{p: p}
	d.scales()
	d.f(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">`,
		picWidth, picHeight, picWidth, picHeight)
	d.f(`<title>%s</title>`, escape(p.Title))
	d.f(`<rect width="%d" height="%d" fill="#ffffff"/>`, picWidth, picHeight)
	d.f(`<text x="%d" y="26" font-size="16">%s</text>`, picLeft, escape(p.Title))
	d.legend()
	d.axes()
	samples := d.columns()
	d.band(samples)
	for _, c := range curves() {
		d.line(samples, c)
	}
	d.resets()
	d.marks()
	d.f(`</svg>`)
	_, err := w.Write(d.b.Bytes())
	return err
}

// drawing is a picture on its way.
type drawing struct {
	p     *Picture
	b     bytes.Buffer
	end   time.Duration // of the time axis
	top   float64       // of the other one, in bytes
	xStep time.Duration
	yStep float64
}

func (d *drawing) f(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

// escape makes text fit for XML: what cannot stand there becomes a question mark.
func escape(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0xFFFE || r == 0xFFFF {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

// scales chooses steps that people can count with.
func (d *drawing) scales() {
	d.end = time.Second
	if n := len(d.p.Samples); n > 0 {
		d.end = max(d.end, d.p.Samples[n-1].At)
	}
	d.xStep = 24 * time.Hour
	for _, tenths := range []time.Duration{1, 2, 5, 10, 20, 50, 100, 150, 300, 600, 1200, 3000, 6000, 9000, 18000, 36000, 72000, 216000, 432000} {
		if step := tenths * time.Second / 10; d.end <= 10*step {
			d.xStep = step
			break
		}
	}
	for d.end > 12*d.xStep {
		d.xStep *= 2
	}
	d.yStep = 1024
	for float64(d.p.Total) > 8*d.yStep {
		d.yStep *= 2
	}
	d.top = max(math.Ceil(float64(d.p.Total)/d.yStep), 1) * d.yStep
}

func (d *drawing) x(t time.Duration) float64 { return picLeft + plotWidth*float64(t)/float64(d.end) }
func (d *drawing) y(n int) float64           { return picTop + plotHeight*(1-float64(n)/d.top) }

// legend names the lines.
func (d *drawing) legend() {
	x := picLeft
	list := curves()
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		d.f(`<line x1="%d" y1="50" x2="%d" y2="50" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`, x, x+24, c.color, c.dash)
		d.f(`<text x="%d" y="54">%s</text>`, x+30, escape(c.name))
		x += 52 + 13*len(c.name)/2
	}
	d.f(`<rect x="%d" y="45" width="24" height="10" fill="#0072b2" fill-opacity="0.25"/>`, x)
	d.f(`<text x="%d" y="54">as low as it was in between</text>`, x+30)
}

// axes draws the grid with its figures.
func (d *drawing) axes() {
	for n := 0.0; n <= d.top; n += d.yStep {
		y := d.y(int(n))
		d.f(`<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#dddddd"/>`, picLeft, y, picWidth-picRight, y)
		d.f(`<text x="%d" y="%.1f" text-anchor="end">%g KB</text>`, picLeft-8, y+4, n/1024)
	}
	if total := d.y(d.p.Total); d.p.Total > 0 {
		d.f(`<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#888888"/>`, picLeft, total, picWidth-picRight, total)
		d.f(`<text x="%d" y="%.1f" text-anchor="end" fill="#555555">the whole heap: %d bytes</text>`, picWidth-picRight-4, total+14, d.p.Total)
	}
	for t := time.Duration(0); t <= d.end; t += d.xStep {
		x := d.x(t)
		d.f(`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#dddddd"/>`, x, picTop, x, picTop+plotHeight)
		d.f(`<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x, picTop+plotHeight+18, shortTime(t))
	}
	d.f(`<text x="%d" y="%d" text-anchor="middle">time since power-on</text>`, picLeft+plotWidth/2, picHeight-12)
}

// shortTime writes a time without units that are zero: "1m30s", "2h".
func shortTime(t time.Duration) string {
	s := t.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// columns makes at most one sample of each column of pixels: the worst of all that
// fall into it.
func (d *drawing) columns() (list []Sample) {
	last := -1
	for _, s := range d.p.Samples {
		column := int(d.x(s.At))
		n := len(list) - 1
		if column != last || n < 0 || s.Life != list[n].Life || s.Running != list[n].Running {
			list, last = append(list, s), column
			continue
		}
		x := &list[n]
		x.At = s.At
		x.Free, x.Lowest = min(x.Free, s.Free), min(x.Lowest, s.Lowest)
		x.Largest, x.Lua = min(x.Largest, s.Largest), max(x.Lua, s.Lua)
	}
	return list
}

// runs calls f with the samples between two resets or sleeps.
func runs(list []Sample, f func(run []Sample)) {
	from := 0
	for i := range list {
		if !list[i].Running {
			f(list[from:i])
			from = i + 1
		} else if i > from && list[i].Life != list[from].Life {
			f(list[from:i])
			from = i
		}
	}
	f(list[from:])
}

// line draws a curve.
func (d *drawing) line(list []Sample, c curve) {
	runs(list, func(run []Sample) {
		if len(run) == 0 {
			return
		}
		var b strings.Builder
		for _, s := range run {
			fmt.Fprintf(&b, "%.1f,%.1f ", d.x(s.At), d.y(c.value(s)))
		}
		d.f(`<polyline points="%s" fill="none" stroke="%s" stroke-width="1.6" stroke-dasharray="%s"/>`, strings.TrimSpace(b.String()), c.color, c.dash)
	})
}

// band fills what is between the free heap and as low as it was in between.
func (d *drawing) band(list []Sample) {
	runs(list, func(run []Sample) {
		if len(run) == 0 {
			return
		}
		var b strings.Builder
		for _, s := range run {
			fmt.Fprintf(&b, "%.1f,%.1f ", d.x(s.At), d.y(s.Free))
		}
		for i := len(run) - 1; i >= 0; i-- {
			fmt.Fprintf(&b, "%.1f,%.1f ", d.x(run[i].At), d.y(min(run[i].Lowest, run[i].Free)))
		}
		d.f(`<polygon points="%s" fill="#0072b2" fill-opacity="0.25"/>`, strings.TrimSpace(b.String()))
	})
}

// resets marks where a life ends, with a word where there is room for it.
func (d *drawing) resets() {
	const room = 45
	free := 0.0 // where the next word may begin
	for i, s := range d.p.Samples {
		if i == 0 || s.Life == d.p.Samples[i-1].Life {
			continue
		}
		text, x := "", d.x(s.At)
		if x >= free {
			text, free = "reset", x+room
		}
		d.mark(x, picTop+plotHeight-6, text, "#777777")
	}
}

func (d *drawing) marks() {
	for _, m := range d.p.Marks {
		d.mark(d.x(m.At), picTop-5, m.Text, "#cc0000")
	}
}

// mark draws an upright line with a text beside it.
func (d *drawing) mark(x, textY float64, text, color string) {
	anchor, dx := "start", 4.0
	if x+dx+float64(7*len(text)) > picWidth-picRight {
		anchor, dx = "end", -4
	}
	d.f(`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s" stroke-dasharray="2 3"/>`, x, picTop, x, picTop+plotHeight, color)
	if text != "" {
		d.f(`<text x="%.1f" y="%.0f" text-anchor="%s" fill="%s">%s</text>`, x+dx, textY, anchor, color, escape(text))
	}
}
