package cli_test

import (
	"syscall"
	"testing"
)

// TestReadOnly_Mounted is TestReadOnly on a file system that the kernel lets nobody write
// to, root included; that may be mounted by root alone.
func TestReadOnly_Mounted(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("nothing may be mounted: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	readOnlyProject(t, dir)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("it cannot be made read-only: %v", err)
	}
	checkReadOnly(t, dir, &unlucky{})
}
