package peers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

const online = `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "Moonlet"} wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() start() end)
`

// coapServer is the manual's example.
const coapServer = online + `
	myvar = 1
	all = '[1,2,3]'
	function myfun(payload) print("myfun called") return "hello " .. payload end
	function start()
	  cs = coap.Server()
	  cs:listen(5683)
	  cs:var("myvar")
	  cs:var("all", coap.JSON)
	  cs:func("myfun")
	end`

// serveCoAP starts it and gives its address.
func serveCoAP(t *testing.T) (address string) {
	t.Helper()
	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": coapServer}, Time: moonlet.Scaled(10),
		Network: moonlet.NetworkConfig{Ports: map[int]int{5683: moonlet.AnyPort}}})
	address = m.Address(5683)
	m.Background()
	return address
}

// TestCoAPServer lets go-coap ask a module.
func TestCoAPServer(t *testing.T) {
	conn, err := udp.Dial(serveCoAP(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, x := range []struct {
		path   string
		post   string
		code   codes.Code
		format message.MediaType
		body   string
	}{
		{"/v1/v/myvar", "", codes.Content, message.TextPlain, "1"},
		{"/v1/v/all", "", codes.Content, message.AppJSON, "[1,2,3]"},
		{"/v1/f/myfun", "you", codes.Content, message.TextPlain, "hello you"},
		{"/v1/c", "myvar = 2", codes.Content, message.TextPlain, ""},
		{"/v1/v/myvar", "", codes.Content, message.TextPlain, "2"},
		{"/.well-known/core", "", codes.Content, message.AppLinkFormat, "</.well-known/core>;ct=40,</v1/v/myvar>;ct=0,</v1/v/all>;ct=0,</v1/id>;ct=0"},
		{"/nothing", "", codes.NotFound, 65535, ""},
	} {
		get := func() (r interface {
			Code() codes.Code
			ReadBody() ([]byte, error)
			ContentFormat() (message.MediaType, error)
		}, err error) {
			if x.post != "" {
				return conn.Post(ctx, x.path, message.TextPlain, strings.NewReader(x.post))
			}
			return conn.Get(ctx, x.path)
		}
		r, err := get()
		if err != nil {
			t.Fatalf("%s: %v", x.path, err)
		}
		body, _ := r.ReadBody()
		format, err := r.ContentFormat()
		if r.Code() != x.code || format != x.format || string(body) != x.body {
			t.Errorf("%s: %v %v %v %q", x.path, r.Code(), format, err, body)
		}
	}
}

// TestCoAPServer_libcoap lets the command coap-client ask a module.
func TestCoAPServer_libcoap(t *testing.T) {
	program, err := exec.LookPath("coap-client-notls")
	if err != nil {
		if program, err = exec.LookPath("coap-client"); err != nil {
			t.Skip("libcoap's coap-client is not installed")
		}
	}
	address := serveCoAP(t)
	for _, x := range []struct {
		args []string
		want string
	}{
		{[]string{"-m", "get", "coap://" + address + "/v1/v/myvar"}, "1\n"},
		{[]string{"-m", "post", "-e", "x", "coap://" + address + "/v1/f/myfun"}, "hello x\n"},
		{[]string{"-m", "get", "coap://" + address + "/.well-known/core"}, "</.well-known/core>;ct=40,</v1/v/myvar>;ct=0,</v1/v/all>;ct=0,</v1/id>;ct=0\n"},
	} {
		out, err := exec.Command(program, append([]string{"-B", "10"}, x.args...)...).CombinedOutput()
		if err != nil || !strings.HasSuffix(string(out), x.want) {
			t.Errorf("%v: %v %q", x.args, err, out)
		}
	}
}

// TestCoAPClient lets a module ask go-coap, which gets what was meant.
func TestCoAPClient(t *testing.T) {
	var mu sync.Mutex
	var got []string
	r := mux.NewRouter()
	r.DefaultHandleFunc(func(w mux.ResponseWriter, q *mux.Message) {
		path, _ := q.Path()
		query, _ := q.Queries()
		var body []byte
		if q.Body() != nil {
			body, _ = io.ReadAll(q.Body())
		}
		mu.Lock()
		got = append(got, fmt.Sprintf("%v %v %s %v %s", q.Type(), q.Code(), path, query, body))
		mu.Unlock()
		w.SetResponse(codes.Content, message.TextPlain, bytes.NewReader([]byte("answer")))
	})
	l, err := coapnet.NewListenUDP("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := udp.NewServer(options.WithMux(r))
	defer s.Stop()
	go s.Serve(l)

	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": online + `
		function start()
		  cc = coap.Client()
		  cc:get(coap.CON, "coap://10.9.9.9/a/b?c=d")
		  tmr.create():alarm(1000, tmr.ALARM_SINGLE, function()
		    cc:put("coap://10.9.9.9/put", "text")
		    tmr.create():alarm(1000, tmr.ALARM_SINGLE, function()
		      cc:post(coap.NON, "coap://10.9.9.9/post", "Hello")
		      cc = nil collectgarbage()
		      tmr.create():alarm(20000, tmr.ALARM_SINGLE, function() print "over" end)
		    end)
		  end)
		end`}, Time: moonlet.Scaled(20),
		Network: moonlet.NetworkConfig{Connect: map[string]string{"10.9.9.9:5683": l.LocalAddr().String()}}})
	m.Patience, m.Pace = 5*time.Minute, 20
	m.Expect("over")
	mu.Lock()
	defer mu.Unlock()
	want := []string{"Confirmable GET /a/b [c=d] ", "Confirmable PUT /put [] text", "NonConfirmable POST /post [] Hello"}
	if strings.Join(got, ";") != strings.Join(want, ";") {
		t.Errorf("asked %q", got)
	}
}
