// Package firmware makes builds of the firmware: a chip, an edition of Lua, a number model
// and modules become the image that a module of that build boots from.
//
// A Build is a value that says what is in it. Link makes a Firmware of it, once for all
// modules of the process that have the same build: it never changes and is as large as all
// that such a module has to read.
package firmware
