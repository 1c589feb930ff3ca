package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"moonlet.example/moonlet/internal/keys"
)

// helpAll is the flag that shows a command's whole help. Others show only its own flags, and
// not those that are keys of the project's file as well.
const helpAll = "help-all"

// groupedHelp gives a command a short help, and a whole one with all groups of flags.
func groupedHelp(c *cobra.Command, groups []group) {
	whole := c.Flags().Bool(helpAll, false, "all flags, and what the command does")
	c.SetHelpFunc(func(c *cobra.Command, _ []string) {
		text := "Usage:\n  " + c.UseLine() + "\n\nExamples:\n" + c.Example + "\n"
		first, _, _ := strings.Cut(c.Long, "\n\n")
		shown := groups
		if *whole {
			first = c.Long
		} else {
			shown = groups[:1]
		}
		text = first + "\n\n" + text
		for _, g := range shown {
			text += fmt.Sprintf("\n%s:\n%s", g.title, g.flags.FlagUsages())
		}
		if !*whole {
			text += fmt.Sprintf("\n%d more flags set up the module, its network and its hardware: %s --%s\n", count(groups[1:]), c.CommandPath(), helpAll)
		}
		fmt.Fprint(c.OutOrStdout(), text)
	})
}

func count(groups []group) (n int) {
	for _, g := range groups {
		g.flags.VisitAll(func(*pflag.Flag) { n++ })
	}
	return n
}

// wantsHelpAll tells whether a command line asks for a whole help.
func wantsHelpAll(args []string) bool {
	return slices.Contains(args, "--"+helpAll) && len(args) > 0 && (args[0] == "run" || args[0] == "heap")
}

// flagsHelp is the flag that lists all flags of a command.
func flagsHelp(c *cobra.Command) string {
	if c.Flags().Lookup(helpAll) != nil {
		return helpAll
	}
	return "help"
}

// suggestFlag says which flag may have been meant by one that does not exist.
func suggestFlag(c *cobra.Command, err error) string {
	const unknown = "unknown flag: --"
	name, ok := strings.CutPrefix(err.Error(), unknown)
	if !ok {
		return ""
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	best := keys.Nearest(name, names)
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, name) }); best == "" && i >= 0 {
		best = names[i]
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean --%s?", best)
}
