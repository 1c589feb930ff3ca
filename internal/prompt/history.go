package prompt

import (
	"path/filepath"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
)

// The bounds of a history, in lines and bytes.
const (
	historyLines = 1000
	historyBytes = 256 << 10
)

// History is what was entered, in this run and in earlier ones. It belongs to its Editor.
type History struct {
	lines []string
	path  string // "" if it is not kept
	files *hostfile.Host
}

// secrets are words, in small letters, by which a line is taken for one that may hold a
// password.
var secrets = [...]string{"pwd", "passw", "secret", "token", "psk", "credential", "apikey", "api_key"}

// LoadHistory reads a history that is kept in a file, which only its owner may read. Where the
// path is empty, or there is no file, it has no lines. A file that cannot be read is not
// written, either: the error says why.
func LoadHistory(files *hostfile.Host, path string) (*History, error) {
	h := &History{files: files, path: path}
	if path == "" {
		return h, nil
	}
	if _, err := files.Stat(path); err != nil {
		return h, nil // there is none yet
	}
	text, err := files.ReadFile(path, 4*historyBytes)
	if err != nil {
		h.path = ""
		return h, err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			h.keep(clean([]byte(line)))
		}
	}
	return h, nil
}

// keep adds a line.
func (h *History) keep(text string) {
	if n := len(h.lines); n > 0 && h.lines[n-1] == text {
		return
	}
	h.lines = append(h.lines, text)
	size := 0
	for i, line := range slices.Backward(h.lines) {
		if size += len(line) + 1; size > historyBytes || len(h.lines)-i > historyLines {
			h.lines = slices.Delete(h.lines, 0, i+1)
			return
		}
	}
}

// kept tells whether a line goes to the file.
func kept(text string) bool {
	small := strings.ToLower(text)
	return text != "" && text[0] != ' ' && !slices.ContainsFunc(secrets[:], func(word string) bool { return strings.Contains(small, word) })
}

// save writes what was entered to the file, behind what other runs have written meanwhile.
func (h *History) save(entered []string) error {
	if h.path == "" || len(entered) == 0 {
		return nil
	}
	now, err := LoadHistory(h.files, h.path)
	if err != nil {
		return err
	}
	for _, text := range entered {
		now.keep(text)
	}
	if err := h.files.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	return h.files.Replace(h.path, []byte(strings.Join(now.lines, "\n")+"\n"), 0o600)
}

// past is the history as an Editor shows it.
type past struct {
	history  *History
	back     int // how far the line that is shown is from the end; 0 is the one that is typed
	draft    line
	entered  []string // that go to the file
	pastedCR bool
}

func (p *past) len() int { return len(p.history.lines) }

func (p *past) at(i int) string { return p.history.lines[i] }

// add adds a line that was entered.
func (p *past) add(text string) {
	p.leave()
	if strings.TrimSpace(text) == "" {
		return
	}
	p.history.keep(text)
	if kept(text) {
		p.entered = append(p.entered, text)
		if len(p.entered) > historyLines {
			p.entered = p.entered[1:]
		}
	}
}

// leave ends the way through the history.
func (p *past) leave() { p.back, p.draft = 0, line{} }

func (p *past) up(l *line) {
	if p.back == p.len() {
		return
	}
	if p.back == 0 {
		p.draft = *l
	}
	p.back++
	*l = newLine(p.at(p.len() - p.back))
}

func (p *past) down(l *line) {
	if p.back == 0 {
		return
	}
	if p.back--; p.back == 0 {
		*l = p.draft
		return
	}
	*l = newLine(p.at(p.len() - p.back))
}

// SaveHistory writes what was entered since the last time to the history's file.
func (e *Editor) SaveHistory() error {
	e.mu.Lock()
	entered := e.past.entered
	e.past.entered = nil
	e.mu.Unlock()
	return e.config.History.save(entered)
}
