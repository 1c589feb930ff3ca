package lualib_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/mbedtls/tlstest"
)

// fetchScript tries cases one after the other, each as often as rounds say, and prints what comes of
// them. Behind each round it waits until lwIP has forgotten the connections, and prints the heap.
const fetchScript = `
fetch = require "fetch"
rounds = ROUNDS
local at, round = 0, 0
local function show(v) return (tostring(v):gsub("[^%w%p ]", "."):sub(1, 90)) end
local function later(ms, f) tmr.create():alarm(ms, tmr.ALARM_SINGLE, f) end
local nextCase
local function endOfRound()
  round, at = round + 1, 0
  memory(round > 2 and "a round", 200)
  if round == rounds then return print("finished") end
  nextCase()
end
-- caseAt is the next line of the file of cases, as a table.
local function caseAt()
  local f = file.open("cases.lua")
  f:seek("set", at)
  local line = f:readline()
  f:close()
  if not line then return end
  at = at + #line
  return assert(loadstring("return {" .. line .. "}"))()
end
function nextCase()
  heap()
  local c = caseAt()
  if not c then return later(30000, endOfRound) end
  local path, o = c[1], c[2] or {}
  local called = 0
  o.url = path:find("^%a+:") and path or "http://server.lan:PORT" .. path
  o.done = function(status, headers, body)
    called = called + 1
    if called > 1 then print("WRONG done twice", path) end
    if o.told then body = o.told() end
    if round == 0 then print("case", show(path), status, show(status and (headers["x-name"] or "-") or headers), show(body)) end
    later(10, nextCase)
  end
  local ok, err = pcall(fetch.request, o)
  if not ok then
    if round == 0 then print("case", show(path), "raises", show(err)) end
    later(10, nextCase)
  end
end
function collect(o)
  local n, first, status = 0, nil, nil
  o.on = { data = function(piece) n = n + #piece first = first or piece:sub(1, 5) end, head = function(s) status = s end }
  o.told = function() return tostring(status) .. " " .. n .. " " .. tostring(first) end
  return o
end
function pieces(n, piece, o)
  o.body = function()
    n = n - 1
    if n == 2 and not o.length then return "" end
    return n >= 0 and piece or nil
  end
  return o
end
function held(o)
  local sum, times = 0, 0
  o.on = { data = function(piece, r)
    sum = sum + #piece
    if times < 2 then
      times = times + 1
      r:hold()
      later(5000, function() r:unhold() end)
    end
  end }
  o.told = function() return "held " .. times .. " times, got " .. sum end
  return o
end
function online() nextCase() end
`

