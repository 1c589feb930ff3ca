package cli

import (
	"moonlet/internal/lfs"
	"moonlet/internal/project"
)

// moduleTarget tells what the module of a project can take into its store.
func moduleTarget(dir string) (lfs.Target, error) { return project.LFSTarget(dir) }
