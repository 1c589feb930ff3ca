package cli

import (
	"errors"

	"moonlet/internal/lfs"
)

// moduleTarget tells what the module of a project can take into its store.
func moduleTarget(dir string) (lfs.Target, error) {
	return lfs.Target{}, errors.New(dir + ": projects have no store yet; describe it with --number and --size")
}
