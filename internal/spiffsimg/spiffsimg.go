// Package spiffsimg does what the firmware's host tool spiffsimg does (tools/spiffsimg),
// with its options, its scripts and its output, so that build scripts keep working.
//
// A script has a command on each line; blank lines and those that begin with # say
// nothing.
//
//	ls                    list the files: a type, the size in bytes, the name
//	cat NAME              write a file to standard output
//	info                  bytes in all, and in use
//	rm NAME               remove a file
//	import PATH NAME      write a file of the host to the image
//	export NAME PATH      and back
//
// Where it is not the same, on purpose: an image is written when all is done, and not if
// the tool gives up; a new image of 32 to 128 KB has blocks of 8 KB, since the firmware
// does not mount the tool's 4 KB there; a file that cat does not find is an error; lines
// may be longer than 126 bytes, up to 64 KB.
package spiffsimg

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// Name is the tool's name.
const Name = "spiffsimg"

// importBytes is how much of a file import writes at once.
const importBytes = 16384

// lineMost is the longest line of a script in bytes.
const lineMost = 64 << 10

// Command is a call of the tool.
type Command struct {
	In       io.Reader
	Out, Err io.Writer
	// CheckFree, if any, is an error if an image must not be changed now.
	CheckFree func(path string) error
	Files     *hostfile.Host // nil is the real one

	opt    *options
	was    []byte // the image before; nil for a new one
	chip   *spiffs.Memory
	disk   *spiffs.FS
	failed bool // a command failed; others go on
}

// Main runs the tool and gives its exit code: 0, or 1 if something failed.
func (c *Command) Main(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(c.Err, usage)
		return 1
	}
	opt, err := parse(args)
	if err == nil {
		c.opt = opt
		err = c.run()
	}
	if err != nil {
		fmt.Fprintf(c.Err, "%v\n", err)
		if opt != nil && opt.removeOnDie && opt.create {
			c.Files.Remove(opt.image)
			if opt.location != "" {
				c.Files.Remove(opt.location)
			}
		}
		return 1
	}
	if c.failed {
		return 1
	}
	return 0
}

