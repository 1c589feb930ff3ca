// Package examples has the examples as files, for those who want to begin with one of them.
package examples

import "embed"

// Files are the examples, a directory each.
//
//go:embed blink clock leak meter ota telnet thermostat weather
var Files embed.FS
