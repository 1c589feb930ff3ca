package endusersetup

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

const paramsFile = "eus_params.lua"

// form takes what a person has filled in (enduser_setup_handle_POST).
func (c *conn) form(request string) {
	_, body, _ := strings.Cut(request, "\r\n\r\n") // there is one, or this would be no request
	body = cut(body)
	if !c.p.credentials(body) {
		c.send(answer400)
		return
	}
	c.p.writeParams(body)
	c.send(answerTrying)
}

// credentials looks for a name and a password, and lets a task configure the station; false if
// they are not there or do not fit (enduser_setup_http_handle_credentials). As in the firmware they
// are found anywhere in a text, also within the name of another field, and a name that does not
// fit costs the memory of the configuration.
func (p portal) credentials(text string) bool {
	s := p.state()
	p.m.SetU8(s+sSuccess, 0)
	p.m.SetU8(s+sStatus, 0)
	_, ssid, ok := strings.Cut(text, "wifi_ssid=")
	if !ok {
		return false
	}
	_, password, _ := strings.Cut(text, "wifi_password=") // without one the network is open
	at := p.L.ReallocCounted(0, 0, configSize)
	p.m.Zero(at, configSize)
	fits := p.decodeTo(at, ssidMost, value(ssid))
	fits = p.decodeTo(at+configPassword, passwordMost, value(password)) && fits
	if !fits {
		p.note("a name of more than %d bytes, or a password of more than %d, is refused, as in the firmware", ssidMost-1, passwordMost-1)
	}
	if !fits || p.m.U8(at) == 0 {
		return false
	}
	p.chip.Loop().Post(port.Medium, func() { p.configure(at) })
	return true
}

// value is what s begins with, up to the next field or a space.
func value(s string) string {
	if i := strings.IndexAny(s, "& "); i >= 0 {
		s = s[:i]
	}
	return s
}

// decodeTo puts a value into a field of zeros, of which the last one stays; false if it does not
// fit.
func (p portal) decodeTo(at mem.Addr, size int, value string) bool {
	text, ok := decode(value, size-1)
	copy(p.m.Bytes(at, mem.Addr(size)), text)
	return ok
}

// decode decodes a value as a form encodes it (enduser_setup_http_urldecode), as far as most
// bytes; ok tells whether that was all.
func decode(s string, most int) (text string, ok bool) {
	b := make([]byte, 0, min(len(s), most))
	for i := 0; i < len(s); {
		if len(b) == most {
			return string(b), false
		}
		switch c := s[i]; {
		case c == '%' && i+2 < len(s) && digit(s[i+1]) < 16 && digit(s[i+2]) < 16:
			b = append(b, byte(16*digit(s[i+1])+digit(s[i+2])))
			i += 3
			continue
		case c == '+':
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
		i++
	}
	return string(b), true
}

// pair is a field of a form.
type pair struct{ key, value string }

// pairs takes the fields of a form apart as the firmware does, with C's strtok at "=" and "&" by
// turns: a field without a value has what follows as its value. A value that is missing at the
// end is empty, and a pair without a key, as behind "a&b=c", is left out; the firmware reads
// what was in memory there. ok tells whether there is any.
func pairs(body string) (list []pair, ok bool) {
	n := strings.Count(body, "&") + 1
	if n == 1 && !strings.Contains(body, "=") {
		return nil, false
	}
	var tokens []string
	for rest, sep := body, "="; ; {
		rest = strings.TrimLeft(rest, sep)
		if rest == "" {
			break
		}
		var token string
		token, rest, _ = strings.Cut(rest, sep)
		token, _ = decode(token, len(token))
		tokens = append(tokens, cut(token))
		sep = map[string]string{"=": "&", "&": "="}[sep]
	}
	for i := 0; i < len(tokens); i += 2 {
		p := pair{key: tokens[i]}
		if i+1 < len(tokens) {
			p.value = tokens[i+1]
		}
		list = append(list, p)
	}
	return list, true
}

// takePairs takes the memory that the firmware takes for the fields of a form, and gives a
// function that gives it back; nil if there is none, where the firmware writes to address 0.
func (p portal) takePairs(body string, list []pair) (free func()) {
	sizes := []int{8, 8 * (strings.Count(body, "&") + 1), len(body) + 1} // keypairs_t, its pointers, a copy
	for _, f := range list {
		sizes = append(sizes, len(f.key)+1, len(f.value)+1)
	}
	var taken []mem.Addr
	free = func() {
		for i, at := range taken {
			p.L.Free(at, sizes[i])
		}
	}
	for _, n := range sizes {
		at := p.L.Alloc(n)
		if at == 0 {
			free()
			return nil
		}
		taken = append(taken, at)
	}
	p.L.Free(taken[2], sizes[2])
	taken[2] = 0
	return free
}

// writeParams writes the fields of a form as a Lua file that gives a table. What cannot be
// written is not, as in the firmware. A value is written as it is, so one with a quote in it ends
// the text that it should be.
func (p portal) writeParams(body string) {
	list, ok := pairs(body)
	if !ok {
		return
	}
	free := p.takePairs(body, list)
	if free == nil {
		return
	}
	defer free()
	files, ok := port.FilesOf(p.chip)
	if !ok {
		return
	}
	f, err := files.Open(paramsFile, port.ParseOpenMode("w"))
	if err != nil {
		return
	}
	write := func(s string) { _, _ = f.Write([]byte(s)) }
	write("local p={}\n")
	for _, l := range list {
		if why := problem(l); why != "" {
			p.note("%s: %s, which the firmware writes as it is: the file does not load, or does something else", paramsFile, why)
		}
		write("p.")
		write(l.key)
		write("=\"")
		write(l.value)
		write("\"\n")
	}
	write("return p\n")
	_ = f.Close()
}

// reserved are the words of Lua that cannot be the name of a field.
const reserved = " and break do else elseif end false for function goto if in local nil not or repeat return then true until while "

// problem tells why a field is not what it should be when Lua reads it, "" if it is. The value is
// not told: it may be a password.
func problem(f pair) string {
	name := f.key != "" && !strings.Contains(reserved, " "+f.key+" ")
	for i := range len(f.key) {
		c := f.key[i]
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		name = name && (letter || i > 0 && c >= '0' && c <= '9')
	}
	switch {
	case !name:
		return fmt.Sprintf("the field's name %.40q is no name in Lua", f.key)
	case strings.ContainsAny(f.value, "\"\\\r\n"):
		return fmt.Sprintf("the value of %.40s has a quote, a backslash or a line end in it", f.key)
	}
	return ""
}
