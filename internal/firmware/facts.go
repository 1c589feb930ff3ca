package firmware

// Fact is something that an older edition of Lua or an older firmware has and this one has
// not, or takes in another sense. Hints of a running module, lint and docs/classic.md are made of
// these.
//
// Sources: the reference manuals of Lua 5.0, 5.1 and section 8 of those of 5.2 and 5.3; the
// module tables of all tagged releases of the firmware (LROT and LUA_REG_TYPE tables in
// app/modules), and docs/modules of the release.
type Fact struct {
	// Name is the path from a global, as in "tmr.alarm", or a type and a method, as in
	// "mqtt.client:connect".
	Name string
	// Form is what older code writes, if the name alone does not say it.
	Form string
	// Lua is the edition that has it, as in "5.1"; "" is older firmware.
	Lua string
	// Gone is the first tagged release of the firmware without it, or with the new sense.
	Gone string
	// Now is what there is instead: half a sentence.
	Now string
	// Sense tells that there still is something of this name, which means something else: what it
	// does with old code. Silent tells that no error says so.
	Sense  string
	Silent bool
	// Classic tells that a build with the classic interface has it, in the old sense.
	Classic bool
	// Plain tells that hardly any application has a field or a global of this name's last part.
	Plain bool
}

// Releases in which something went.
const (
	r151      = "1.5.1-master_20160603"
	r1541     = "1.5.4.1-master_20161001"
	r210May   = "2.1.0-master_20170521"
	r210Aug   = "2.1.0-master_20170811"
	r220      = "2.2.0-master_20180402"
	r221Sep   = "2.2.1-master_20180915"
	r221Apr   = "2.2.1-master_20190405"
	r30Sep19  = "3.0-master_20190907"
	r30Jun20  = "3.0-master_20200610"
	r30Sep20  = "3.0-master_20200910"
	r30Nov20  = "3.0-release_20201107"
	r300Feb21 = "3.0.0-release_20210201"
)

// facts are all of them, by kind.
var facts = concat(luaFacts(), timerFacts(), wifiFacts(), netFacts(), otherFacts())

func concat(lists ...[]Fact) (all []Fact) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// Facts lists them.
func Facts() []Fact { return append([]Fact(nil), facts...) }

func luaFacts() []Fact {
	old := func(name, lua, now string) Fact { return Fact{Name: name, Lua: lua, Now: now, Plain: true} }
	list := []Fact{
		old("setfenv", "5.1", "load takes the environment as its fourth argument, and _ENV is a local variable or upvalue"),
		old("getfenv", "5.1", "_ENV is the environment"),
		old("debug.setfenv", "5.1", "load takes the environment as its fourth argument"),
		old("debug.getfenv", "5.1", "_ENV is the environment"),
		old("module", "5.1", "a module returns its table"),
		old("newproxy", "5.1", "setmetatable takes __gc"),
		old("gcinfo", "5.1", `collectgarbage("count")`),
		old("package.seeall", "5.1", "a module returns its table"),
		old("arg", "5.1", "{...}, in a function with ..."),
		old("table.getn", "5.0", "the operator #"),
		old("table.setn", "5.0", "tables have no size of their own"),
		old("table.foreach", "5.1", "a loop with pairs"),
		old("table.foreachi", "5.1", "a loop with ipairs"),
		old("table.maxn", "5.1", "the operator #"),
		old("string.gfind", "5.0", "string.gmatch"),
		old("math.pow", "5.1", "the operator ^"),
		old("math.log10", "5.1", "math.log(x, 10)"),
		old("math.mod", "5.0", "math.fmod, or the operator %"),
		old("math.atan2", "5.1", "math.atan(y, x)"),
		old("math.ldexp", "5.1", "x * 2.0^n"),
		old("math.frexp", "5.1", "nothing; see string.format(\"%a\", x)"),
		old("math.cosh", "5.1", "(math.exp(x) + math.exp(-x)) / 2"),
		old("math.sinh", "5.1", "(math.exp(x) - math.exp(-x)) / 2"),
		old("math.tanh", "5.1", "(math.exp(2*x) - 1) / (math.exp(2*x) + 1)"),
	}
	list[len(list)-6].Plain = false // mod is a common name
	return list
}

func timerFacts() (list []Fact) {
	for _, f := range []struct{ name, call string }{
		{"alarm", "tmr.create():alarm(time, mode, function)"},
		{"register", "tmr.create():register(time, mode, function)"},
		{"unregister", "t:unregister() of a timer t = tmr.create()"},
		{"start", "t:start() of a timer t = tmr.create()"},
		{"stop", "t:stop() of a timer t = tmr.create()"},
		{"interval", "t:interval(time) of a timer t = tmr.create()"},
		{"state", "t:state() of a timer t = tmr.create()"},
	} {
		list = append(list, Fact{Name: "tmr." + f.name, Form: "tmr." + f.name + "(number, …)", Gone: r221Apr, Now: f.call, Plain: f.name == "alarm", Classic: true})
	}
	return list
}

