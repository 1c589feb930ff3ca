// Package sdk is the part of Espressif's SDK below the firmware: the event loop
// with its task queues, timers and watchdogs, the clock behind it, the settings
// that survive a reset, and the system calls.
//
// It implements port.Loop and port.System. It knows neither Lua nor the host's
// terminal, files or sockets.
package sdk
