// Command docker-compose is Docker Compose, built from its own packages.
//
// `go install` refuses its module by path; a module of one's own that imports its packages builds it as it is.
package main

import (
	"os"

	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/plugin"
	"github.com/docker/cli/cli/command"
	"github.com/docker/compose/v2/cmd/compatibility"
	commands "github.com/docker/compose/v2/cmd/compose"
	"github.com/docker/compose/v2/cmd/prompt"
	"github.com/docker/compose/v2/pkg/compose"
	"github.com/spf13/cobra"
)

// root is the command, connected to the engine before it runs.
func root(cli command.Cli) *cobra.Command {
	confirm := prompt.NewPrompt(cli.In(), cli.Out()).Confirm
	service := compose.NewComposeService(cli, compose.WithPrompt(confirm))
	cmd := commands.RootCommand(cli, service)
	own := cmd.PersistentPreRunE
	cmd.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := plugin.PersistentPreRunE(cmd, args); err != nil || own == nil {
			return err
		}
		return own(cmd, args)
	}
	return cmd
}

func main() {
	if plugin.RunningStandalone() {
		os.Args = append([]string{"docker"}, compatibility.Convert(os.Args[1:])...)
	}
	plugin.Run(root, metadata.Metadata{SchemaVersion: "0.1.0", Vendor: "Docker Inc."})
}
