package compat

import (
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua/syntax"
)

// Older firmware has seven timers with numbers. One that an application uses at a single place, which is reached
// once, becomes an object of its own. The others are in a table that makes each when it is asked for, so that whatever
// stops or starts a number anywhere still means the same timer.

// timerUses counts the uses of static timers in an application.
type timerUses struct {
	ids     map[string]int
	unknown bool // some number is not known: it may be any
}

// timersTable makes the table; the files of an application share it.
const timersTable = "local NAME = _G.NAME or setmetatable({}, {__index = function(t, n) t[n] = tmr.create() return t[n] end}) _G.NAME = NAME\n"

// isTimerCall tells whether a call is one of a static timer, for which there is an own timer today.
func (u *unit) isTimerCall(n *syntax.Node) bool {
	if n.Children[0].Kind == syntax.MethodExpr || u.open(n) < 0 || len(args(n)) == 0 {
		return false
	}
	p := u.given(n.Children[0])
	method, ok := strings.CutPrefix(p, "tmr.")
	return ok && slices.Contains(timerMethods, method) && !u.has(p)
}

// timerMethods are the functions that took the number of a timer.
var timerMethods = []string{"alarm", "register", "unregister", "start", "stop", "interval", "state"}

// timerID is the number of a timer, "" if it is not known.
func (u *unit) timerID(n *syntax.Node) string {
	if v := u.Of[n]; n.Kind == syntax.NameExpr && v != nil && v.Sets == 0 && v.Init != nil {
		n = v.Init
	}
	if n.Kind == syntax.NumberExpr {
		return u.Tree.Text(n.First)
	}
	return ""
}

// countTimers counts the uses of timers in a file.
func (u *unit) countTimers() {
	syntax.Walk(u.Tree.Root, func(n *syntax.Node) bool {
		if n.Kind != syntax.CallExpr || !u.isTimerCall(n) {
			return true
		}
		if id := u.timerID(args(n)[0]); id != "" {
			u.static.ids[id]++
		} else {
			u.static.unknown = true
		}
		return true
	})
}

// timer rewrites a call of a static timer.
func (u *unit) timer(n *syntax.Node, path string) {
	if !u.isTimerCall(n) {
		return
	}
	list := args(n)
	method := strings.TrimPrefix(path, "tmr.")
	look := u.gotNumber(method, list)
	if id := u.timerID(list[0]); method == "alarm" && len(list) > 1 && id != "" && u.static.ids[id] == 1 && !u.static.unknown && u.onlyOnce(n) {
		u.note(n.First, ruleTimer, look, "a timer of its own instead of timer %s", id)
		u.replace(n.First, u.open(n), "tmr.create():alarm")
		u.dropFirst(n)
		return
	}
	u.needTimers()
	u.note(n.First, ruleTimer, look, "%s[%s]:%s instead of %s", u.timersName, u.current(list[0]), method, path)
	u.replace(n.First, u.open(n), u.timersName)
	u.texts[u.open(n)] = "["
	behind := list[0].Last
	u.tight[list[0].First], u.tight[behind] = true, true
	if len(list) == 1 { // the parenthesis
		u.texts[behind] = "]:" + method + "()"
		return
	}
	u.texts[behind] = "]:" + method + "("
	u.tight[list[1].First] = true
}

// needTimers puts the table in front of a file.
func (u *unit) needTimers() {
	if !u.timers {
		u.timers = true
		u.insert(0, strings.ReplaceAll(timersTable, "NAME", u.timersName))
	}
}

// onlyOnce tells whether a place is reached once when its file runs.
func (u *unit) onlyOnce(n *syntax.Node) bool {
	for n = u.parents[n]; n != nil; n = u.parents[n] {
		switch n.Kind {
		case syntax.Body, syntax.WhileStat, syntax.RepeatStat, syntax.NumericForStat, syntax.GenericForStat:
			return false
		}
	}
	return true
}

// gotNumber says what is to be looked at if the function of a timer may use its argument: older firmware gave it the
// number.
func (u *unit) gotNumber(method string, list []*syntax.Node) string {
	if method != "alarm" && method != "register" || len(list) < 4 {
		return ""
	}
	f := list[3]
	if v := u.Of[f]; f.Kind == syntax.NameExpr && v != nil && v.Init != nil && v.Sets == 0 {
		f = v.Init
	}
	if f.Kind == syntax.FunctionExpr {
		f = f.Children[0]
	}
	if f.Kind == syntax.Body && f.Children[0].First == f.Children[0].Last {
		return ""
	}
	return "the function gets the timer, not its number"
}
