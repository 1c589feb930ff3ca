package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// Sizes of file systems that create tries by itself.
const (
	spiffsLeast = 16 << 10
	spiffsAuto  = 32 << 10            // below the blocks are smaller: not mounted in a larger partition
	spiffsMost  = 16<<20 - spiffsStep // page numbers have 16 bits
	spiffsStep  = 8 << 10
)

func (a *App) spiffsCreateCommand() *cobra.Command {
	var out, sizeText string
	var force bool
	c := &cobra.Command{
		Use:   "create FILE...",
		Short: "make an image of a file system",
		Long: `Makes an image of SPIFFS with files, as the firmware would have written them one after
the other. FILE is a file, which gets its own name without directories, or FILE=NAME.
Without --size the image is as small as it can be with all of them.

The image is mounted by the firmware where its first byte is at a multiple of 8 KB in the
chip and at the start of the partition.

Exit codes: 0 all went well, 2 a file that cannot be read or has no room, 3 the image
cannot be written.`,
		Example: `  moonlet spiffs create -o spiffs.bin --size 256KB init.lua www/index.html=index.html`,
		Args:    needArg(0, "a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return fail(ExitUsage, errors.New("--output is missing: which file is the image?"))
			}
			size, ok := project.ParseSize(sizeText)
			if !ok {
				return fail(ExitUsage, fmt.Errorf("--size: want a number of bytes, as in 262144 or 256KB, not %q", sizeText))
			}
			image, err := makeSPIFFS(a.Files, args, int(size))
			if err != nil {
				return fail(ExitUsage, err)
			}
			write := a.Files.Create
			if force {
				write = a.Files.Replace
			}
			err = write(out, image, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return fail(ExitUsage, fmt.Errorf("%s exists: --force replaces it", out))
			}
			return fail(ExitHost, err)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "`file` for the image")
	c.Flags().StringVar(&sizeText, "size", "0", "size of the file system in `bytes` (256KB, 1MB), a multiple of 8 KB; 0 for as small as possible")
	c.Flags().BoolVar(&force, "force", false, "replace a file that exists")
	return c
}

// makeSPIFFS makes an image with files, of a size or of the smallest that has room.
func makeSPIFFS(files *hostfile.Host, args []string, size int) ([]byte, error) {
	sources, err := readSources(files, args)
	if err != nil {
		return nil, err
	}
	var disk *spiffs.FS
	if size == 0 {
		disk, err = smallestSPIFFS(sources)
	} else if err = checkSPIFFSSize(size); err == nil {
		disk, err = fillSPIFFS(sources, size)
	}
	if err != nil {
		return nil, err
	}
	return disk.Image(), nil
}

// checkSPIFFSSize tells whether a file system can have a size.
func checkSPIFFSSize(size int) error {
	if size%spiffsStep != 0 || size < spiffsLeast || size > spiffsMost {
		return fmt.Errorf("a file system has a multiple of %d bytes, %d to %d, not %d", spiffsStep, spiffsLeast, spiffsMost, size)
	}
	return nil
}

// fillSPIFFS makes a file system of a size with files.
func fillSPIFFS(sources []source, size int) (*spiffs.FS, error) {
	disk, err := spiffs.Format(spiffs.NewMemory(size), 0, size, spiffs.Options{})
	if err != nil {
		return nil, err
	}
	if err := putFiles(disk, sources); err != nil {
		return nil, err
	}
	return disk, nil
}

// smallestSPIFFS makes the smallest file system that has room for files. It begins with a size
// below which they have none for sure.
func smallestSPIFFS(sources []source) (*spiffs.FS, error) {
	var sizes []int
	for _, s := range sources {
		sizes = append(sizes, len(s.data))
	}
	for size := max(spiffsAuto, spiffs.Least(sizes)); size <= spiffsMost; size += spiffsStep {
		if disk, err := fillSPIFFS(sources, size); !errors.Is(err, spiffs.ErrFull) {
			return disk, err
		}
	}
	return nil, errNoRoom
}

// errNoRoom says that files have room in no file system at all.
var errNoRoom = errors.New("no flash chip has room for these files")

// source is a file for an image.
type source struct {
	name string // on the module
	data []byte
}

// readSources reads the files of FILE or FILE=NAME.
func readSources(files *hostfile.Host, args []string) (sources []source, err error) {
	seen := map[string]bool{}
	for _, arg := range args {
		path, name, ok := strings.Cut(arg, "=")
		if !ok {
			name = filepath.Base(path)
		}
		if err := checkSourceName(name); err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("there are two files for the name %q", name)
		}
		seen[name] = true
		data, err := readBounded(files, path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source{name, data})
	}
	return sources, nil
}

// checkSourceName tells whether a file on the module can have a name.
func checkSourceName(name string) error {
	if len(name) > spiffs.NameMax || name == "" {
		return fmt.Errorf("%q cannot be a name on the module: it has %d bytes, %d is the most; FILE=NAME gives another", name, len(name), spiffs.NameMax)
	}
	return nil
}

// putFiles writes files to a file system, in place of those of the same names.
func putFiles(disk *spiffs.FS, sources []source) error {
	for _, s := range sources {
		if err := putFile(disk, s.name, s.data); err != nil {
			return fmt.Errorf("%q: %w", s.name, err)
		}
	}
	return nil
}

func putFile(disk *spiffs.FS, name string, data []byte) error {
	f, err := disk.Open(name, spiffs.Create|spiffs.Truncate|spiffs.WriteOnly)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
