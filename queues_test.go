package moonlet_test

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// bounds names every place where something can wait for another goroutine, and what keeps
// it from growing without end: a place that brings work to the module's goroutine, a
// goroutine that is started, a channel, and a record with a lock and a list. A new one
// needs a bound, and an entry that names it.
var bounds = map[string]string{
	// The command: one of each in a process.
	"cli.App.exec: AfterFunc":               "one timer",
	"cli.App.interruptible: go":             "one, until the command ends",
	"cli.App.newRunner: go":                 "one, until the run ends",
	"cli.flushWithin: go":                   "one, before the process ends",
	"cli.onSignals: chan":                   "one signal; more are dropped",
	"cli.onSignals: go":                     "one, until stop",
	"cli.newOutput: go":                     "one a stream",
	"cli.output.run: go":                    "one, when writing has failed",
	"cli.output: list":                      "outputMax; who writes waits",
	"cli.hostTerminal.Suspend: chan":        "one signal; more are dropped",
	"cli.hostTerminal.Watch: chan":          "one signal of a kind; more say the same",
	"cli.hostTerminal.Watch: go":            "one, until end",
	"cli.person.complete: chan":             "one value",
	"cli.person.complete: go":               "one: asking",
	"cli.person.start: go":                  "one that reads keys, one that types",
	"cli.queue: list":                       "queueMax; what is too much is refused",
	"prompt.Editor: list":                   "lineRunes, pendingMax, historyLines; marks are bytes that were typed",
	"cli.runner.live: go":                   "one, which types",
	"cli.runner: list":                      "a terminal and a directory",
	"hostexec.Session.Interrupt: AfterFunc": "one: the first interruption counts",
	"trial.try: AfterFunc":                  "one a trial",

	// The public API.
	"moonlet.Module: list":      "requests: one for each goroutine that waits for its own",
	"moonlet.serialLog: list":   "2*logMax",
	"moonlet.subscribers: list": "one for each subscriber, until it cancels",

	// Tests of applications.
	"moonlettest.Conn.Send: go":           "one, which is waited for",
	"moonlettest.Conn: list":              "connMax",
	"moonlettest.Module.Background: chan": "one value",
	"moonlettest.Module.Background: go":   "one, until stop",
	"moonlettest.Module.Dial: go":         "one a connection, until the test ends",
	"moonlettest.Module.Fetch: go":        "one, which is waited for",
	"moonlettest.Module: list":            "eventsMax; ports of servers",

	// A module.
	"trial.heapTrial.drive: chan":           "one value",
	"trial.heapTrial.drive: go":             "one, which is waited for",
	"cli.verdict: list":                     "saidMax, and less than the text that is looked for",
	"device.New: InjectOutside":             "TypedMax bytes wait at most, in pieces of feedPiece but for the ends of what is typed",
	"device.typing: list":                   "less than a piece",
	"device.typing.await: AfterFunc":        "one, until the wait ends",
	"device.Device.EndInput: InjectOutside": "one, by who has fed the input",
	"device.Device.Between: InjectOutside":  "one for each request of moonlet.Module",
	"device.Device.endWith: AfterFunc":      "one, until Run returns",
	"device.guards.set: AfterFunc":          "one in the process, while a module runs",
	"device.guards: list":                   "the modules that run",
	"sdk.Loop.Run: AfterFunc":               "one, until Run returns",
	"sdk.Loop: list":                        "by those who inject, all of which are in this list",
	"sdk.New: chan":                         "one value; more say the same",
	"firmware.links: list":                  "the builds that modules have; the collector takes the others",
	"mem.planHost: list":                    "one entry for up to 64 modules",
	"mem.Space: list":                       "the regions of the memory map",

	// The network; limits.go of hostnet has the figures.
	"moonlet.Network: list":                 "networkMax",
	"espconn.Conn.post: Inject":             "one a connection, of which there are TCPMaxOpen: ending",
	"sim/hostnet.Net.waitFor: AfterFunc":    "one for each connection or socket",
	"sim/hostnet.Net.waitFor: inject":       "likewise",
	"sim/hostnet.Air: list":                 "one a module",
	"sim/hostnet.Net.airEcho: inject":       "one for each of airBacklog",
	"sim/hostnet.Net.fromAir: Inject":       "airBacklog",
	"sim/hostnet.Net.Echo: inject":          "one a call of the guest, which takes device memory",
	"sim/hostnet.Net.ListenTCP: spawn":      "one a server, which takes device memory",
	"sim/hostnet.Net.ask: inject":           "maxEchoes",
	"sim/hostnet.Net.lend: inject":          "one a packet, which takes device memory until then",
	"sim/hostnet.Net.seek: inject":          "maxLookUps",
	"sim/hostnet.Net.bindUDP: chan":         "udpBacklog",
	"sim/hostnet.Net.bindUDP: spawn":        "one a socket, which takes device memory",
	"sim/hostnet.Net: list":                 "each has a record in device memory",
	"sim/hostnet.conn.dial: injectSock":     "maxDials",
	"sim/hostnet.conn.handOver: inject":     "one a connection: sending",
	"sim/hostnet.conn.handOver: spawn":      "one a connection: sending",
	"sim/hostnet.conn.startReading: spawn":  "one a connection, which takes device memory",
	"sim/hostnet.icmpEcho: AfterFunc":       "maxEchoes",
	"sim/hostnet.listener.loop: injectSock": "TCPMaxOpen",
	"sim/hostnet.peers: list":               "maxPeers",
	"sim/hostnet.query.ask: inject":         "the queries of lwIP's table",
	"sim/hostnet.query.askHost: inject":     "maxLookUps",
	"sim/hostnet.reader.loop: inject":       "the window, TCPWindow",
	"sim/hostnet.run.hold: AfterFunc":       "one a hold",
	"sim/hostnet.run.hold: inject":          "one a hold",
	"sim/hostnet.run.inject: Inject":        "by those who call it, all of which are in this list",
	"sim/hostnet.run.injectSock: inject":    "by those who call it",
	"sim/hostnet.run.spawn: go":             "by those who call it",
	"sim/hostnet.run.spawnIn: spawn":        "the gate",
	"sim/hostnet.udp.askTime: inject":       "one a packet, which takes device memory until then",
	"sim/hostnet.udp.join: spawn":           "one a group of a socket, which take device memory",
	"sim/hostnet.udp.loop: inject":          "udpBacklog",
	"sim/hostnet.udp.socketFor: spawn":      "one a socket",
}

