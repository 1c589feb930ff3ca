//go:build !unix

package device_test

import "time"

// cpuTime is what this process has had of the processors, where that is known.
func cpuTime() time.Duration { return 0 }
