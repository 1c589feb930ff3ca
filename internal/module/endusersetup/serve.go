package endusersetup

import (
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Answers. Their letters are the firmware's, also where headers differ in that.
const (
	answer204 = "HTTP/1.1 204 No Content\r\n" + empty
	answer302 = "HTTP/1.1 302 Moved\r\nLocation: http://nodemcu.portal/\r\n" + empty
	answer400 = "HTTP/1.1 400 Bad request\r\n" + empty
	answer404 = "HTTP/1.1 404 Not found\r\nContent-Length:10\r\nConnection:close\r\n\r\nNot found\n"
	answer405 = "HTTP/1.1 405 Method Not Allowed\r\n" + empty
	answer500 = "HTTP/1.1 500 Internal Error\r\nContent-Length:6\r\nConnection:close\r\n\r\nError\n"
	empty     = "Content-Length:0\r\nConnection:close\r\n\r\n"

	answerTrying = "HTTP/1.1 302 Moved\r\nLocation: /?trying=true\r\n" + empty

	answerOptions     = optionsHead + "Content-Length: 0\r\n\r\n"
	answerOptionsJSON = optionsHead + "Content-Type: application/json\r\nContent-Length: 0\r\n" +
		"Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET\r\nAccess-Control-Allow-Age: 300\r\n\r\n"
	optionsHead = "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: close\r\n"

	statusText = "HTTP/1.1 200 OK\r\nCache-control:no-cache\r\nConnection:close\r\nAccess-Control-Allow-Origin: *\r\n" +
		"Content-type:text/plain\r\nContent-length: %d\r\n\r\n%s"
	statusJSON = "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\n" +
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
)

// answer answers a request. What is told by its beginning may have anything behind it.
func (c *conn) answer(request string) {
	is := func(prefix string) bool { return strings.HasPrefix(request, prefix) }
	switch {
	case is("GET / "), is("GET /?"):
		c.page()
		return
	case is("GET /aplist"):
		if c.list() {
			return
		}
	case is("GET /status.json"):
		c.send(c.p.statusJSON())
	case is("GET /status"):
		c.send(c.p.statusText())
	case is("GET /update?"):
		if c.p.credentials(cut(request)) {
			c.send(answer302)
		} else {
			c.send(answer400)
		}
	case is("GET "): // by which a phone finds out that there is a portal
		c.send(answer302)
	case is("OPTIONS /aplist"), is("OPTIONS /setwifi?"), is("OPTIONS /status.json"):
		c.send(answerOptionsJSON)
	case is("OPTIONS "):
		c.send(answerOptions)
	case is("POST /setwifi "):
		c.form(request)
	case is("POST "):
		c.send(answer404)
	default:
		c.send(answer405)
	}
	c.closeLater()
}

// send sends a short answer (enduser_setup_http_serve_header).
func (c *conn) send(text string) {
	if c.tcp.Write([]byte(text)) != port.NetOK {
		c.closeLater()
		c.p.fail(903, "http_serve_header failed on tcp_write", errUnknown)
	}
}

// page begins to send the page (enduser_setup_http_serve_html). No more of it is written than
// there is; the firmware always fills lwIP's buffer.
func (c *conn) page() {
	s := c.p.state()
	if c.p.m.Ptr(s+sPage) == 0 {
		c.p.loadPage()
	}
	c.offset = min(c.tcp.Room(), int(c.p.m.U32(s+sPageLen)))
	c.reading, c.sending = readNothing, sendPage
	page := c.p.m.Ptr(s + sPage)
	if page == 0 || c.tcp.WriteRef(c.p.m.Bytes(page, mem.Addr(c.offset))) != port.NetOK {
		c.p.fail(975, "http_serve_html failed. tcp_write failed", errUnknown)
		c.refuse()
	}
}

// stream sends more of the page when the browser has some of it (streamout_sent). The page is
// gone when all of it was written for somebody: others who are in the midst of it get a reset, and
// the next one has it made anew.
func (c *conn) stream() {
	p, s := c.p, c.p.state()
	if s == 0 || p.m.Ptr(s+sPage) == 0 {
		c.tcp.Abort()
		return
	}
	all := int(p.m.U32(s + sPageLen))
	offset := min(c.offset, all) // of a page that another start has made
	n := min(c.tcp.Room(), all-offset)
	if c.tcp.WriteRef(p.m.Bytes(p.m.Ptr(s+sPage)+mem.Addr(offset), mem.Addr(n))) != port.NetOK {
		c.tcp.Abort()
		return
	}
	if c.offset = offset + n; c.offset >= all {
		c.closeLater()
		p.freePage()
	}
}

// status is what the station does, as far as it can tell.
func (p portal) status() port.StationStatus {
	if n := p.m.U8(p.state() + sStatus); n > 0 {
		return port.StationStatus(n)
	}
	return p.wifi().Status()
}

// statusText is the answer to /status (enduser_setup_serve_status).
func (p portal) statusText() string {
	ssid := cut(p.wifi().StationConfig(false).SSID)
	ssid = ssid[:min(len(ssid), ssidMost-1)]
	var text string
	switch p.status() {
	case port.StationIdle:
		text = "Idle."
	case port.StationConnecting:
		text = fmt.Sprintf(`Connecting to "%s".`, ssid)
	case port.StationWrongPassword:
		text = fmt.Sprintf(`Failed to connect to "%s" - Wrong password.`, ssid)
	case port.StationNoAPFound:
		text = fmt.Sprintf(`Failed to connect to "%s" - Network not found.`, ssid)
	case port.StationConnectFail:
		text = "Failed to connect."
	case port.StationGotIP:
		text = fmt.Sprintf(`Connected to "%s" (%s).`, ssid, p.wifi().IPInfo(port.StationIf).Addr)
	default:
		return answer500
	}
	return fmt.Sprintf(statusText, len(text), text)
}

// statusJSON is the answer to /status.json: behind success the device is its address.
func (p portal) statusJSON() string {
	status := p.status()
	device := fmt.Sprintf("%06X", p.chip.System().Hardware().ChipID)
	if status == port.StationGotIP {
		if p.m.U8(p.at+offAddress) == 0 {
			p.setAddress(p.wifi().IPInfo(port.StationIf).Addr.String())
		}
		device = p.text(p.at + offAddress)
	}
	text := fmt.Sprintf(`{"deviceid":"%s", "status":%d}`, device, status)
	return fmt.Sprintf(statusJSON, len(text), text)
}