// fetchCases are what is asked, a line each, and what comes of it: status, a header X-Name and body, or nil, why
// and what is told besides.
const fetchCases = `"/plain"  --> 200 | one | hello
"/plain?x=1#part"  --> 200 | two | query
"/chunked"  --> 200 | - | hello, world
"/chunked", collect{}  --> 200 | - | 200 12 hello
"/end"  --> 200 | - | until the end
"/empty"  --> 200 | -
"/204"  --> 204 | -
"/304"  --> 304 | -
"/head", { method = "head" }  --> 200 | head
"/continue"  --> 200 | - | ok
"/bytes"  --> 200 | - | hello, world
"/big"  --> nil | the body is longer than 4096 bytes | nil
"/big", collect{}  --> 200 | - | 200 20000 big,
"/big", { limit = 10000 }  --> nil | the body is longer than 10000 bytes | nil
"/bigend", { limit = 100 }  --> nil | the body is longer than 100 bytes | nil
"/bigchunked", { limit = 100 }  --> nil | the body is longer than 100 bytes | nil
"/big", collect{ limit = 5000 }  --> nil | the body is longer than 5000 bytes | 200 0 nil
"/post", { method = "POST", body = "a=1&b=2" }  --> 200 | - | POST 7 a=1&b=2
"/post", { method = "POST" }  --> 200 | - | POST 0
"/post", { method = "PUT", body = ("0123456789"):rep(160) }  --> 200 | - | PUT 1600 1600 bytes, 0123456789012345...123456789
"/produced", pieces(5, ("piece;"):rep(100), { method = "POST" })  --> 200 | - | POST chunked 2433 bytes, 258..piece;piece...e;..0....
"/produced", pieces(3, "ten bytes.", { method = "PUT", length = 30 })  --> 200 | - | PUT 30 ten bytes.ten bytes.ten bytes.
"/headers", { headers = { ["X-Own"] = "yes", Accept = "text/plain" } }  --> 200 | - | yes,text/plain,close,server.lan
"/range", { from = 5 }  --> 200 | - | bytes=5-
"/moved"  --> 200 | one | hello
"/moved", { redirects = 0 }  --> 302 | - | ignored
"/dir/relative"  --> 200 | other | ok
"/query"  --> 200 | query | ok
"/absolute"  --> 200 | one | hello
"/slashes"  --> 200 | one | hello
"/see", { method = "POST", body = "x" }  --> 200 | - | GET
"/again", { method = "POST", body = "x" }  --> 200 | - | POST 1 x
"/again", pieces(0, "", { method = "POST", length = 0 })  --> 200 | - | POST 0
"/loop"  --> nil | redirected too often | nil
"/elsewhere", { headers = { Authorization = "secret", Cookie = "c", ["X-Own"] = "kept" } }  --> 200 | - | []kept
"/ftp"  --> nil | redirected to ftp://server.lan/ | nil
"/nowhere"  --> 302 | - | no
"/cut"  --> nil | the answer was cut off | nil
"/cutchunk"  --> nil | the answer was cut off | nil
"/cuthead"  --> nil | the answer was cut off | nil
"/cutend"  --> nil | the answer was cut off | nil
"/nothing"  --> nil | there is no answer | nil
"/reset"  --> nil | the answer was cut off (-9) | nil
"/silent", { timeout = 2000 }  --> nil | there is no answer | nil
"/stalls", { timeout = 2000 }  --> nil | nothing comes any more | nil
"/garbage"  --> nil | what comes is no answer | nil
"/longline"  --> nil | the head of the answer is too long | nil
"/longhead"  --> nil | the head of the answer is too long | nil
"/badheader"  --> nil | what comes is no head of an answer | nil
"/status"  --> nil | what comes is no answer | nil
"/negative"  --> nil | the length of the answer is -5 | nil
"/twolengths"  --> nil | the length of the answer is 5,6 | nil
"/hugelength"  --> nil | the length of the answer is 99999999999999 | nil
"/coding"  --> nil | a body in gzip | nil
"/badchunk"  --> nil | a chunk has no size | nil
"/hugechunk"  --> nil | a chunk has no size | nil
"/unendedchunk"  --> nil | a chunk has no end | nil
"/http09"  --> nil | what comes is no answer | nil
"/slow"  --> 200 | - | abcdef
"/early", { method = "POST", body = ("x"):rep(2000) }  --> 413 | early | no
"/stop", { on = { head = function(_, _, r) r:stop() end } }  --> nil | stopped | nil
"/plain", { on = { data = function(_, r) r:stop() end } }  --> nil | stopped | nil
"/big", { on = { data = function(_, r) r:stop() end } }  --> nil | stopped | nil
"/held", held{ timeout = 2000 }  --> 200 | - | held 2 times, got 20000
"http://nobody.lan/"  --> nil | no address of nobody.lan | nil
"http://server.lan:1/"  --> nil | the connection was refused or lost (-9) | nil
"ftp://server.lan/"  --> raises | fetch: no URL: ftp://server.lan/
"http://user:word@server.lan/"  --> raises | fetch: no URL: http://user:word@server.lan/
"http://server.lan:99999/"  --> raises | fetch: no URL: http://server.lan:99999/
"http://server.lan/a b"  --> raises | fetch: no URL: http://server.lan/a b
"http://server.lan/a\r\nX: y"  --> raises | fetch: no URL: http://server.lan/a..X: y
"http:///x"  --> raises | fetch: no URL: http:///x
"/plain", { headers = { ["X-Bad"] = "a\r\nb" } }  --> raises | fetch: a header is none: X-Bad
"/plain", { headers = { ["X Bad"] = "a" } }  --> raises | fetch: a header is none: X Bad
"/plain", { method = "G T" }  --> raises | fetch: no method: G T
`

