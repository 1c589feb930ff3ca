// Package flashdir keeps the files of a module's flash file system in a
// directory of the host. It implements port.Files with the limits of SPIFFS as
// the firmware configures it: the length of names, the number of open files,
// the space that files take, and what fails when it is used up.
//
// A file of the module is a file of the host with an encoded name (see
// HostName), so the directory can be looked at and changed with any tool, also
// while the module runs. Nothing outside of the directory is ever touched: names
// cannot leave it, and links that do are refused by os.Root.
package flashdir
