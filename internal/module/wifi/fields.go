package wifi

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Subtypes of management frames (IEEE 802.11, 9.2.4.1.3).
const (
	assocRequest     = 0
	assocResponse    = 1
	reassocRequest   = 2
	reassocResponse  = 3
	probeRequest     = 4
	probeResponse    = 5
	beacon           = 8
	disassociation   = 10
	authentication   = 11
	deauthentication = 12
	action           = 13
)

// field is a field with the bits first to first+bits, counted from the lowest of the packet's first byte.
// Some kinds of frames have it, which are bits of frames; 0 is all.
type field struct {
	first, bits int
	signed      bool
	frames      uint16
}

func bitsAt(byteAt, first, bits int) []field { return []field{{first: 8*byteAt + first, bits: bits}} }

// in is a field of two bytes in some kinds of frames.
func in(byteAt int, subtypes ...int) field {
	f := field{first: 8 * byteAt, bits: 16}
	for _, s := range subtypes {
		f.frames |= 1 << s
	}
	return f
}

// numbers are the fields that are numbers, by name (fields in app/modules/wifi_monitor.c). The first
// 12 bytes are the receiver's header, the next 24 that of the frame.
var numbers = map[string][]field{
	"rssi":          {{first: 0, bits: 8, signed: true}},
	"rate":          bitsAt(1, 0, 4),
	"is_group":      bitsAt(1, 4, 1),
	"sig_mode":      bitsAt(1, 6, 2),
	"legacy_length": bitsAt(2, 0, 12),
	"dmatch0":       bitsAt(3, 4, 1),
	"dmatch1":       bitsAt(3, 5, 1),
	"bssidmatch0":   bitsAt(3, 6, 1),
	"bssidmatch1":   bitsAt(3, 7, 1),
	"mcs":           bitsAt(4, 0, 7),
	"cwb":           bitsAt(4, 7, 1),
	"ht_length":     bitsAt(5, 0, 16),
	"smoothing":     bitsAt(7, 0, 1),
	"not_counding":  bitsAt(7, 1, 1),
	"aggregation":   bitsAt(7, 3, 1),
	"stbc":          bitsAt(7, 4, 2),
	"fec_coding":    bitsAt(7, 6, 1),
	"sgi":           bitsAt(7, 7, 1),
	"rxend_state":   bitsAt(8, 0, 8),
	"ampdu_cnt":     bitsAt(9, 0, 8),
	"channel":       bitsAt(10, 0, 4),

	"protocol":       bitsAt(12, 0, 2),
	"type":           bitsAt(12, 2, 2),
	"subtype":        bitsAt(12, 4, 4),
	"tods":           bitsAt(13, 0, 1),
	"fromds":         bitsAt(13, 1, 1),
	"moreflag":       bitsAt(13, 2, 1),
	"retry":          bitsAt(13, 3, 1),
	"pwrmgmt":        bitsAt(13, 4, 1),
	"moredata":       bitsAt(13, 5, 1),
	"protectedframe": bitsAt(13, 6, 1),
	"order":          bitsAt(13, 7, 1),
	"duration":       bitsAt(14, 0, 16),
	"number":         bitsAt(34, 0, 16),

	"association_id":             {in(40, assocResponse, reassocResponse)},
	"authentication_algorithm":   {in(36, authentication)},
	"authentication_transaction": {in(38, authentication)},
	"beacon_interval":            {in(44, probeResponse, beacon)},
	"capability": {in(36, assocRequest, assocResponse, reassocRequest, reassocResponse),
		in(46, probeResponse, beacon)},
	"listen_interval": {in(38, assocRequest, reassocRequest)},
	"reason":          {in(36, deauthentication)},
	"status":          {in(38, assocResponse, reassocResponse), in(40, authentication)},
}

// text is a field that is a string; some have a second name, with _hex, for it in hexadecimal.
type text struct {
	part
	hex    bool
	frames uint16
}

var texts = map[string]text{
	"bssid":      {part: part{28, 6}, hex: true},
	"srcmac":     {part: part{16, 6}, hex: true}, // whom the frame is for, in truth
	"dstmac":     {part: part{22, 6}, hex: true}, // who has sent it
	"frame":      {part: framePart, hex: true},
	"radio":      {part: radioPart},
	"timestamp":  {part: part{36, 8}, frames: 1<<probeResponse | 1<<beacon},
	"current_ap": {part: part{40, 6}, frames: 1 << reassocRequest},
}