// doors are the functions that hand a function over to another goroutine.
var doors = []string{"Inject", "InjectOutside", "inject", "injectSock", "spawn", "AfterFunc"}

// TestQueuesHaveBounds holds that the list above is that of the code.
func TestQueuesHaveBounds(t *testing.T) {
	files, _ := parseAll(t)
	found := map[string]bool{}
	for _, f := range files {
		if f.test || strings.HasPrefix(f.pkg, "bench/") {
			continue
		}
		pkg := strings.TrimPrefix(f.pkg, "internal/")
		if pkg == "." {
			pkg = "moonlet"
		}
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				for _, what := range waits(d) {
					found[pkg+"."+receiver(d)+d.Name.Name+": "+what] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && lockedList(s) {
						found[pkg+"."+s.Name.Name+": list"] = true
					}
				}
			}
		}
	}
	for _, place := range slices.Sorted(maps.Keys(found)) {
		if bounds[place] == "" {
			t.Errorf("%q has no bound, or none that is named", place)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(bounds)) {
		if !found[place] {
			t.Errorf("%q is not there any more", place)
		}
	}
}

// receiver is the type of a method with a dot, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	return fmt.Sprint(typ) + "."
}

// waits tells how a function lets something wait for another goroutine.
func waits(f *ast.FuncDecl) (list []string) {
	note := func(what string) {
		if !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			note("go")
		case *ast.CallExpr:
			switch fun := n.Fun.(type) {
			case *ast.Ident:
				if fun.Name == "make" && len(n.Args) > 1 && isChan(n.Args[0]) {
					note("chan")
				}
			case *ast.SelectorExpr:
				if slices.Contains(doors, fun.Sel.Name) {
					note(fun.Sel.Name)
				}
			}
		}
		return true
	})
	return list
}

func isChan(e ast.Expr) bool { _, ok := e.(*ast.ChanType); return ok }

// lockedList tells whether a type is a record with a lock and something that can grow.
func lockedList(s *ast.TypeSpec) bool {
	record, ok := s.Type.(*ast.StructType)
	if !ok {
		return false
	}
	lock, grows := false, false
	for _, field := range record.Fields.List {
		switch typ := field.Type.(type) {
		case *ast.SelectorExpr:
			name := fmt.Sprint(typ.X, ".", typ.Sel)
			lock = lock || name == "sync.Mutex" || name == "sync.RWMutex"
		case *ast.ArrayType:
			grows = grows || typ.Len == nil
		case *ast.MapType:
			grows = true
		}
	}
	return lock && grows
}
