package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/storage/chipmap"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

func (a *App) spiffsFitCommand() *cobra.Command {
	var sizeText string
	var asJSON, outside bool
	c := &cobra.Command{
		Use:   "fit FILE...|DIR|IMAGE",
		Short: "tell how large a file system has to be for files",
		Long: `Tells the smallest size of a file system that has room for files, as "moonlet spiffs
create" finds it, and what each file takes. FILE is as for create; DIR is a project, of
which those files count that "moonlet run" puts into flash; of an IMAGE, of SPIFFS or of
a whole flash chip, those that are in it.

With --size it tells whether they fit into a file system of that size, how much stays
free, and how large one more file can be.

Exit codes: 0 they fit, 1 they do not fit, 2 a file that cannot be read, or a size that no
file system has.`,
		Example: `  moonlet spiffs fit init.lua www/index.html=index.html
  moonlet spiffs fit . --size 256KB
  moonlet spiffs fit module.bin --json`,
		Args: needArg(0, "a file"),
		RunE: func(c *cobra.Command, args []string) error {
			size, ok := project.ParseSize(sizeText)
			if !ok {
				return fail(ExitUsage, fmt.Errorf("--size: want a number of bytes, as in 262144 or 256KB, not %q", sizeText))
			}
			if c.Flags().Changed("size") {
				if err := checkSPIFFSSize(int(size)); err != nil {
					return fail(ExitUsage, fmt.Errorf("--size: %w", err))
				}
			}
			return a.spiffsFit(args, int(size), asJSON, outside)
		},
	}
	c.Flags().StringVar(&sizeText, "size", "0", "size of a file system in `bytes` (256KB, 1MB), a multiple of 8 KB")
	c.Flags().BoolVar(&asJSON, "json", false, "as a JSON object")
	addOutside(c.Flags(), &outside)
	return c
}

// fitFile is a file in the document of spiffs fit.
type fitFile struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
	Pages int    `json:"pages"`
}

// fitSize is a file system in the document of spiffs fit. What does not fit has no figures
// but the first ones.
type fitSize struct {
	Bytes    int  `json:"bytes"`
	Pages    int  `json:"pages"` // for files
	Overhead int  `json:"overhead_bytes"`
	Fits     bool `json:"fits"`
	Total    int  `json:"total_bytes"` // as file.fsinfo tells
	Used     int  `json:"used_bytes"`
	Free     int  `json:"free_bytes"`
	// More is the size of one more file that has room, see oneMore.
	More int `json:"one_more_bytes"`
}

// fitReport is the document of spiffs fit.
type fitReport struct {
	Files    []fitFile `json:"files"`
	Bytes    int       `json:"bytes"`
	Pages    int       `json:"pages"`
	Smallest *fitSize  `json:"smallest"` // null if no chip has room
	Asked    *fitSize  `json:"asked,omitempty"`
}

func (a *App) spiffsFit(args []string, size int, asJSON, outside bool) error {
	sources, err := a.fitSources(args, outside)
	if err != nil {
		return err
	}
	r := &fitReport{Files: []fitFile{}}
	for _, s := range sources {
		data, index := spiffs.Pages(len(s.data))
		r.Files = append(r.Files, fitFile{s.name, len(s.data), data + index})
		r.Bytes, r.Pages = r.Bytes+len(s.data), r.Pages+data+index
	}
	disk, err := smallestSPIFFS(sources)
	if err == nil {
		r.Smallest, err = fitInto(sources, disk.Geometry().Size)
	}
	if err != nil && !errors.Is(err, errNoRoom) {
		return fail(ExitUsage, err)
	}
	if size != 0 {
		if r.Asked, err = fitInto(sources, size); err != nil {
			return fail(ExitUsage, err)
		}
	}
	if asJSON {
		err = a.writeJSON(r)
	} else {
		err = a.writeText(r.print)
	}
	if fits := r.Smallest != nil && (r.Asked == nil || r.Asked.Fits); err == nil && !fits {
		err = &failure{code: ExitGuest, err: errors.New("the files do not fit"), told: true}
	}
	return err
}

// fitSources reads the files, those of a project or those of an image.
func (a *App) fitSources(args []string, outside bool) (sources []source, err error) {
	if len(args) > 1 {
		sources, err = readSources(a.Files, args)
		return sources, fail(ExitUsage, err)
	}
	if info, err := a.Files.Stat(args[0]); err == nil && info.IsDir() {
		p, err := a.openProject(args[0], nil, outside)
		if err != nil {
			return nil, err
		}
		defer p.Close()
		for _, s := range p.Sources {
			if err := checkSourceName(s.Name); err != nil {
				return nil, fail(ExitUsage, err)
			}
			sources = append(sources, source{s.Name, s.Data})
		}
		return sources, nil
	} else if err == nil && info.Size() <= inputMax {
		data, err := readInput(a.Files, args[0])
		if err != nil {
			return nil, err
		}
		if len(spiffs.Search(data)) > 0 {
			return a.imageSources(args[0])
		}
	}
	sources, err = readSources(a.Files, args)
	return sources, fail(ExitUsage, err)
}