func (c *Command) run() error {
	if err := c.open(); err != nil {
		return err
	}
	out := bufio.NewWriter(c.Out)
	err := c.commands(out)
	if e := out.Flush(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return c.save()
}

// open reads the image, or makes a new one in memory.
func (c *Command) open() (err error) {
	if c.opt.create {
		c.chip = spiffs.NewMemory(c.opt.size)
		c.disk, err = spiffs.Format(c.chip, 0, c.opt.size, spiffs.Options{})
		if err != nil {
			return fmt.Errorf("spiffs_format: %w", err)
		}
		if c.opt.interactive {
			fmt.Fprintf(c.Out, "Created filesystem -- size 0x%x, block_size=%d\n", c.opt.size, c.disk.Geometry().Block)
		}
		return nil
	}
	info, err := c.Files.Stat(c.opt.image)
	switch {
	case err != nil:
		return err
	case info.Size() > sizeMost || !info.Mode().IsRegular():
		return fmt.Errorf("%s: not an image of a file system", c.opt.image)
	case info.Size()%sector != 0:
		return errors.New("file size not multiple of erase block size")
	}
	if c.was, err = c.read(c.opt.image); err != nil {
		return err
	}
	c.chip = spiffs.MemoryOf(c.was)
	found := spiffs.Search(c.was)
	if len(found) == 0 {
		return fmt.Errorf("spiffs_mount: %w", spiffs.ErrNotAFS)
	}
	if c.disk, err = spiffs.MountAt(c.chip, found[0], spiffs.Options{}); err != nil {
		return fmt.Errorf("spiffs_mount: %w", err)
	}
	return nil
}

// save writes what has changed.
func (c *Command) save() error {
	c.disk.Unmount()
	image := c.chip.Bytes()
	mode := fs.FileMode(0o664)
	if !c.opt.create {
		if bytes.Equal(image, c.was) {
			return nil
		}
		info, err := c.Files.Stat(c.opt.image)
		if err != nil {
			return err
		}
		mode = info.Mode().Perm()
	}
	if c.CheckFree != nil {
		if err := c.CheckFree(c.opt.image); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := c.Files.Replace(c.opt.image, image, mode); err != nil {
		return err
	}
	if c.opt.create && c.opt.location != "" {
		return c.Files.Replace(c.opt.location, fmt.Appendf(nil, "0x%x", c.opt.used), 0o664)
	}
	return nil
}

// commands does what the options ask for.
func (c *Command) commands(out *bufio.Writer) error {
	switch {
	case c.opt.script != "":
		f, err := c.Files.Open(c.opt.script)
		if err != nil {
			return err
		}
		defer f.Close()
		return c.script(f, out, "")
	case c.opt.interactive:
		return c.script(c.In, out, "> ")
	case c.opt.list:
		return c.list(out)
	}
	return nil
}

// script obeys the lines of a script; a prompt is written before each.
func (c *Command) script(in io.Reader, out *bufio.Writer, prompt string) error {
	out.WriteString(prompt)
	r := bufio.NewReaderSize(in, lineMost)
	for {
		if prompt != "" {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		text, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			return fmt.Errorf("a line of the script has more than %d bytes", lineMost)
		}
		if len(text) == 0 {
			if err != io.EOF {
				return err
			}
			if prompt != "" {
				out.WriteByte('\n')
			}
			return nil
		}
		line := strings.TrimSpace(string(text))
		if line == "" || line[0] == '#' {
			continue
		}
		if err := c.line(line, out); err != nil {
			return err
		}
		out.WriteString(prompt)
	}
}

// line obeys one command. An error ends the tool.
func (c *Command) line(line string, out *bufio.Writer) error {
	verb, rest, spaced := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	words := strings.Fields(rest)
	switch {
	case line == "ls":
		return c.list(out)
	case strings.HasPrefix(line, "info"):
		total, used, err := c.disk.Info()
		if err != nil {
			c.fail(line)
			return nil
		}
		fmt.Fprintf(out, "Total: %d, Used: %d\n", total, used)
	case spaced && (verb == "import" || verb == "export"):
		switch {
		case len(words) < 2:
			fmt.Fprintf(c.Err, "SYNTAX ERROR: %s\n", line)
			c.failed = true
			return nil
		case verb == "import":
			return c.load(words[0], words[1])
		}
		data, err := c.disk.ReadFile(words[0])
		if err != nil {
			return fmt.Errorf("spiffs_open: %s: %w", words[0], err)
		}
		return c.Files.Replace(words[1], data, 0o664)
	case spaced && verb == "rm":
		if c.disk.Remove(rest) != nil {
			c.fail(line)
		}
	case spaced && verb == "cat":
		data, err := c.disk.ReadFile(rest)
		if err != nil {
			c.fail(line)
		}
		out.Write(data)
	default:
		fmt.Fprintf(out, "SYNTAX ERROR: %s\n", line)
		c.failed = true
	}
	return nil
}

func (c *Command) fail(line string) {
	fmt.Fprintf(c.Err, "FAILED: %s\n", line)
	c.failed = true
}

func (c *Command) list(out *bufio.Writer) error {
	files, err := c.disk.List()
	if err != nil {
		return fmt.Errorf("spiffs_opendir: %w", err)
	}
	for _, f := range files {
		fmt.Fprintf(out, "f %6d %s\n", f.Size, f.Name)
	}
	return nil
}

// read reads a file of the host that is no larger than a chip.
func (c *Command) read(path string) ([]byte, error) {
	data, err := c.Files.ReadAll(path, sizeMost)
	if errors.Is(err, hostfile.ErrTooLarge) {
		err = fmt.Errorf("%s: it has more bytes than any flash chip", path)
	}
	return data, err
}

// load writes a file of the host to the image.
func (c *Command) load(path, name string) error {
	data, err := c.read(path)
	if err != nil {
		return err
	}
	f, err := c.disk.Open(name, spiffs.Create|spiffs.Truncate|spiffs.WriteOnly)
	if err != nil {
		return fmt.Errorf("spiffs_open: %s: %w", name, err)
	}
	for len(data) > 0 {
		n := min(len(data), importBytes)
		if _, err := f.Write(data[:n]); err != nil {
			return fmt.Errorf("spiffs_write: %s: %w", name, err)
		}
		data = data[n:]
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("spiffs_close: %s: %w", name, err)
	}
	return nil
}
