package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/prompt"
)

// person is who sits at a terminal with a line editor.
type person struct {
	r        *runner
	editor   *prompt.Editor
	screen   *output      // to the terminal
	lineEnd  atomic.Int32 // what goes to the module for the key Enter
	lua      atomic.Bool  // Lua gets the lines
	asking   atomic.Bool  // something is asked for that the module has not had time for
	watching func()       // ends it
	queue    queue

	mu      sync.Mutex
	restore func() // puts the terminal in order; nil if it is
}

// newPerson makes one if there is a terminal for it.
func (r *runner) newPerson(onError func(error)) *person {
	t, o := r.app.Terminal, &r.options
	if o.raw || o.noEcho || len(o.execute) > 0 || !t.Input() || !t.Screen() || !t.Editing() {
		return nil
	}
	p := &person{r: r, screen: newOutput(r.app.Out, onError)}
	p.queue.init()
	p.lineEnd.Store('\n')
	history, err := prompt.LoadHistory(r.app.Files.Passing(), historyPath())
	c := prompt.Config{
		Terminal: p.screen, Color: t.Color(), History: history,
		Send: p.send, Drop: p.queue.drop, Complete: p.complete, Leave: r.leave, Suspend: p.suspend,
	}
	c.Width, c.Height = t.Size()
	p.editor = prompt.New(c)
	if err != nil {
		fmt.Fprintf(notes{p.editor}, "moonlet: the history cannot be read: %v\n", err)
	}
	return p
}

// historyPath is the file with what was entered in earlier runs, "" for none: what the
// environment says, or where this host keeps such things.
func historyPath() string {
	if path, ok := os.LookupEnv("MOONLET_HISTORY"); ok {
		return path
	}
	var dir string
	var err error
	switch runtime.GOOS {
	case "windows":
		dir, err = os.UserCacheDir() // which, unlike the other one, stays on this computer
	case "darwin", "ios":
		dir, err = os.UserConfigDir()
	default:
		if dir = os.Getenv("XDG_STATE_HOME"); !filepath.IsAbs(dir) {
			dir, err = os.UserHomeDir()
			dir = filepath.Join(dir, ".local", "state")
		}
	}
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "moonlet", "history")
}

// notes is the editor for what the program itself has to say.
type notes struct{ *prompt.Editor }

// Write implements io.Writer.
func (n notes) Write(p []byte) (int, error) { return n.Note(p) }

// console is what the editor wants to know of the module's console.
func (p *person) console() *hook.Console {
	if p == nil {
		return nil
	}
	return &hook.Console{
		Typed: p.editor.Typed,
		Prompt: func(text string) {
			p.editor.Prompted(text)
			p.queue.open(true)
		},
		Reset: func(lost int) {
			p.editor.Reset(lost)
			p.queue.open(false)
		},
		Receiver: func(lines, hasEnd bool, end byte) {
			p.editor.Receives(lines)
			p.lua.Store(lines)
			if !lines {
				p.queue.open(true)
			}
			if hasEnd && end == '\r' {
				p.lineEnd.Store('\r')
			} else {
				p.lineEnd.Store('\n')
			}
		},
	}
}

// serial is where the module writes what it sends.
func (r *runner) serial() io.Writer {
	if r.person == nil {
		return r.out
	}
	return forEditor{r.person.editor, r.out}
}

// forEditor lets the editor know how much was sent before something else happens.
type forEditor struct {
	editor *prompt.Editor
	w      io.Writer
}

// Write implements io.Writer.
func (c forEditor) Write(p []byte) (int, error) {
	c.editor.Sent(len(p))
	return c.w.Write(p)
}

// start takes the terminal and begins to read keys.
func (p *person) start() error {
	if err := p.takeTerminal(); err != nil {
		return err
	}
	p.r.inNeed(func() {
		p.giveTerminal()
		go io.WriteString(p.r.app.Out, prompt.Restore) // which may wait for a reader
		time.Sleep(leaveWait)
	})
	p.watching = p.r.app.Terminal.Watch(func() { p.editor.Resize(p.r.app.Terminal.Size()) }, p.continued)
	p.editor.Start()
	go p.read()
	go p.typing()
	return nil
}

