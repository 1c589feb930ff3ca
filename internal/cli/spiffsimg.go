package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet/internal/spiffsimg"
	"moonlet.example/moonlet/internal/storage/flash"
)

func (a *App) spiffsimgCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "spiffsimg -f FILE [OPTION...]",
		Short: "make and change images of the file system, by script",
		Long: `Works as the firmware's host tool spiffsimg does, with its options and scripts. If moonlet
is called by the name spiffsimg, it is this command. "moonlet spiffs" does the same by
arguments.

  -f FILE    the image; %x in it is replaced by its place in the chip
  -c BYTES   make a new one of that size
  -S SIZE    or of what is left of a chip: 32m are bits, 4MB bytes
  -U BYTES   of which the firmware takes so much
  -o FILE    write the place to a file
  -d         remove the image on an error
  -l         list the files
  -r FILE    obey a script: ls, cat NAME, info, rm NAME, import PATH NAME, export NAME PATH
  -i         obey standard input

Exit codes: 0 all went well, 1 something failed; the image is only written if nothing
had to be given up.`,
		Example:            `  moonlet spiffsimg -f 0x%x.bin -S 4MB -U 0x90000 -r files.txt`,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
				return c.Help()
			}
			if code := a.spiffsimg(args); code != 0 {
				return &failure{code: code, err: fmt.Errorf("exit code %d", code), told: true}
			}
			return nil
		},
	}
}

func (a *App) spiffsimg(args []string) int {
	c := spiffsimg.Command{In: a.In, Out: a.screen(), Err: a.Err, Files: a.Files,
		CheckFree: func(path string) error { return flash.CheckFreeOn(a.Files, path) }}
	return c.Main(args)
}
