package lualib_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlet.example/moonlet/moonlettest"
)

// httpdScript is a server with all kinds of routes.
const httpdScript = `
local server
function online() end
function open(idle)
  server = node.LFS.get("httpd")().new{ port = 80, clients = 4, idle = idle or 5, body = 1000, headers = { "X-Own" } }
  server:route("GET", "/", function(q, r) r:send("<h1>hello</h1>", "text/html") end)
  server:route("GET", "/query", function(q, r)
    local t, list = q:query(), {}
    for k, v in pairs(t) do list[#list + 1] = k .. "=" .. v end
    table.sort(list)
    r:send(table.concat(list, ";"))
  end)
  server:route("GET", "/headers", function(q, r) r:send((q.headers["x-own"] or "-") .. "," .. (q.headers["x-other"] or "-")) end)
  server:route("POST", "/post", function(q, r) r:send(#q.body .. ":" .. q.body:sub(1, 20)) end)
  server:route("POST", "/form", function(q, r) local f = q:form() r:send((f.a or "") .. "|" .. (f.b or "")) end)
  server:route("PUT", "/stream", function(q, r)
    local n, pieces = 0, 0
    q:on("data", function(piece) n = n + #piece pieces = pieces + 1 end)
    q:on("end", function() r.status = 201 r:send("got " .. n) end)
  end, { stream = true })
  server:route("GET", "/chunks", function(q, r)
    local n = 0
    r:write(function() n = n + 1 return n <= 30 and ("piece %d;"):format(n):rep(20) or nil end)
  end)
  server:route("GET", "/counted", function(q, r)
    local n = 0
    r:write(function() n = n + 1 return n <= 20 and ("0123456789"):rep(50) or nil end, 10000)
  end)
  server:route("GET", "/text", function(q, r) r:send(("text "):rep(500)) end)
  server:route("GET", "/later", function(q, r) tmr.create():alarm(300, tmr.ALARM_SINGLE, function() r:send("later") end) end)
  server:route("GET", "/slow", function(q, r)
    local n = 0
    r:write(function()
      n = n + 1
      if n > 6 then return nil end
      if n % 2 == 1 then tmr.create():alarm(100, tmr.ALARM_SINGLE, function() r:ready() end) return false end
      return "tick;"
    end)
  end)
  server:route("GET", "/never", function(q, r) q:on("close", function() print("closed") end) end)
  server:route("GET", "/error", function() error("on purpose") end)
  server:route("GET", "/away", function(q, r) r:redirect("/") end)
  server:route("GET", "/none", function(q, r) r.status = 204 r:send() end)
  server:route("GET", "/bad", function(q, r) r.headers["X-Split"] = "a\r\nX-Evil: 1" r:send("x") end)
  server:route("GET", "/files/*", function(q, r) r:file(q.rest, "www/") end)
  server:route("GET", "/listed/*", function(q, r) r:file(q.rest, { ["a.css"] = "www/a.css", ["data.bin"] = true }) end)
  server:route("GET", "/any/*", function(q, r) r:file(q.rest) end)
  server:route("GET", "/files/special", function(q, r) r:send("special") end)
  server:route("DELETE", "/", function(q, r) r:send("deleted") end)
end
function close()
  server:close()
  server = nil
end
local function said() print("now", "settled") end
function again(compare) settled(compare == 1, said) end
function begin()
  open()
  print("open")
end
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() begin() end)
`

// httpdFiles are files of the module.
var httpdFiles = map[string]string{
	"www/index.html": "<p>index</p>", "www/a.css": "p { color: red }", "www/a.js": "alert(1)",
	"www/a.js.gz": "packed", "www/big.bin": strings.Repeat("0123456789abcdef", 1000), "www/x.lua": "secret", "data.bin": "data",
	"eus_params.lua": "secret",
}

// httpdModule makes a module whose server is open.
func (p place) httpd(t *testing.T) *moonlettest.Module {
	t.Helper()
	m := p.module(t, httpdFiles, httpdScript, "httpd")
	m.Expect("open")
	return m
}

