package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"moonlet.example/moonlet"
)

// driver runs the command of --drive with the places of the module's servers in its
// environment. Its output goes to the standard error output, where the report is not.
func (a *App) driver(o heapOptions) func(ctx context.Context, servers []moonlet.Port) error {
	return func(ctx context.Context, servers []moonlet.Port) error {
		ctx, cancel := context.WithTimeout(ctx, o.driveFor)
		defer cancel()
		shell, flag := "sh", "-c"
		if runtime.GOOS == "windows" {
			shell, flag = "cmd", "/C"
		}
		c := exec.CommandContext(ctx, shell, flag, o.drive)
		c.Env = append(os.Environ(), serverVariables(servers)...)
		c.Stdout, c.Stderr = a.Err, a.Err
		c.WaitDelay = time.Second
		err := c.Run()
		switch {
		case err == nil:
			return nil
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return fail(ExitHost, fmt.Errorf("--drive: the command did not end within %v; --drive-for gives it more", o.driveFor))
		case ctx.Err() != nil:
			return ctx.Err()
		}
		return fail(ExitHost, fmt.Errorf("--drive: %w", err))
	}
}

// serverVariables are environment variables such as MOONLET_TCP_80=127.0.0.1:8080.
func serverVariables(servers []moonlet.Port) (list []string) {
	for _, s := range servers {
		list = append(list, fmt.Sprintf("MOONLET_%s_%d=%v", strings.ToUpper(s.Network), s.Module, s.Host))
	}
	return list
}
