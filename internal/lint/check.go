package lint

import (
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/lua/scope"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// check looks at what a file uses. It goes through it twice: first for what the file asks
// for, anywhere, since it then knows what to do if that is not there.
func (u *unit) check() {
	clear(u.pathless) // the other files set global variables, too
	clear(u.versions)
	v := &visitor{u: u, call: func(*syntax.Node) {}}
	v.use = func(_ *syntax.Node, p []string, _ int, c context) {
		if c == inTest {
			u.tested[join(p)] = true
		}
	}
	v.statement(u.Tree.Root)
	v = &visitor{u: u}
	v.use = func(n *syntax.Node, p []string, alias int, c context) {
		if v.dead == 0 && v.caught == 0 {
			u.checkUse(n, p, alias, c)
		}
	}
	v.call = func(n *syntax.Node) {
		if v.dead > 0 {
			return
		}
		u.checkSense(n)
		if v.caught == 0 {
			u.checkMethod(n)
		}
	}
	v.statement(u.Tree.Root)
}

// asked tells whether a file asks for something, or for what it is in.
func (u *unit) asked(p []string) bool {
	for n := 1; n <= len(p); n++ {
		if u.tested[join(p[:n])] {
			return true
		}
	}
	return false
}

// lack is why something is not there.
type lack struct{ rule, message, instead string }

// lack says why the build has not got what a path leads to, of which all but the last name is there;
// false if that is nobody's name.
func (u *unit) lack(p []string) (l lack, ok bool) {
	name := join(p)
	for _, f := range firmware.Facts() {
		if f.Name != name || f.Sense != "" || len(p) == 1 && !f.Plain {
			continue
		}
		if f.Lua != "" && u.build.Edition().Lua51 { // which lacks it none the less
			continue
		}
		if f.Lua != "" {
			return lack{ruleOldLua, fmt.Sprintf("Lua %s has %s, %v has not", f.Lua, name, u.build.Edition()), f.Now}, true
		}
		return lack{ruleOld, fmt.Sprintf("there is no %s since %s", form(&f), f.Gone), f.Now}, true
	}
	if len(p) > 1 {
		l := lack{ruleName, fmt.Sprintf("there is no %s in %s", p[len(p)-1], join(p[:len(p)-1])), ""}
		if near := nearest(p[len(p)-1], u.api.In(p[:len(p)-1]...)); near != "" {
			l.instead = join(p[:len(p)-1]) + "." + near
		}
		return l, true
	}
	switch {
	case firmware.IsMissing(name):
		return lack{ruleModule, fmt.Sprintf("the firmware's module %s is not in Moonlet yet", name), ""}, true
	case slices.Contains(firmware.ModuleNames(), name):
		return lack{ruleModule, fmt.Sprintf("the build has no module %s", name), fmt.Sprintf("%q in the key modules", name)}, true
	}
	return l, false
}

// form is what older code writes.
func form(f *firmware.Fact) string {
	if f.Form != "" {
		return f.Form
	}
	return f.Name
}

// known tells whether a path that leads nowhere is known to do so.
func (u *unit) known(p []string) bool {
	_, ok := u.lack(p)
	return ok
}

// checkUse looks whether something is there that is used.
func (u *unit) checkUse(n *syntax.Node, p []string, alias int, c context) {
	m := u.missing(p)
	if p[0] == scope.OldArg && u.build.Edition().Lua51 && u.Args[scope.First(n)] { // the local variable that it makes
		return
	}
	if m == 0 || u.asked(p[:m]) || m == 1 && u.dynamic {
		return
	}
	last := m == len(p)
	if last && (c == inTest || c == inShown || c == inValue && m == 1 && p[0] != scope.OldArg) || alias > 1 && m <= alias {
		return // or it was told where the alias is declared
	}
	l, ok := u.lack(p[:m])
	if p[0] == scope.OldArg && !u.Args[scope.First(n)] {
		ok = false
	}
	if !ok {
		if alias == 0 {
			u.undefined(n, p[0])
		}
		return
	}
	level := Error
	if last && c == inValue && m > 1 {
		level = Warning
		l.message += ", so this is nil"
	}
	if l.rule == ruleModule {
		if u.absent[p[0]]++; u.absent[p[0]] > 1 {
			return // told at the first place
		}
	}
	u.report(n, l.rule, level, l.message, l.instead)
}

// constructors are functions that make objects, with the name of the table of their methods.
var constructors = []struct{ function, typeName string }{
	{"tmr.create", "tmr.timer"}, {"net.createServer", "net.tcpserver"}, {"net.createConnection", "net.tcpsocket"},
	{"net.createUDPSocket", "net.udpsocket"}, {"file.open", "file.obj"}, {"cron.schedule", "cron.entry"},
	{"bloom.create", "bloom.filter"}, {"pixbuf.newBuffer", "pixbuf.buf"}, {"crypto.new_hash", "crypto.hash"},
	{"crypto.new_hmac", "crypto.hash"}, {"sjson.decoder", "sjson_decoder_map"}, {"sjson.encoder", "sjson_encoder_map"},
	{"gpio.pulse.build", "gpio.pulse.obj"}, {"tls.createConnection", "tls.socket"}, {"mqtt.Client", "mqtt.socket"},
	{"websocket.createClient", "websocket.client"},
}

// typeOf is the type of an object, "" if it may be anything.
func (u *unit) typeOf(n *syntax.Node, depth int) string {
	switch n.Kind {
	case syntax.ParenExpr:
		return u.typeOf(n.Children[0], depth)
	case syntax.NameExpr:
		if v := u.Of[n]; v != nil && v.Sets == 0 && v.Init != nil && depth > 0 {
			return u.typeOf(v.Init, depth-1)
		}
	case syntax.CallExpr:
		p, _, ok := u.path(n.Children[0])
		if !ok || n.Children[0].Kind == syntax.MethodExpr {
			return ""
		}
		if u.build.Firmware == firmware.Classic && p[0] == "net" {
			return "" // its arguments decide
		}
		for _, c := range constructors {
			if c.function == join(p) {
				return c.typeName
			}
		}
	}
	return ""
}

// checkMethod looks whether an object has a method.
func (u *unit) checkMethod(n *syntax.Node) {
	callee := n.Children[0]
	if callee.Kind != syntax.MethodExpr {
		return
	}
	t := u.typeOf(callee.Children[0], aliasMost)
	methods, ok := u.api.Methods(t)
	name := u.Tree.Name(callee)
	if !ok || slices.Contains(methods, name) {
		return
	}
	instead := ""
	if near := nearest(name, methods); near != "" {
		instead = "the method " + near
	}
	u.reportAt(callee.Last-1, callee.Last, ruleMethod, Error,
		fmt.Sprintf("an object of %s has no method %s; it has %s", t, name, strings.Join(methods, ", ")), instead)
}

// nearest is the name that was probably meant, "" if none looks like it.
func nearest(wrong string, names []string) string {
	lower := make([]string, len(names))
	for i, n := range names {
		lower[i] = strings.ToLower(n)
	}
	i := slices.Index(lower, keys.Nearest(wrong, lower))
	if i < 0 || len(wrong) < 6 && !alike(strings.ToLower(wrong), lower[i]) {
		return ""
	}
	return names[i]
}

// alike tells whether two short words have the same letters, or all but one.
func alike(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	if len(x) < len(y) {
		x, y = y, x
	}
	missing := 0
	for _, c := range y {
		if i := slices.Index(x, c); i >= 0 {
			x = slices.Delete(x, i, i+1)
		} else {
			missing++
		}
	}
	return missing+len(x) <= 1
}

// Constructors are the functions whose results are objects of a type that is known.
func Constructors() map[string]string {
	m := map[string]string{}
	for _, c := range constructors {
		m[c.function] = c.typeName
	}
	return m
}