// exchanges are requests, byte by byte, and what the answers have in them. A vertical bar divides the answers
// that come one after the other on one connection; $ is its end.
var exchanges = []struct{ name, request, want string }{
	{"plain", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK|Content-Type: text/html|Content-Length: 14|\r\n\r\n<h1>hello</h1>"},
	{"bare LF", "GET / HTTP/1.1\nHost: x\n\n", "200 OK|<h1>hello</h1>"},
	{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "200 OK|Connection: close|<h1>hello</h1>|$"},
	{"HTTP/1.0, kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n", "Connection: keep-alive|hello|Connection: close|hello|$"},
	{"HTTP/1.0, chunks", "GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: close\r\n\r\npiece 1;|piece 30;|$"},
	{"close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "Connection: close|hello|$"},
	{"absolute", "GET http://x.lan/query?a=1 HTTP/1.1\r\nHost: x\r\n\r\n", "a=1"},
	{"pipelined", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /later HTTP/1.1\r\nHost: x\r\n\r\nPOST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /none HTTP/1.1\r\nHost: x\r\n\r\nGET /text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"<h1>hello</h1>|later|5:hello|204 No Content|Content-Length: 2500|text text|$"},
	{"HEAD", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK|Content-Length: 14|\r\n\r\nHTTP/1.1 204"},
	{"HEAD chunks", "HEAD /chunks HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n", "Transfer-Encoding: chunked|\r\n\r\nHTTP/1.1 204"},
	{"HEAD file", "HEAD /files/big.bin HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 16000|\r\n\r\nHTTP/1.1 204"},
	{"chunks", "GET /chunks HTTP/1.1\r\nHost: x\r\n\r\n", "Transfer-Encoding: chunked|\r\n\r\na0\r\npiece 1;|piece 30;|\r\n0\r\n\r\n"},
	{"query", "GET /query?a=1&b=x%20y&c=%41+%42&d&=e&f=%zz&g=%00 HTTP/1.1\r\nHost: x\r\n\r\n", "a=1;b=x y;c=A B;d="},
	{"headers", "GET /headers HTTP/1.1\r\nHost: x\r\nX-Own: mine\r\nX-Other: y\r\n\r\n", "mine,-"},
	{"post", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "3:abc"},
	{"post nothing", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "0:"},
	{"form", "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\na=%41&b=1+2", "A|1 2"},
	{"chunked post", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-T: 1\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n", "7:abcdefg|204"},
	{"stream", "PUT /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("x", 5000), "201 Created|got 5000"},
	{"chunked stream", "PUT /stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + strings.Repeat("x", 2000) + "\r\n0\r\n\r\n", "got 2000"},
	{"empty stream", "PUT /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "got 0"},
	{"continue", "POST /post HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200|3:abc"},
	{"continue nowhere", "POST /nowhere HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "404|Connection: close"},
	{"slow answer", "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", "tick;|tick;|tick;|0\r\n\r\n"},
	{"error", "GET /error HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "500 Internal|hello"},
	{"redirect", "GET /away HTTP/1.1\r\nHost: x\r\n\r\n", "303 See Other|Location: /"},
	{"split", "GET /bad HTTP/1.1\r\nHost: x\r\n\r\n", "X-Split: a  X-Evil: 1\r\n"},
	{"delete", "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", "deleted"},
	{"index", "GET /files/ HTTP/1.1\r\nHost: x\r\n\r\n", "text/html|<p>index</p>"},
	{"css", "GET /files/a.css HTTP/1.1\r\nHost: x\r\n\r\n", "text/css|p { color: red }"},
	{"js", "GET /files/a.js HTTP/1.1\r\nHost: x\r\n\r\n", "text/javascript|alert(1)"},
	{"gzip", "GET /files/a.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: deflate, gzip\r\n\r\n", "200 OK|packed"},
	{"listed", "GET /listed/a.css HTTP/1.1\r\nHost: x\r\n\r\n", "p { color"},
	{"listed itself", "GET /listed/data.bin HTTP/1.1\r\nHost: x\r\n\r\n", "application/octet-stream|data"},
	{"not listed", "GET /listed/www/a.js HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
	{"the longest route", "GET /files/special HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\nspecial"},
	{"no file", "GET /files/none HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found"},
	{"a program", "GET /files/x.lua HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
	{"init.lua", "GET /any/init.lua HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
	{"eus_params.lua", "GET /any/eus_params.lua HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
	{"dots", "GET /files/../data.bin HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request|$"},
	{"hidden dots", "GET /files/%2e%2e/data.bin HTTP/1.1\r\nHost: x\r\n\r\n", "400|$"},
	{"NUL", "GET /files/a.css%00 HTTP/1.1\r\nHost: x\r\n\r\n", "400|$"},
	{"raw NUL", "GET /files/a\x00b HTTP/1.1\r\nHost: x\r\n\r\n", "400|$"},
	{"bad escape", "GET /files/%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400|$"},
	{"half escape", "GET /files/% HTTP/1.1\r\nHost: x\r\n\r\n", "400|$"},
	{"long name", "GET /files/" + strings.Repeat("x", 100) + " HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
	{"nowhere", "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found|hello"},
	{"method", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: x\r\n\r\n", "405 Method Not Allowed|DELETE, GET, HEAD|hello"},
	{"no host", "GET / HTTP/1.1\r\n\r\n", "400|$"},
	{"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400|$"},
	{"two lengths", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400|$"},
	{"the same length twice", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400|$"},
	{"length and coding", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400|$"},
	{"two codings", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "400|$"},
	{"coding in HTTP/1.0", "POST /post HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400|$"},
	{"other coding", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501|$"},
	{"coding with a tab", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \tchunked\r\n\r\n0\r\n\r\n", "0:"},
	{"length with a plus", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", "400|$"},
	{"negative length", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc", "400|$"},
	{"huge length", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", "413|$"},
	{"too long", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "413 Content Too Large|$"},
	{"too long in chunks", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + strings.Repeat("x", 1024), "413|$"},
	{"no length", "POST /post HTTP/1.1\r\nHost: x\r\n\r\n", "411|$"},
	{"expectation", "POST /post HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n", "417|$"},
	{"space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400|$"},
	{"folded", "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "400|$"},
	{"no header", "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", "400|$"},
	{"NUL in a header", "GET / HTTP/1.1\r\nHost: x\x00y\r\n\r\n", "400|$"},
	{"CR in a header", "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", "400|$"},
	{"long line", "GET /" + strings.Repeat("x", 2000), "414|$"},
	{"long header", "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2000), "431|$"},
	{"many headers", "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 400), "431|$"},
	{"garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400|$"},
	{"HTTP/0.9", "GET /\r\n\r\n", "400|$"},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505|$"},
	{"lower case", "get / HTTP/1.1\r\nHost: x\r\n\r\n", "400|$"},
	{"no chunk size", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400|$"},
	{"huge chunk", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n", "400|$"},
	{"negative chunk", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "400|$"},
	{"a chunk that does not end", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", "400|$"},
	{"long chunk line", "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;" + strings.Repeat("x", 200) + "\r\n", "400|$"},
	{"never answered", "GET /never HTTP/1.1\r\nHost: x\r\n\r\n", "$"},
	{"half a head", "GET / HTTP/1.1\r\nHost: x\r\n", "408 Request Timeout|$"},
	{"half a body", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", "408|$"},
	{"nothing", "", "$"},
}

func TestHTTPD(t *testing.T) {
	t.Parallel()
	eachEdition(t, func(t *testing.T, edition string) { // in RAM it has no room
		m := place{edition: edition, store: true}.httpd(t)
		m.Pace = 20
		for round := range 2 {
			for _, e := range exchanges {
				if round == 1 && strings.Contains(e.want, "408") {
					continue
				}
				talk(t, m, e.name, e.request, e.want)
			}
			settled(m, round > 0)
		}
		noFault(t, m)
	})
}

// talk sends a request and looks for what is wanted of the answer.
func talk(t *testing.T, m *moonlettest.Module, name, request, want string) {
	t.Helper()
	c := m.Dial(80)
	defer c.Close()
	c.Send(request)
	for _, text := range strings.Split(want, "|") {
		if text == "$" {
			c.ExpectEnd()
			return
		}
		before := c.Expect(text)
		if strings.Contains(before, "secret") {
			t.Errorf("%s: it tells %q", name, before)
		}
	}
}

// noFault holds that the module has not started again and found nothing wrong.
func noFault(t *testing.T, m *moonlettest.Module) {
	t.Helper()
	out := m.Output()
	if strings.Count(out, "NodeMCU ") != 1 || strings.Contains(out, "WRONG") {
		t.Errorf("something is wrong:\n%s", out)
	}
}

// settled has the module compare its memory with the last time.
func settled(m *moonlettest.Module, compare bool) {
	m.Enter(fmt.Sprintf("again(%d)", map[bool]int{false: 0, true: 1}[compare]))
	m.Expect("now\tsettled")
}
