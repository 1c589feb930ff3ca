//go:build !unix

package hostfile

// nonBlock is nothing: there are no pipes among the files here.
const nonBlock = 0
