// Package flashdir keeps the files of a module's flash file system in a
// directory of the host.
//
// The module's file system is a SPIFFS (package spiffs) in memory, which the files of the
// directory are written to, in the order of their names, when it is mounted first. So what
// the module sees is what it sees on a chip: what is cached, what fails when it is full, how
// much is in use, what another handle reads. What it changes on that flash is changed in the
// directory by the same call; only a file that is emptied keeps its old content there until
// it is flushed or closed, and is then replaced at once. What waits in SPIFFS's cache is
// neither on flash nor in the directory.
//
// A file of the module is a file of the host with an encoded name (see
// HostName), so the directory can be looked at and changed with any tool, also
// while the module runs: each look-up asks the host. A file that the module has open is the
// module's until it is closed. Nothing outside of the directory is ever touched: names
// cannot leave it, and links that do are refused by os.Root.
package flashdir