// takeTerminal makes the terminal raw, giveTerminal makes it what it was.
func (p *person) takeTerminal() error {
	restore, err := p.r.app.Terminal.Raw()
	if err != nil {
		return fail(ExitHost, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.restore = restore
	return nil
}

func (p *person) giveTerminal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.restore != nil {
		p.restore()
		p.restore = nil
	}
}

// close gives the terminal back, when all that was said so far stands there.
func (p *person) close() {
	p.watching()
	p.queue.close()
	p.r.out.sync()
	p.r.err.sync()
	if p.r.leaving() {
		p.screen.clear(leaveWait)
	}
	p.editor.Close()
	p.screen.clear(restoreWait)
	p.giveTerminal()
}

// suspend stops the program with the terminal in order, until it is continued.
func (p *person) suspend() {
	p.screen.sync()
	p.giveTerminal()
	p.r.app.Terminal.Suspend()
	if err := p.takeTerminal(); err != nil {
		p.r.end(err)
	}
}

// continued makes the terminal raw again if somebody else has stopped the program. What it was
// before that is what it is to be in the end.
func (p *person) continued() {
	p.mu.Lock()
	taken := p.restore != nil
	if taken {
		_, _ = p.r.app.Terminal.Raw() // one that is gone ends the run as soon as it is read
	}
	p.mu.Unlock()
	if taken {
		p.editor.Redraw()
	}
}

// read reads keys.
func (p *person) read() {
	defer p.r.guard()
	buf := make([]byte, 4096)
	told := false
	for {
		n, err := p.r.app.In.Read(buf)
		p.editor.Keys(buf[:n])
		if err := p.editor.SaveHistory(); err != nil && !told {
			told = true
			fmt.Fprintf(notes{p.editor}, "moonlet: the history cannot be kept: %v\n", err)
		}
		if err != nil {
			p.r.leave()
			return
		}
	}
}

// complete asks the module what may stand in the place of a word. One that is busy is not
// waited for any longer than a person may think that it is.
func (p *person) complete(w prompt.Word) []prompt.Candidate {
	if p.asking.Swap(true) {
		return nil
	}
	found := make(chan []prompt.Candidate, 1)
	go func() {
		var list []prompt.Candidate
		defer func() {
			recover() // of a memory that the guest has damaged there is nothing to tell
			p.asking.Store(false)
			found <- list
		}()
		_ = p.r.module.Do(func(b *moonlet.Bench) { list = candidates(b, w) }) // it is closed, if that fails
	}()
	select {
	case list := <-found:
		return list
	case <-p.r.ctx.Done():
	case <-time.After(completeMax):
		fmt.Fprintln(notes{p.editor}, "moonlet: the module is busy and cannot be asked")
	}
	return nil
}

// completeMax is how long the module may be busy.
const completeMax = time.Second

func candidates(b *moonlet.Bench, w prompt.Word) (list []prompt.Candidate) {
	if w.InString {
		files, _ := b.Files() // where there is no file system there are none
		for _, f := range files {
			list = append(list, prompt.Candidate{Name: f.Name, Kind: "file"})
		}
		return list
	}
	for _, f := range b.Fields(w.Path...) {
		list = append(list, prompt.Candidate(f))
	}
	return list
}

// send takes a line that was entered.
func (p *person) send(line string) bool {
	return p.queue.add(append([]byte(line), byte(p.lineEnd.Load())))
}

// typing types what was entered into the module, which takes it when it can. A line for Lua
// waits for its prompt: so the transcript of what was pasted, or typed ahead, is in order.
func (p *person) typing() {
	defer p.r.guard()
	for line := range p.queue.all {
		if p.lua.Load() {
			p.queue.open(false)
		}
		if _, err := p.r.machine.Type(line); err != nil {
			return // it is closed
		}
	}
}

// queueMax is how many bytes of entered lines wait, besides those that wait in the module.
const queueMax = 1 << 20

// queue is what was entered and not typed yet.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	lines   [][]byte
	bytes   int
	isOpen  bool // the next line may go
	closed  bool
}

func (q *queue) init() { q.changed = sync.NewCond(&q.mu) }

func (q *queue) add(line []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes+len(line) > queueMax {
		return false
	}
	q.lines, q.bytes = append(q.lines, line), q.bytes+len(line)
	q.changed.Signal()
	return true
}

// open lets the next lines go, or wait.
func (q *queue) open(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.isOpen = on
	q.changed.Signal()
}

// drop takes away all, and tells how many bytes that is.
func (q *queue) drop() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = q.bytes
	q.lines, q.bytes = nil, 0
	return n
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Signal()
}

// all are the lines, as they come, until it is closed.
func (q *queue) all(yield func([]byte) bool) {
	for {
		q.mu.Lock()
		for (len(q.lines) == 0 || !q.isOpen) && !q.closed {
			q.changed.Wait()
		}
		if q.closed {
			q.mu.Unlock()
			return
		}
		line := q.lines[0]
		q.lines, q.bytes = q.lines[1:], q.bytes-len(line)
		q.mu.Unlock()
		if !yield(line) {
			return
		}
	}
}