// fetchAnswers are the answers to them; those that need more than bytes are in fetchAnswer.
var fetchAnswers = map[string]string{
	"/plain":        "HTTP/1.1 200 OK\r\nX-Name: one\r\nContent-Length: 5\r\n\r\nhello",
	"/plain?x=1":    "HTTP/1.1 200 OK\r\nX-Name: two\r\nContent-Length: 5\r\n\r\nquery",
	"/chunked":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nX-Late: 1\r\n\r\n",
	"/end":          "HTTP/1.0 200 OK\r\n\r\nuntil the end",
	"/empty":        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"/204":          "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
	"/304":          "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
	"/head":         "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nX-Name: head\r\n\r\n",
	"/continue":     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"/moved":        "HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 7\r\n\r\nignored",
	"/dir/relative": "HTTP/1.1 301 x\r\nLocation: other\r\n\r\n",
	"/dir/other":    "HTTP/1.1 200 OK\r\nX-Name: other\r\nContent-Length: 2\r\n\r\nok",
	"/query":        "HTTP/1.1 301 x\r\nLocation: ?y=2\r\n\r\n",
	"/query?y=2":    "HTTP/1.1 200 OK\r\nX-Name: query\r\nContent-Length: 2\r\n\r\nok",
	"/see":          "HTTP/1.1 303 See Other\r\nLocation: /method\r\n\r\n",
	"/again":        "HTTP/1.1 307 Again\r\nLocation: /method\r\nContent-Length: 0\r\n\r\n",
	"/loop":         "HTTP/1.1 302 Found\r\nLocation: /loop\r\n\r\n",
	"/ftp":          "HTTP/1.1 302 Found\r\nLocation: ftp://server.lan/\r\n\r\n",
	"/nowhere":      "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno",
	"/cut":          "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123456789",
	"/cutchunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	"/cuthead":      "HTTP/1.1 200 OK\r\nContent-Len",
	"/cutend":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
	"/nothing":      "",
	"/garbage":      "\x00\x01\x02\x03\xff\n\n\n",
	"/longline":     "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 4000) + "\r\n\r\n",
	"/longhead":     "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: 12345678\r\n", 400) + "\r\n",
	"/badheader":    "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
	"/status":       "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
	"/negative":     "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
	"/twolengths":   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
	"/hugelength":   "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nhello",
	"/coding":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
	"/badchunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
	"/hugechunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nhello",
	"/unendedchunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n0\r\n\r\n",
	"/http09":       "<html>hello</html>\r\n\r\n",
	"/stop":         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
}

const bigBody = 20000

// fetchAnswer answers on a connection.
func fetchAnswer(c net.Conn, q rawRequest) {
	port := c.LocalAddr().(*net.TCPAddr).Port
	ok := func(body string) { fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body) }
	to := func(where string) { fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n", where) }
	big := strings.Repeat("big, ", bigBody/5)
	switch q.path {
	case "/bytes":
		for _, b := range []byte(fetchAnswers["/chunked"]) {
			_, _ = c.Write([]byte{b})
			time.Sleep(100 * time.Microsecond)
		}
	case "/big", "/held":
		ok(big)
	case "/bigend":
		_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n"+big)
	case "/bigchunked":
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big)
	case "/post", "/produced":
		body := q.body
		if len(body) > 40 {
			body = fmt.Sprintf("%d bytes, %s…%s", len(body), body[:16], body[len(body)-9:])
		}
		ok(q.method + " " + q.header("Content-Length") + q.header("Transfer-Encoding") + " " + body)
	case "/headers":
		ok(q.header("X-Own") + "," + q.header("Accept") + "," + q.header("Connection") + "," + strings.Split(q.header("Host"), ":")[0])
	case "/range":
		ok(q.header("Range"))
	case "/method":
		ok(q.method + " " + q.header("Content-Length") + " " + q.body)
	case "/absolute":
		to(fmt.Sprintf("http://server.lan:%d/plain", port))
	case "/slashes":
		to(fmt.Sprintf("//server.lan:%d/plain", port))
	case "/elsewhere":
		to(fmt.Sprintf("http://other.lan:%d/told", port))
	case "/told":
		ok("[" + q.header("Authorization") + q.header("Cookie") + "]" + q.header("X-Own"))
	case "/reset":
		_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\nsome")
		time.Sleep(20 * time.Millisecond)
		_ = c.(*net.TCPConn).SetLinger(0)
	case "/silent":
		time.Sleep(2 * time.Second)
	case "/stalls":
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
		time.Sleep(2 * time.Second)
	case "/slow":
		for _, s := range []string{"HTTP/1.1 200 OK\r\n", "Content-Length: 6\r\n\r\n", "abc", "def"} {
			_, _ = io.WriteString(c, s)
			time.Sleep(10 * time.Millisecond)
		}
	case "/early":
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nX-Name: early\r\nContent-Length: 2\r\n\r\nno")
	default:
		_, _ = io.WriteString(c, fetchAnswers[q.path])
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	var cases, want strings.Builder
	for line := range strings.Lines(fetchCases) {
		ask, told, _ := strings.Cut(strings.TrimSpace(line), "  --> ")
		fmt.Fprintln(&cases, ask)
		fmt.Fprintln(&want, told)
	}
	everywhere(t, func(t *testing.T, p place) {
		s := serve(t, fetchAnswer)
		script := strings.NewReplacer("PORT", fmt.Sprint(s.port), "ROUNDS", "3").Replace(fetchScript)
		m := p.module(t, map[string]string{"cases.lua": cases.String()}, script, "fetch")
		m.Pace = 60
		got := ""
		for line := range strings.Lines(finish(t, m)) {
			if _, told, ok := strings.Cut(strings.TrimRight(line, "\n"), "case\t"); ok {
				_, told, _ = strings.Cut(told, "\t")
				got += strings.TrimRight(strings.ReplaceAll(told, "\t", " | "), " |") + "\n"
			}
		}
		compareLines(t, got, want.String())
	})
}

