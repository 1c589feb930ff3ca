package radio

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Action is what happens in a Step.
type Action uint8

// The actions; the comment shows how ParseStep wants them written.
const (
	Accept        Action = iota // accept: let stations in again
	WrongPassword               // wrongpassword [REASON]: refuse them as if for that
	Refuse                      // refuse [REASON]: refuse them otherwise
	Drop                        // drop [REASON]: throw the station out
	Vanish                      // vanish: be there no more
	Return                      // return: be there again
	DHCP                        // dhcp DELAY: give addresses after that time
	NoDHCP                      // nodhcp [TIMEOUT]: give none; the station gives up then
	Address                     // address IP/BITS GATEWAY: give this one
	RSSI                        // rssi DBM: be that strong
	Auth                        // auth open|wep|wpa|wpa2|wpa/wpa2
	Join                        // join MAC [IP]: a station joins the module's network
	Leave                       // leave MAC: it goes
	Probe                       // probe MAC [DBM]: a station looks for networks
	Cut                         // cut: let nothing through any more, which stations do not notice
	Mend                        // mend: let everything through again
	WPS                         // wps [DURATION]: the button is pressed, and counts for so long
	Smart                       // smartconfig [PASSWORD]: a phone tells the network to SmartConfig
)

var actionNames = [...]string{"accept", "wrongpassword", "refuse", "drop", "vanish", "return", "dhcp",
	"nodhcp", "address", "rssi", "auth", "join", "leave", "probe", "cut", "mend", "wps", "smartconfig"}

var authNames = [...]string{"open", "wep", "wpa", "wpa2", "wpa/wpa2"}

// Step is something that happens around the module.
type Step struct {
	After  time.Duration // since the step before, or since power-on
	SSID   string        // of the network that it happens to; "" is any
	Action Action

	Reason  uint8         // WrongPassword, Refuse, Drop; 0 is the usual one
	Delay   time.Duration // DHCP, NoDHCP, WPS
	Address port.IPInfo   // Address; Join uses Addr
	RSSI    int8          // RSSI, Probe; dBm
	Auth    port.AuthMode // Auth
	MAC     port.MAC      // Join, Leave, Probe
	Text    string        // Smart: the password
}

// ParseScript reads one step from each line that is not empty.
func ParseScript(lines []string) ([]Step, error) {
	var steps []Step
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		s, err := ParseStep(line)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// ParseStep reads a step such as "10s drop 200 @home": a time after the step
// before, an action with its arguments, and the network that it is about if it
// is not any.
func ParseStep(line string) (Step, error) {
	text, ssid, _ := strings.Cut(line, "@")
	f := strings.Fields(text)
	fail := func(what string) (Step, error) {
		return Step{}, fmt.Errorf("step %q of the Wi-Fi script: %s", line, what)
	}
	if len(f) < 2 {
		return fail(`want a time and an action, as in "10s drop"`)
	}
	after, err := time.ParseDuration(f[0])
	if err != nil || after < 0 {
		return fail(fmt.Sprintf("%q is no time", f[0]))
	}
	s := Step{After: after, SSID: strings.TrimSpace(ssid)}
	i := indexOf(actionNames[:], f[1])
	if i < 0 {
		return fail(fmt.Sprintf("unknown action %q; there are %s", f[1], strings.Join(actionNames[:], ", ")))
	}
	s.Action = Action(i)
	if what := s.parseArgs(f[2:]); what != "" {
		return fail(what)
	}
	if s.Action == Smart && s.SSID == "" {
		return fail(`say which network, as in "10s smartconfig @home"`)
	}
	return s, nil
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// parseArgs tells what is wrong with args, "" for nothing.
func (s *Step) parseArgs(args []string) string {
	least, most := 0, 0
	switch s.Action {
	case WrongPassword, Refuse, Drop, NoDHCP, WPS, Smart:
		most = 1
	case DHCP, RSSI, Auth, Leave:
		least, most = 1, 1
	case Address:
		least, most = 2, 2
	case Join, Probe:
		least, most = 1, 2
	}
	if len(args) < least || len(args) > most {
		return fmt.Sprintf("%q takes %d to %d arguments", actionNames[s.Action], least, most)
	}
	for i, a := range args {
		if what := s.parseArg(i, a); what != "" {
			return what
		}
	}
	return ""
}

func (s *Step) parseArg(i int, a string) string {
	switch s.Action {
	case WrongPassword, Refuse, Drop:
		n, err := strconv.ParseUint(a, 10, 8)
		if err != nil || n == 0 {
			return fmt.Sprintf("%q is no reason code", a)
		}
		s.Reason = uint8(n)
	case DHCP, NoDHCP, WPS:
		d, err := time.ParseDuration(a)
		if err != nil || d < 0 {
			return fmt.Sprintf("%q is no time", a)
		}
		s.Delay = d
	case Smart:
		if len(a) > passwordMax {
			return fmt.Sprintf("a password has %d bytes at most, not %d", passwordMax, len(a))
		}
		s.Text = a
	case RSSI:
		return s.parseRSSI(a)
	case Auth:
		n := indexOf(authNames[:], a)
		if n < 0 {
			return fmt.Sprintf("unknown way to authenticate %q; there are %s", a, strings.Join(authNames[:], ", "))
		}
		s.Auth = port.AuthMode(n)
	case Address:
		return s.parseAddress(i, a)
	case Join, Leave, Probe:
		switch {
		case i == 1 && s.Action == Probe:
			return s.parseRSSI(a)
		case i == 1:
			return s.parseAddress(1, a+"/32")
		case len(a) != 17 || port.ParseMAC(a).String() != strings.ToLower(a):
			return fmt.Sprintf("%q is no hardware address", a)
		}
		s.MAC = port.ParseMAC(a)
	}
	return ""
}

func (s *Step) parseRSSI(a string) string {
	n, err := strconv.ParseInt(a, 10, 8)
	if err != nil || n >= 0 {
		return fmt.Sprintf("%q is no signal strength in dBm", a)
	}
	s.RSSI = int8(n)
	return ""
}

// parseAddress reads IP/BITS as the first argument of Address, a plain address
// as the second; that of Join comes with a mask that does not matter.
func (s *Step) parseAddress(i int, a string) string {
	if s.Action == Address && i == 1 {
		ip, ok := port.ParseIP(a)
		if !ok {
			return fmt.Sprintf("%q is no address", a)
		}
		s.Address.Gateway = ip
		return ""
	}
	text, width, _ := strings.Cut(a, "/")
	ip, ok := port.ParseIP(text)
	n, err := strconv.ParseUint(width, 10, 8)
	if !ok || err != nil || n > 32 {
		return fmt.Sprintf("%q is no address with the width of its network, as in 192.168.0.5/24", a)
	}
	s.Address.Addr = ip
	s.Address.Netmask = port.IPFromUint32(uint32(uint64(0xFFFFFFFF) << (32 - n)))
	return ""
}
