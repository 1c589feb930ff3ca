package cli

import (
	"bufio"
	"bytes"
	"io"
	"sync"
)

// execOutput is the standard output of a program, with C's buffering: by lines at a
// terminal, else by blocks. Any goroutine may flush it.
type execOutput struct {
	mu    sync.Mutex
	w     *bufio.Writer
	lines bool
}

// execOutput makes the output of a program.
func (a *App) execOutput() *execOutput {
	return &execOutput{w: bufio.NewWriter(a.Out), lines: a.Terminal != nil && a.Terminal.Screen()}
}

// Write implements io.Writer.
func (o *execOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.w.Write(p)
	if err == nil && o.lines && bytes.IndexByte(p, '\n') >= 0 {
		err = o.w.Flush()
	}
	return n, err
}

// Flush writes what is held back.
func (o *execOutput) Flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Flush()
}

// input is an input before which the output is flushed, for what asks for it to be seen.
func (o *execOutput) input(in io.Reader) io.Reader { return &flushingReader{in, o} }

type flushingReader struct {
	in  io.Reader
	out *execOutput
}

// Read implements io.Reader.
func (r *flushingReader) Read(p []byte) (int, error) {
	if err := r.out.Flush(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}
