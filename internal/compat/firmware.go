package compat

import (
	"strings"

	"moonlet.example/moonlet/internal/lint"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// firmwareCalls are the calls of older firmware that are written in another way.
var firmwareCalls = map[string]func(u *unit, n *syntax.Node, path string){
	"tmr.alarm":            (*unit).timer,
	"tmr.register":         (*unit).timer,
	"tmr.unregister":       (*unit).timer,
	"tmr.start":            (*unit).timer,
	"tmr.stop":             (*unit).timer,
	"tmr.interval":         (*unit).timer,
	"tmr.state":            (*unit).timer,
	"wifi.sta.config":      (*unit).station,
	"net.createServer":     (*unit).server,
	"net.createConnection": (*unit).connection,
	"mqtt.Client":          (*unit).client,
	"node.output":          (*unit).output,
	"node.flashindex":      (*unit).flashindex,
}

// station rewrites wifi.sta.config(ssid, pwd [, auto [, bssid]]), which saved what it was told, as the table does if it
// does not say otherwise.
func (u *unit) station(n *syntax.Node, _ string) {
	list := args(n)
	if !u.counted(n) || len(list) < 2 || len(list) > 4 {
		return
	}
	u.note(n.First, ruleStation, "", "a table instead of %d arguments", len(list))
	u.insert(list[0].First, "{")
	for i, key := range []string{"ssid", "pwd", "auto", "bssid"}[:len(list)] {
		u.insert(list[i].First, key+" = ")
	}
	if len(list) > 2 {
		switch auto := list[2]; {
		case u.isNumber(auto, "0"):
			u.texts[auto.First] = "false"
		case u.isNumber(auto, "1"):
			u.texts[auto.First] = "true"
		case auto.Kind != syntax.TrueExpr && auto.Kind != syntax.FalseExpr:
			u.embrace(auto)
			u.appendTo(auto.Last-1, " ~= 0")
		}
	}
	u.appendTo(list[len(list)-1].Last-1, "}")
}

// isTCP tells whether an argument is the kind of a connection, net.TCP.
func (u *unit) isTCP(n *syntax.Node) bool { return u.given(n) == "net.TCP" || u.isNumber(n, "1") }

// dropFirst takes the first argument of a call away.
func (u *unit) dropFirst(n *syntax.Node) {
	list := args(n)
	u.remove(list[0].First, list[0].Last)
	if len(list) > 1 {
		u.remove(list[0].Last, list[1].First)
		u.tight[list[1].First] = true
	}
}

// server rewrites net.createServer(net.TCP [, seconds]). A number alone is the time of today.
func (u *unit) server(n *syntax.Node, _ string) {
	list := args(n)
	if u.open(n) < 0 || len(list) == 0 || !u.isTCP(list[0]) || len(list) == 1 && u.given(list[0]) == "" {
		return
	}
	u.note(n.First, ruleSocket, "", "no net.TCP, which today's net.createServer takes for a time")
	u.dropFirst(n)
}

// connection rewrites net.createConnection(net.TCP, secure).
func (u *unit) connection(n *syntax.Node, _ string) {
	list := args(n)
	if !u.counted(n) || len(list) == 0 || len(list) > 2 || !u.isTCP(list[0]) {
		return
	}
	to := "net.createConnection"
	if len(list) == 2 {
		switch {
		case u.isNumber(list[1], "1") || list[1].Kind == syntax.TrueExpr:
			to = "tls.createConnection"
		case !u.isNumber(list[1], "0") && list[1].Kind != syntax.FalseExpr && list[1].Kind != syntax.NilExpr:
			return
		}
	}
	if to[0] == 't' && !u.has(to) {
		return
	}
	u.note(n.First, ruleSocket, "", "%s() instead of %s", to, u.current(n))
	u.replace(n.First, u.open(n), to)
	u.remove(u.open(n)+1, n.Last-1)
}

// client rewrites mqtt.Client without a fifth argument, which asked for a clean session.
func (u *unit) client(n *syntax.Node, _ string) {
	list := args(n)
	if !u.counted(n) || len(list) < 2 || len(list) > 4 {
		return
	}
	more := strings.Repeat(", nil", 4-len(list)) + ", 1"
	u.note(n.First, ruleMQTT, "", "a clean session, as older firmware asked for, by the fifth argument 1")
	u.appendTo(list[len(list)-1].Last-1, more)
}

// connect rewrites m:connect(host, port, secure, autoreconnect, …) of a client of mqtt.
func (u *unit) connect(n *syntax.Node) {
	list := args(n)
	if u.Tree.Name(n.Children[0]) != "connect" || u.open(n) < 0 || len(list) < 4 || list[3].Kind != syntax.NumberExpr || !u.isMQTT(n.Children[0].Children[0]) {
		return
	}
	look := ""
	if !u.isNumber(list[3], "0") {
		look = "it does not connect again by itself: that is for the function of the event offline"
	}
	u.note(n.First, ruleMQTT, look, "no autoreconnect, which is gone")
	u.remove(list[2].Last, list[3].Last)
}

// isMQTT tells whether a variable is certainly a client: all that it is ever set to are clients.
func (u *unit) isMQTT(n *syntax.Node) bool {
	isClient := func(v *syntax.Node) bool { return v.Kind == syntax.CallExpr && u.given(v.Children[0]) == "mqtt.Client" }
	if n.Kind != syntax.NameExpr {
		return isClient(n)
	}
	if v := u.Of[n]; v != nil && v.Init != nil && v.Sets == 0 {
		return isClient(v.Init)
	}
	clients, others := 0, 0
	syntax.Walk(u.Tree.Root, func(s *syntax.Node) bool {
		if s.Kind != syntax.AssignStat {
			return true
		}
		for i, t := range s.Children[0].Children {
			if t.Kind != syntax.NameExpr || u.Tree.Text(t.First) != u.Tree.Text(n.First) || u.Of[t] != u.Of[n] {
				continue
			}
			if i+1 < len(s.Children) && isClient(s.Children[i+1]) {
				clients++
			} else {
				others++
			}
		}
		return true
	})
	return clients > 0 && others == 0
}

// outputBytes is how much of the pipe the function of node.output reads at once: what fits into a packet.
const outputBytes = "1400"

// output rewrites node.output(function(text) … end), whose function gets a pipe today. What the function returns
// would tell whether it wants to be called for the rest.
func (u *unit) output(n *syntax.Node, _ string) {
	list := args(n)
	if len(list) == 0 || list[0].Kind == syntax.NilExpr {
		return
	}
	body := u.functionOf(list[0])
	if body != nil && u.readsPipe(body) {
		return
	}
	if body == nil || body.Children[0].Last-body.Children[0].First != 1 || u.returns(body.Children[1]) || !lint.TakesText(u.Scopes, body) && !u.keepsText(body) {
		u.leave(n.First, ruleOutput, "the function of node.output gets a pipe today, where older firmware gave it text: text = pipe:read()")
		return
	}
	param := body.Children[0]
	name, pipe := u.Tree.Text(param.First), u.free("pipe", "outputPipe")
	u.note(n.First, ruleOutput, "the text comes later, in a task of its own", "the function reads its text from a pipe")
	u.texts[param.First] = pipe
	u.appendTo(param.Last, " local "+name+" = "+pipe+":read("+outputBytes+") or \"\"")
}

// functionOf is the body of a function that is an argument: the function itself, or a local one that is used nowhere
// else; nil if it may be any.
func (u *unit) functionOf(n *syntax.Node) *syntax.Node {
	if v := u.Of[n]; v != nil && v.Sets == 0 && len(v.Uses) == 1 && v.Init != nil {
		n = v.Init
	}
	switch n.Kind {
	case syntax.Body:
		return n
	case syntax.FunctionExpr:
		return n.Children[0]
	}
	return nil
}

// ofParam tells whether an expression is the parameter of a function.
func (u *unit) ofParam(n, body *syntax.Node) bool {
	v := u.Of[n]
	return n.Kind == syntax.NameExpr && v != nil && v.Token == body.Children[0].First
}

// readsPipe tells whether a function calls methods of its first parameter.
func (u *unit) readsPipe(body *syntax.Node) bool {
	found := false
	syntax.Walk(body, func(n *syntax.Node) bool {
		found = found || n.Kind == syntax.MethodExpr && u.ofParam(n.Children[0], body)
		return true
	})
	return found
}

// keepsText tells whether a function puts its first parameter into a list.
func (u *unit) keepsText(body *syntax.Node) bool {
	found := false
	syntax.Walk(body, func(n *syntax.Node) bool {
		found = found || n.Kind == syntax.CallExpr && u.given(n.Children[0]) == "table.insert" && u.ofParam(n.Children[len(n.Children)-1], body)
		return true
	})
	return found
}

// returns tells whether a function returns something.
func (u *unit) returns(block *syntax.Node) bool {
	found := false
	syntax.Walk(block, func(n *syntax.Node) bool {
		found = found || n.Kind == syntax.ReturnStat && len(n.Children) > 0
		return n.Kind != syntax.Body
	})
	return found
}

// flashindex rewrites node.flashindex(name), which is another function without a name.
func (u *unit) flashindex(n *syntax.Node, _ string) {
	if len(args(n)) != 1 || args(n)[0].Kind == syntax.NilExpr || isMany(args(n)[0]) || !u.has("node.LFS.get") {
		return
	}
	callee := n.Children[0]
	u.note(n.First, ruleName, "", "node.LFS.get instead of node.flashindex")
	u.replace(callee.First, callee.Last, "node.LFS.get")
}