// elementNames are the names of elements by their ids, without ie_ in front.
var elementNames = [256]string{
	0: "ssid", 1: "supported_rates", 2: "fh_parameter_set", 3: "dsss_parameter_set",
	4: "cf_parameter_set", 5: "tim", 6: "ibss_parameter_set", 7: "country",
	8: "hopping_pattern_parameters", 9: "hopping_pattern_table", 10: "request", 11: "bss_load",
	12: "edca_parameter_set", 13: "tspec", 14: "tclas", 15: "schedule", 16: "challenge_text",
	32: "power_constraint", 33: "power_capability", 34: "tpc_request", 35: "tpc_report",
	36: "supported_channels", 37: "channel_switch_announcement", 38: "measurement_request",
	39: "measurement_report", 40: "quiet", 41: "ibss_dfs", 42: "erp_information", 43: "ts_delay",
	44: "tclas_processing", 45: "ht_capabilities", 46: "qos_capability", 48: "rsn",
	50: "extended_supported_rates", 51: "ap_channel_report", 52: "neighbor_report", 53: "rcpi",
	54: "mobility_domain", 55: "fast_bss_transition", 56: "timeout_interval", 57: "ric_data",
	58: "dse_registered_location", 59: "supported_operating_classes",
	60: "extended_channel_switch_announcement", 61: "ht_operation", 62: "secondary_channel_offset",
	63: "bss_average_access_delay", 64: "antenna", 65: "rsni", 66: "measurement_pilot_transmission",
	67: "bss_available_admission_capacity", 68: "bss_ac_access_delay", 69: "time_advertisement",
	70: "rm_enabled_capacities", 71: "multiple_bssid", 72: "20_40_bss_coexistence",
	73: "20_40_bss_intolerant_channel_report", 74: "overlapping_bss_scan_parameters",
	75: "ric_descriptor", 76: "management_mic", 78: "event_request", 79: "event_report",
	80: "diagnostic_request", 81: "diagnostic_report", 82: "location_parameters",
	83: "nontransmitted_bssid_capability", 84: "ssid_list", 85: "multiple_bssid_index",
	86: "fms_descriptor", 87: "fms_request", 88: "fms_response", 89: "qos_traffic_capability",
	90: "bss_max_idle_period", 91: "tfs_request", 92: "tfs_response", 93: "wnm_sleep_mode",
	94: "tim_broadcast_request", 95: "tim_broadcast_response", 96: "collocated_interference_report",
	97: "channel_usage", 98: "time_zone", 99: "dms_request", 100: "dms_response",
	101: "link_identifier", 102: "wakeup_schedule", 104: "channel_switch_timing", 105: "pti_control",
	106: "tpu_buffer_status", 107: "interworking", 108: "advertisement_protocol",
	109: "expedited_bandwidth_request", 110: "qos_map_set", 111: "roaming_consortium",
	112: "emergency_alart_identifier", 113: "mesh_configuration", 114: "mesh_id",
	115: "mesh_link_metric_report", 116: "congestion_notification", 117: "mesh_peering_management",
	118: "mesh_channel_switch_parameters", 119: "mesh_awake_window", 120: "beacon_timing",
	121: "mccaop_setup_request", 122: "mccaop_setup_reply", 123: "mccaop_advertisement",
	124: "mccaop", 125: "gann", 126: "rann", 127: "extended_capabilities", 130: "preq", 131: "prep",
	132: "perr", 137: "proxy_update", 138: "proxy_update_confirmation",
	139: "authenticated_mesh_peering_exchange", 140: "mic", 141: "destination_uri",
	142: "uapsd_coexistence", 174: "mccaop_advertisement_overview", 191: "vht_capabilities",
	192: "vht_operation", 193: "extended_bss_load", 194: "wide_bandwidth_channel_switch",
	195: "vht_transmit_power_envelope", 196: "channel_switch_wrapper", 197: "aid",
	198: "quiet_channel", 199: "operating_mode_notification", 221: "vendor_specific",
	255: "he_capabilities",
}

// elementID finds an element by its name.
func elementID(name string) (id int, ok bool) {
	rest, ok := strings.CutPrefix(name, "ie_")
	if !ok || rest == "" {
		return 0, false
	}
	for id, n := range elementNames {
		if n == rest {
			return id, true
		}
	}
	return 0, false
}

func has(frames uint16, subtype byte) bool { return frames == 0 || frames>>subtype&1 != 0 }

// pushField pushes a field; false if there is none of that name, or a frame of this kind has none.
func (r packet) pushField(L state.State, name string) bool {
	switch name {
	case "ie_table":
		r.pushElements(L)
		return true
	case "header":
		if n, ok := r.fixed(); ok {
			L.PushBytes(r.bytes(part{port.SnifferHeader + frameHeader, n}))
		} else {
			L.PushNil()
		}
		return true
	}
	if id, ok := elementID(name); ok {
		if content, there := r.element(int64(id)); there {
			L.PushBytes(r.bytes(content))
		} else {
			L.PushNil()
		}
		return true
	}
	subtype := r.control() >> 4
	for _, f := range numbers[name] {
		if has(f.frames, subtype) {
			L.PushInteger(r.number(f))
			return true
		}
	}
	plain, isHex := strings.CutSuffix(name, "_hex")
	t, ok := texts[plain]
	switch {
	case !ok || isHex && !t.hex || !has(t.frames, subtype):
		return false
	case isHex:
		r.pushHex(L, t.part, ":")
	default:
		L.PushBytes(r.bytes(t.part))
	}
	return true
}

// pushElements pushes a table of all elements by their ids, of several with one id the last.
func (r packet) pushElements(L state.State) {
	L.NewTable()
	r.elements(func(id byte, content part) bool {
		L.PushBytes(r.bytes(content))
		L.RawSetI(-2, int64(id))
		return true
	})
}

// number reads a field.
func (r packet) number(f field) int64 {
	n := uint32(0)
	for i := range f.bits {
		at := f.first + i
		n |= uint32(r.m.U8(r.at+state.Addr(at/8))>>(at%8)&1) << i
	}
	if f.signed && n>>(f.bits-1) != 0 {
		return int64(n) - 1<<f.bits
	}
	return int64(n)
}
