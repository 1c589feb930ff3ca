package cli

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/prompt"
	"moonlet.example/moonlet/internal/spiffsimg"
)

// Tool is the tool of the firmware that moonlet is if it is called by its name: the
// cross compiler or spiffsimg. It takes the arguments and gives an exit code. It is nil
// for any other name.
func (a *App) Tool(name string) func(args []string) int {
	switch strings.TrimSuffix(strings.ToLower(filepath.Base(name)), ".exe") {
	case luac.Name:
		return func(args []string) int { return a.Luac(name, args) }
	case luac.Name + ".int": // the firmware has one for Lua 5.1 alone
		return func(args []string) int { return a.Luac(name, append([]string{"--lua", "5.1-int"}, args...)) }
	case spiffsimg.Name:
		return a.spiffsimg
	}
	return nil
}

func (a *App) luacCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "luac [OPTION...] [FILE...]",
		Short: "compile Lua files, alone or into an image of the flash store",
		Long: `Compiles as the firmware's host tool luac.cross does, with its options, its
messages and its exit codes. If moonlet is called by the name luac.cross, it is
this command.`,
		Example: `  moonlet luac -o init.lc init.lua
  moonlet luac -f -o lfs.img --strip 2 lib/*.lua
  moonlet luac -l -l -p init.lua`,
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if code := a.Luac(luac.Name, args); code != 0 {
				return &failure{code: code, err: fmt.Errorf("exit code %d", code), told: true}
			}
			return nil
		},
	}
}

// Luac is the cross compiler, called by some name.
func (a *App) Luac(prog string, args []string) int {
	debug.SetGCPercent(luac.GCPercent)
	out := a.execOutput()
	var listing io.Writer = out
	if out.lines { // at a terminal; names in compiled code are somebody else's
		listing = prompt.NewScreen(out)
	}
	c := luac.Command{
		Prog: prog, In: a.In, Out: listing, Err: a.Err, Getenv: os.Getenv,
		Now:    func() int64 { return a.Now().Unix() },
		Random: rand.Uint32,
		Files:  a.Files,
		Target: project.LFSTarget,
		Execute51: func(file string, o *luac.Options) ([]byte, error) {
			c := a.hostConfig(out, o.Model, o.Level)
			var err error
			if c.Lua, err = editions.Find(o.Lua); err != nil {
				return nil, err
			}
			s, err := hostexec.New(c)
			if err != nil {
				return nil, err
			}
			defer s.Close()
			return s.RunForFunction(file)
		},
		Execute: func(file string, o *luac.Options, image *chunk.File) error {
			return a.luacExecute(out, file, o, image)
		},
	}
	code := c.Main(args)
	if err := out.Flush(); err != nil && code == 0 {
		fmt.Fprintf(a.Err, "%s: standard output: %v\n", prog, err)
		return ExitGuest
	}
	return code
}

// luacExecute is luac.cross -e.
func (a *App) luacExecute(out *execOutput, file string, o *luac.Options, image *chunk.File) error {
	c := a.hostConfig(out, o.Model, o.Level)
	if image != nil {
		c.Image = image.Image
		fmt.Fprintln(a.Err, "LFS image loaded")
	}
	s, err := hostexec.New(c)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.RunFile(file, nil)
}

// hostConfig is the profile of programs that run on this computer.
func (a *App) hostConfig(out *execOutput, model num.Model, strip int) hostexec.Config {
	start := a.Now()
	return hostexec.Config{
		Model: model, StripDefault: strip, Output: out, Errors: a.Err,
		Random:  new(stdlib.GlibcRand),
		Modules: firmware.HostModules(),
		System: &hostos.System{
			Input: out.input(a.In), Output: out, Flush: out.Flush, Errors: a.Err, Now: a.Now, Zone: time.Local,
			CPU:    func() time.Duration { return a.Now().Sub(start) },
			OnExit: func(code int, _ bool) { out.Flush(); a.Exit(code) },
		},
	}
}
