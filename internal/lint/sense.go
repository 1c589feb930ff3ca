package lint

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/scope"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// Calls that older firmware took in another sense. The arguments tell old calls from new ones.

// checkSense looks whether a call means something else now.
func (u *unit) checkSense(n *syntax.Node) {
	callee, args := n.Children[0], n.Children[1:]
	if callee.Kind == syntax.MethodExpr {
		if u.Tree.Name(callee) == "connect" && len(args) >= 4 && args[3].Kind == syntax.NumberExpr && u.isMQTT(callee.Children[0]) {
			u.sense(n, "mqtt.socket:connect", "autoreconnect", Warning)
		}
		return
	}
	p, _, ok := u.path(callee)
	if !ok {
		return
	}
	switch join(p) {
	case "net.createServer":
		switch {
		case len(args) > 0 && u.is(args[0], "net.UDP"):
			u.sense(n, "net.createServer", "net.UDP", Warning)
		case len(args) > 0 && u.is(args[0], "net.TCP"):
			u.sense(n, "net.createServer", "net.TCP", Note) // whoever is there answers: nobody notices
		}
	case "net.createConnection":
		switch {
		case len(args) > 0 && u.is(args[0], "net.UDP"):
			u.sense(n, "net.createConnection", "net.UDP", Warning)
		case len(args) > 1 && u.is(args[0], "net.TCP") && isOne(u, args[1]):
			u.sense(n, "net.createConnection", "net.TCP, 1", Warning)
		}
	case "wifi.sta.config":
		if len(args) > 0 && u.isText(args[0]) || len(args) > 1 && u.isText(args[1]) && args[0].Kind != syntax.TableExpr {
			u.sense(n, "wifi.sta.config", "", Error)
		}
	case "node.output":
		if body := u.functionOf(args); body != nil && TakesText(u.Scopes, body) {
			u.sense(n, "node.output", "", Warning)
		}
	case "mqtt.Client":
		if len(args) < 5 && u.has("mqtt") {
			u.sense(n, "mqtt.Client", "", Note)
		}
	}
}

// has tells whether the build has a global name.
func (u *unit) has(name string) bool {
	_, found, _ := u.api.Find(name)
	return found
}

// sense tells of a fact by its name and a part of its form, if the build has what it is about.
func (u *unit) sense(n *syntax.Node, name, part string, level Level) {
	for _, f := range firmware.Facts() {
		if f.Name != name || f.Sense == "" || !strings.Contains(f.Form, part) {
			continue
		}
		if f.Classic && u.build.Firmware == firmware.Classic {
			return
		}
		rule := ruleSense
		if level == Note {
			rule = ruleDefault
		}
		u.report(n, rule, level, fmt.Sprintf("%s is of older firmware: since %s it %s", f.Form, f.Gone, f.Sense), f.Now)
		return
	}
}

// is tells whether an expression certainly is what a path leads to.
func (u *unit) is(n *syntax.Node, name string) bool {
	p, _, ok := u.path(n)
	return ok && join(p) == name
}

// isOne tells whether an expression is 1 or true, which asked for a secure connection.
func isOne(u *unit, n *syntax.Node) bool {
	return n.Kind == syntax.TrueExpr || n.Kind == syntax.NumberExpr && string(u.Tree.Bytes(n)) == "1"
}

// isText tells whether an expression certainly is a string.
func (u *unit) isText(n *syntax.Node) bool {
	switch n.Kind {
	case syntax.StringExpr:
		return true
	case syntax.ParenExpr:
		return u.isText(n.Children[0])
	case syntax.BinaryExpr:
		return u.Tree.Operator(n) == syntax.Concat
	case syntax.NameExpr:
		v := u.Of[n]
		if v == nil {
			name := u.Tree.Text(n.First)
			return !u.dynamic && u.textsOf[name] > 0 && u.textsOf[name] == u.setsIn[name]
		}
		return v.Sets == 0 && v.Init != nil && u.isText(v.Init)
	}
	return false
}

// isMQTT tells whether an object is made by mqtt.Client: by the local variable, or by all
// assignments to the global one.
func (u *unit) isMQTT(n *syntax.Node) bool {
	switch n.Kind {
	case syntax.CallExpr:
		return u.is(n.Children[0], "mqtt.Client")
	case syntax.NameExpr:
		if v := u.Of[n]; v != nil {
			return v.Sets == 0 && v.Init != nil && v.Init.Kind == syntax.CallExpr && u.isMQTT(v.Init)
		}
		return u.madeBy(u.Tree.Text(n.First), "mqtt.Client")
	}
	return false
}

// madeBy tells whether the file sets a global variable, and only to what a function gives.
func (u *unit) madeBy(name, function string) bool {
	key := name + " " + function
	if yes, ok := u.made[key]; ok {
		return yes
	}
	made := 0
	syntax.Walk(u.Tree.Root, func(n *syntax.Node) bool {
		if n.Kind == syntax.AssignStat && len(n.Children) == 2 && len(n.Children[0].Children) == 1 {
			t, value := n.Children[0].Children[0], n.Children[1]
			if t.Kind == syntax.NameExpr && u.Of[t] == nil && u.Tree.Text(t.First) == name && value.Kind == syntax.CallExpr && u.is(value.Children[0], function) {
				made++
			}
		}
		return true
	})
	u.made[key] = made > 0 && u.setsOf[name] == made
	return u.made[key]
}

// functionOf is the body of the function that is the first argument: a function itself, or a
// variable that is set once, to one; nil if it may be any.
func (u *unit) functionOf(args []*syntax.Node) *syntax.Node {
	if len(args) == 0 {
		return nil
	}
	switch n := args[0]; n.Kind {
	case syntax.FunctionExpr:
		return n.Children[0]
	case syntax.NameExpr:
		v := u.Of[n]
		switch {
		case v == nil:
			return u.functions[u.Tree.Text(n.First)]
		case v.Sets > 0 || v.Init == nil:
		case v.Init.Kind == syntax.Body:
			return v.Init
		case v.Init.Kind == syntax.FunctionExpr:
			return v.Init.Children[0]
		}
	}
	return nil
}

// TakesText tells whether a function certainly takes its first argument for text: it puts it together
// with other text, or sends it, and asks for nothing in it.
func TakesText(s *scope.Scopes, body *syntax.Node) bool {
	params := s.Tree.NamesIn(body.Children[0].First, body.Children[0].Last)
	if len(params) == 0 {
		return false
	}
	text, other := 0, 0
	isParam := func(n *syntax.Node) bool {
		v := s.Of[n]
		return n.Kind == syntax.NameExpr && v != nil && v.Token == params[0] && v.Sets == 0
	}
	syntax.Walk(body, func(n *syntax.Node) bool {
		switch n.Kind {
		case syntax.BinaryExpr:
			if s.Tree.Operator(n) == syntax.Concat && (isParam(n.Children[0]) || isParam(n.Children[1])) {
				text++
			}
		case syntax.CallExpr:
			if c := n.Children[0]; c.Kind == syntax.MethodExpr && s.Tree.Name(c) == "send" && len(n.Children) > 1 && isParam(n.Children[1]) {
				text++
			}
		case syntax.MethodExpr, syntax.FieldExpr, syntax.IndexExpr:
			if isParam(n.Children[0]) {
				other++
			}
		}
		return true
	})
	return text > 0 && other == 0
}
