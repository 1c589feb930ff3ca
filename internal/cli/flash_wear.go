package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/storage/chipmap"
	"moonlet.example/moonlet/internal/storage/flash"
)

// wornSector is a sector in the document of flash wear.
type wornSector struct {
	Addr    int          `json:"address"`
	Region  chipmap.Kind `json:"region"`
	Erases  int          `json:"erases"`
	Left    int          `json:"left"`              // erases, less than 0 beyond the endurance
	Seconds *int64       `json:"seconds,omitempty"` // that it lasts, if that can be told
}

// wearResult is the document of flash wear.
type wearResult struct {
	File      string       `json:"file"`
	Counted   bool         `json:"counted"` // somebody counted
	Endurance int          `json:"endurance"`
	Erases    int          `json:"erases"`
	Sectors   int          `json:"sectors"` // that were erased
	RanMS     int64        `json:"ran_ms"`  // how long the module was switched on
	Most      []wornSector `json:"most"`
	Warning   string       `json:"warning,omitempty"`
	life      []string
}

func (a *App) flashWearCommand() *cobra.Command {
	var asJSON bool
	top := 10
	c := &cobra.Command{
		Use:   "wear IMAGE",
		Short: "tell how often sectors were erased, and how long they last",
		Long: fmt.Sprintf(`Tells which sectors of a chip were erased most often while modules used the image.
The counts are in IMAGE.wear; an image that was read from a board has none.

A sector of a usual chip can be erased %d times at least. How long it lasts is
told as time that the module is switched on, if it goes on like that; a sector that
lasts less than a year is warned of. "moonlet run" warns as well, by the rate of its run.

Exit codes: 0 all went well, 2 a file cannot be read.`, flash.Endurance),
		Example: `  moonlet flash wear module.bin
  moonlet flash wear module.bin --top 3`,
		Args: needArg(1, "the image of a flash chip"),
		RunE: func(_ *cobra.Command, args []string) error {
			if top < 1 {
				return errors.New("--top: want a number of lines, as in 10")
			}
			r, err := a.wear(args[0], top)
			if err != nil {
				return err
			}
			if asJSON {
				return a.writeJSON(r)
			}
			return a.writeText(r.print)
		},
	}
	c.Flags().IntVar(&top, "top", top, "list `N` sectors")
	c.Flags().BoolVar(&asJSON, "json", false, "as a JSON object")
	return c
}

// wear tells which sectors of a chip are worn most.
func (a *App) wear(name string, top int) (*wearResult, error) {
	m, err := inspectChip(a.Files, name)
	if err != nil {
		return nil, err
	}
	r := &wearResult{File: name, Endurance: flash.Endurance, Most: []wornSector{}}
	w, err := flash.ReadWear(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err == nil && w.Size != m.Bytes:
		err = fmt.Errorf("the counts beside %s are those of a chip of %s, and it has %s: they belong to another one", name, chipmap.Size(w.Size), chipmap.Size(m.Bytes))
	}
	if err != nil {
		return nil, fail(ExitUsage, err)
	}
	r.Counted, r.Erases, r.RanMS = true, w.Total(), w.Ran.Milliseconds()
	all := w.Most(m.Sectors)
	r.Sectors = len(all)
	if s, ok := w.Soon(); ok {
		r.Warning = fmt.Sprintf("the sector at 0x%06x lasts less than a year if it goes on like that", s.Offset)
	}
	for _, s := range all[:min(top, len(all))] {
		x := wornSector{Addr: s.Offset, Region: regionAt(m, s.Offset), Erases: s.Erases, Left: s.Left()}
		life := ""
		if t, ok := w.Life(s); ok {
			seconds := int64(t / time.Second)
			x.Seconds, life = &seconds, flash.LifeText(t)
		}
		r.Most, r.life = append(r.Most, x), append(r.life, life)
	}
	return r, nil
}

func regionAt(m *chipmap.Map, at int) chipmap.Kind {
	for _, r := range m.Regions {
		if at < r.End() {
			return r.Kind
		}
	}
	return chipmap.Unknown
}

func (r *wearResult) print(w io.Writer) {
	switch {
	case !r.Counted:
		fmt.Fprintf(w, "%s: nobody has counted its erases; modules that use the image do\n", r.File)
		return
	case r.Erases == 0:
		fmt.Fprintf(w, "%s: no sector was erased\n", r.File)
		return
	}
	fmt.Fprintf(w, "%s: %d erases in %d sectors", r.File, r.Erases, r.Sectors)
	if r.RanMS > 0 {
		fmt.Fprintf(w, ", while the module was switched on for %v", (time.Duration(r.RanMS) * time.Millisecond).Round(time.Second))
	}
	fmt.Fprintf(w, "\n\n")
	t := &table{w: w, names: []string{"ADDRESS", "REGION", "ERASES", fmt.Sprintf("OF %d", r.Endurance), "LASTS"}, left: map[int]bool{0: true, 1: true, 4: true}}
	for i, s := range r.Most {
		t.row(fmt.Sprintf("0x%06x", s.Addr), s.Region, s.Erases, fmt.Sprintf("%.2f%%", 100*float64(s.Erases)/float64(r.Endurance)), r.life[i])
	}
	t.print()
	if n := r.Sectors - len(r.Most); n > 0 {
		fmt.Fprintf(w, "and %d more\n", n)
	}
	if r.Warning != "" {
		fmt.Fprintf(w, "\nWarning: %s.\n", r.Warning)
	}
}
