// Package lualib carries the library in Lua: modules for applications, to be copied into projects.
package lualib

import "embed"

// Files are the library's files: NAME.lua and LICENSE. docs/library.md describes them.
//
//go:embed *.lua LICENSE
var Files embed.FS
