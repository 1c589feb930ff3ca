package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/project"
)

// keyFlag is the flag of a key of the project file.
type keyFlag struct {
	key   project.Key
	all   *[]project.Setting // in the order of the command line
	value string
}

// String implements pflag.Value.
func (f *keyFlag) String() string { return f.value }

// Set implements pflag.Value.
func (f *keyFlag) Set(v string) error {
	f.value = v
	*f.all = append(*f.all, project.Setting{Flag: f.key.Flag, Value: v})
	return nil
}

// Type implements pflag.Value; help texts show it as the flag's argument.
func (f *keyFlag) Type() string {
	if f.key.Form == project.FormSwitch {
		return "bool"
	}
	return f.key.Value
}

// addOutside adds the flag by which the user trusts a project.
func addOutside(set *pflag.FlagSet, allow *bool) {
	set.BoolVar(allow, "allow-outside", false, "let the project read and write out of its directory, by its file and by links")
}

// openProject opens a project with what flags say.
func (a *App) openProject(path string, settings []project.Setting, outside bool) (*project.Project, error) {
	return project.Options{Flags: settings, Files: a.Files, AllowOutside: outside}.Open(path)
}

// group is a heading of a help text with its flags.
type group struct {
	title string
	flags *pflag.FlagSet
}

// addKeyFlags adds the flags of all keys to a command.
func addKeyFlags(c *cobra.Command, settings *[]project.Setting) []group {
	var groups []group
	for _, title := range project.Groups() {
		set := pflag.NewFlagSet(title, pflag.ContinueOnError)
		set.SortFlags = false
		for _, k := range project.Keys() {
			if k.Group != title {
				continue
			}
			f := set.VarPF(&keyFlag{key: k, all: settings}, k.Flag, "", k.Usage)
			if k.Form == project.FormSwitch {
				f.NoOptDefVal = "true"
			}
		}
		c.Flags().AddFlagSet(set)
		for _, k := range project.Keys() {
			if k.Group == title {
				offer(c, k.Flag, k.Values)
			}
		}
		groups = append(groups, group{title, set})
	}
	return groups
}

// offer lets a shell offer values of a flag, and nothing besides: no names of files.
// editionNames are the names of all editions of Lua.
func editionNames() (names []string) {
	for _, e := range editions.All() {
		names = append(names, e.Name)
	}
	return names
}

// offer lets a shell complete the values of a flag.
func offer(c *cobra.Command, flag string, values []string) {
	if len(values) == 0 {
		return
	}
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic("BUG: " + err.Error())
	}
}

// addKeys adds the flags of some keys to a command.
func addKeys(c *cobra.Command, settings *[]project.Setting, names ...string) {
	for _, name := range names {
		for _, k := range project.Keys() {
			if k.Name == name {
				c.Flags().Var(&keyFlag{key: k, all: settings}, k.Flag, k.Usage)
				offer(c, k.Flag, k.Values)
			}
		}
	}
}