// TestFetchTLS asks over TLS: whole answers, cut ones, redirections, and a server that speaks something else.
func TestFetchTLS(t *testing.T) {
	a := tlstest.Issue(t, nil, "a", tlstest.ECKey(t), nil)
	config := &tls.Config{Certificates: []tls.Certificate{tlstest.Chain(a)}}
	eachEdition(t, func(t *testing.T, edition string) {
		l, err := tls.Listen("tcp4", "127.0.0.1:0", config)
		if err != nil {
			t.Fatal(err)
		}
		s := serveOn(t, l, fetchAnswer)
		plain := serve(t, func(c net.Conn, q rawRequest) {
			fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: https://server.lan:%d/plain\r\n\r\n", s.port)
		})
		script := strings.NewReplacer("SECURE", fmt.Sprint(s.port), "PLAIN", fmt.Sprint(plain.port)).Replace(fetchTLS)
		out := finish(t, place{edition: edition, store: true}.module(t, nil, script, "fetch"))
		for _, want := range []string{"200\thello", "200\thello, world", "200\t20000 bytes", "nil\tthe answer was cut off",
			"nil\tredirected to http://other.lan:", "200\thello", "nil\tthe connection was refused or lost"} {
			before, rest, ok := strings.Cut(out, want)
			if !ok {
				t.Errorf("%q does not come:\n%s", want, before)
				break
			}
			out = rest
		}
	})
}

const fetchTLS = `
local fetch = node.LFS.get("fetch")()
local paths = { "/plain", "/chunked", "/big", "/cut", "/elsewhere", "http://server.lan:PLAIN/", "https://server.lan:1/" }
local function nextOne()
  local path = table.remove(paths, 1)
  if not path then return print "finished" end
  local n, o = 0, {}
  if path == "/big" then o.on = { data = function(piece) n = n + #piece end } end
  fetch.get(path:find("^h") and path or "https://server.lan:SECURE" .. path, o, function(status, why, body)
    print(status, status and (body or n .. " bytes") or why)
    collectgarbage()
    tmr.create():alarm(3000, tmr.ALARM_SINGLE, nextOne)
  end)
end
function online() nextOne() end
`

// TestFetchSoak asks very often, and the heap stays as it is.
func TestFetchSoak(t *testing.T) {
	n := soak(300)
	for _, edition := range []string{"5.3", "5.1"} {
		t.Run("Lua-"+edition, func(t *testing.T) {
			s := serve(t, fetchAnswer)
			script := strings.NewReplacer("PORT", fmt.Sprint(s.port), "TIMES", fmt.Sprint(n)).Replace(fetchSoak)
			m := place{edition: edition, store: true}.module(t, nil, script, "fetch")
			began := time.Now()
			out := finish(t, m)
			took := time.Since(began)
			t.Logf("%d requests in %v, %.0f/s; %s", n, took.Round(time.Millisecond), float64(n)/took.Seconds(), heapLine(out))
			if len(s.asked()) < n {
				t.Error("not all requests came")
			}
		})
	}
}

const fetchSoak = `
fetch = require "fetch"
local n = 0
local paths = { "/plain", "/chunked", "/end", "/moved", "/big", "/cut", "/post", "/204", "/badchunk", "/stop" }
local nextOne
function nextOne()
  n = n + 1
  if n > TIMES + 100 then return print "finished" end
  local path = paths[n % #paths + 1]
  local o = { url = "http://server.lan:PORT" .. path, timeout = 6000000, done = function(status, why)
    if (status == nil) ~= (path == "/cut" or path == "/badchunk" or path == "/stop") then print("WRONG", path, status, why) end
    if n == 100 or n == TIMES + 100 then -- all was loaded, all tables have grown
      return settled(n > 100 and "requests" or nil, nextOne)
    end
    node.task.post(nextOne)
  end }
  if path == "/big" then o.on = { data = function() end } end
  if path == "/stop" then o.on = { head = function(_, _, r) r:stop() end } end
  if path == "/post" then o.method, o.body = "POST", "a=b" end
  fetch.request(o)
end
function online() nextOne() end
`