func wifiFacts() []Fact {
	return []Fact{
		{Name: "wifi.sta.config", Classic: true, Form: "wifi.sta.config(ssid, pwd)", Gone: r210Aug, Now: `a table: wifi.sta.config{ssid = "…", pwd = "…"}`,
			Sense: "raises an error, since its argument is a table now"},
		{Name: "wifi.sta.eventMonReg", Classic: true, Gone: r210Aug, Now: "wifi.eventmon.register", Plain: true},
		{Name: "wifi.sta.eventMonStart", Classic: true, Gone: r210Aug, Now: "wifi.eventmon.register, which needs no start", Plain: true},
		{Name: "wifi.sta.eventMonStop", Classic: true, Gone: r210Aug, Now: "wifi.eventmon.unregister", Plain: true},
		{Name: "wifi.sleep", Classic: true, Gone: r210May, Now: "wifi.suspend, in builds with sleep"},
	}
}

func netFacts() []Fact {
	return []Fact{
		{Name: "net.createServer", Classic: true, Form: "net.createServer(net.TCP, timeout)", Gone: r30Jun20, Now: "net.createServer(timeout)",
			Sense: "takes net.TCP, which is 1, for the time in seconds: a client that is silent for 1 s is asked for a sign of life, and one that gives none is gone after 11 s", Silent: true},
		{Name: "net.createServer", Classic: true, Form: "net.createServer(net.UDP)", Gone: r30Jun20, Now: "net.createUDPSocket()",
			Sense: "makes a server of TCP", Silent: true},
		{Name: "net.createConnection", Classic: true, Form: "net.createConnection(net.UDP)", Gone: r30Jun20, Now: "net.createUDPSocket()",
			Sense: "makes a connection of TCP", Silent: true},
		{Name: "net.createConnection", Classic: true, Form: "net.createConnection(net.TCP, 1)", Gone: r30Jun20, Now: "tls.createConnection()",
			Sense: "speaks plain TCP", Silent: true},
	}
}

func otherFacts() []Fact {
	list := []Fact{
		{Name: "mqtt.socket:connect", Classic: true, Form: "m:connect(host, port, secure, autoreconnect, ok, fail)", Gone: r30Sep19, Now: "m:connect(host, port, secure, ok, fail)",
			Sense: "has no autoreconnect: the functions behind it move by one", Silent: true},
		{Name: "mqtt.Client", Classic: true, Form: "mqtt.Client(id, keepalive, user, pwd)", Gone: r300Feb21, Now: "1 as the fifth argument for a clean session",
			Sense: "asks for a session that the server keeps, where older firmware asked for a clean one", Silent: true},
		{Name: "node.output", Classic: true, Form: "node.output(function(text) … end)", Gone: r30Jun20, Now: "the function gets a pipe: text = pipe:read()",
			Sense: "calls the function with a pipe, not with text", Silent: true},
		{Name: "node.key", Gone: r1541, Now: "gpio.trig"},
		{Name: "node.led", Gone: r1541, Now: "gpio.write"},
		{Name: "node.readvdd33", Classic: true, Gone: "0.9.6", Now: "adc.readvdd33", Plain: true},
		{Name: "cjson", Classic: true, Gone: r210May, Now: "sjson", Plain: true},
		{Name: "sjson.NULL", Classic: true, Gone: r30Jun20, Now: "the option null: sjson.decode(text, {null = …})"},
		{Name: "u8g", Gone: r221Sep, Now: "u8g2, whose calls are others", Plain: true},
		{Name: "crypto.toHex", Classic: true, Gone: r30Nov20, Now: "encoder.toHex", Plain: true},
		{Name: "crypto.toBase64", Classic: true, Gone: r30Nov20, Now: "encoder.toBase64", Plain: true},
		{Name: "ws2812.writergb", Gone: r151, Now: "ws2812.init() and ws2812.write(bytes), with green in front", Plain: true},
		{Name: "ads1115.setup", Gone: r220, Now: "objects: ads1115.ads1115(id, address)"},
		{Name: "ds18b20", Gone: r30Sep19, Now: "the Lua module of that name"},
		{Name: "rc", Gone: r30Sep20, Now: "rfswitch"},
		{Name: "sqlite3", Gone: r30Sep20, Now: "nothing", Plain: true},
	}
	for _, name := range []string{"bme280", "bmp085", "adxl345", "am2320", "hdc1080", "hmc5883l", "l3g4200d"} {
		list = append(list, Fact{Name: name + ".init", Gone: r220, Now: "i2c.setup and " + name + ".setup"})
	}
	return list
}