// imageSources reads the files in an image.
func (a *App) imageSources(name string) (sources []source, err error) {
	_, disk, files, err := viewSPIFFS(a.Files, name)
	if err != nil {
		return nil, err
	}
	for _, s := range files {
		data, err := disk.ReadFile(s.Name)
		if err != nil {
			return nil, fail(ExitUsage, fmt.Errorf("%s: %q: %w; \"moonlet spiffs check\" tells more", name, s.Name, err))
		}
		sources = append(sources, source{s.Name, data})
	}
	return sources, nil
}

// fitInto tells how files fit into a file system of a size.
func fitInto(sources []source, size int) (*fitSize, error) {
	g, err := spiffs.Partition(0, size)
	if err != nil {
		return nil, err
	}
	s := &fitSize{Bytes: size, Pages: g.Capacity(), Overhead: size - g.Capacity()*spiffs.DataSize, More: -1}
	disk, err := fillSPIFFS(sources, size)
	switch {
	case errors.Is(err, spiffs.ErrFull):
		return s, nil
	case err != nil:
		return nil, err
	}
	total, used, err := disk.Info()
	if err != nil {
		return nil, err
	}
	s.Fits, s.Total, s.Used = true, int(total), int(used)
	s.Free = max(s.Total-s.Used, 0)
	s.More = oneMore(sources, size, g.Capacity()-s.Used/spiffs.DataSize)
	return s, nil
}

// oneMore is the size of a file that has room behind others in a file system with a number
// of free pages, -1 if none was found. It was tried. Usually it is the largest one; where
// few blocks are left, garbage is collected in between, and a larger file may have room when
// a smaller one has not.
func oneMore(sources []source, size, free int) int {
	name := freeName(sources)
	// fit is the largest size with that many pages of data, -1 for none. Full pages may be a
	// byte too much: SPIFFS collects garbage then.
	fit := func(pages int) int {
		most := pages * spiffs.DataSize
		for _, n := range []int{most, max(most-1, 0)} {
			if _, err := fillSPIFFS(append(slices.Clip(sources), source{name, make([]byte, n)}), size); err == nil {
				return n
			}
		}
		return -1
	}
	if free < 1 {
		return -1
	}
	low, high, found := -1, max(free-1, 1), -1
	for mid := high - 1; high-low > 1; mid = (low + high) / 2 {
		if n := fit(mid); n >= 0 {
			low, found = mid, n
		} else {
			high = mid
		}
	}
	return found
}

// freeName is a name that no file has.
func freeName(sources []source) string {
	name := "more"
	for n := 0; slices.ContainsFunc(sources, func(s source) bool { return s.name == name }); n++ {
		name = fmt.Sprintf("more%d", n)
	}
	return name
}

func (r *fitReport) print(w io.Writer) {
	t := &table{w: w, names: []string{"BYTES", "PAGES", "FILE"}, left: map[int]bool{2: true}}
	for _, f := range r.Files {
		t.row(f.Bytes, f.Pages, f.Name)
	}
	t.row(r.Bytes, r.Pages, fmt.Sprintf("%d in all, in pages of %d bytes with %d of a file each", len(r.Files), spiffs.PageSize, spiffs.DataSize))
	t.print()
	fmt.Fprintln(w)
	if r.Smallest == nil {
		fmt.Fprintf(w, "No flash chip has room for these files.\n")
	} else {
		fmt.Fprintf(w, "The smallest file system with room for them has %s.\n", spiffsSizeText(r.Smallest.Bytes))
		r.Smallest.print(w)
	}
	switch {
	case r.Asked == nil:
	case r.Asked.Fits:
		fmt.Fprintf(w, "They fit into %s.\n", spiffsSizeText(r.Asked.Bytes))
		r.Asked.print(w)
	default:
		fmt.Fprintf(w, "They do not fit into %s: it has %d pages for files.\n", spiffsSizeText(r.Asked.Bytes), r.Asked.Pages)
	}
}

func (s *fitSize) print(w io.Writer) {
	fmt.Fprintf(w, "  It takes %d bytes for itself, has %d pages for files, and %d bytes stay free of %d (file.fsinfo).\n", s.Overhead, s.Pages, s.Free, s.Total)
	if s.More >= 0 {
		fmt.Fprintf(w, "  One more file of %d bytes has room.\n", s.More)
	} else {
		fmt.Fprintf(w, "  There is no room for one more file.\n")
	}
}

// spiffsSizeText is a size as --size takes it.
func spiffsSizeText(n int) string { return fmt.Sprintf("%s (%d bytes)", chipmap.Size(n), n) }
