// Command terminvergabe is the whole program: the service, the demo, and the
// commands with which an administrator sets a tenant up. It only wires: every
// rule and every act stands in the packages under internal.
//
// One file per subcommand. Start reading at commands, then serve.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // the machine's zones may be old or absent

	"terminvergabe/internal/handbook"
	"terminvergabe/ui"
)

// version is stamped by the linker.
var version = "unknown"

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// command is one subcommand.
type command struct {
	name string // one or two words
	args string // as the usage line shows them
	what string
	run  func(context.Context, *call) error
}

// commands is the table of contents of the program.
func commands() []command {
	const config, tenant = "--config FILE", "--config FILE --tenant T"
	return []command{
		{"demo", "[--listen 127.0.0.1:8080] [--data DIR]", "a ready county to try out, nothing to configure", demoCommand},
		{"serve", config, "the service", serveCommand},
		{"ready", config, "ask the running service whether it can serve", readyCommand},
		{"check-config", config + " [--dns]", "say what is wrong or missing before visitors do; with --dns also what the senders' domains say about mail", checkConfigCommand},
		{"migrate", config + " [--dry-run] [--without-backup]", "copy the database, then bring it up to date; --dry-run only tries it out", migrateCommand},
		{"apply", config + " TENANT.yaml [--dry-run] [--strand]", "create or change a tenant from its text file", applyCommand},
		{"export", config + " TENANT [--logo]", "print a tenant's text file, or its logo", exportCommand},
		{"import catalog", tenant + " CATALOG.json", "take services, sites and calendars from a catalogue", importCatalogCommand},
		{"import hours", tenant + " --calendar C HOURS.json", "take opening hours as slot templates", importHoursCommand},
		{"staff add", tenant + " --email E --role R [--name N] [--department D]", "make an account; the password comes from standard input, else a one-time link is printed", staffAddCommand},
		{"staff passwd", tenant + " --email E", "set a password from standard input, or print a one-time link", staffPasswdCommand},
		{"staff list", tenant, "list the accounts", staffListCommand},
		{"staff disable", tenant + " --email E [--force]", "close an account and end its sessions; the last admin only with --force", staffDisableCommand},
		{"staff enable", tenant + " --email E", "open a closed account again", staffEnableCommand},
		{"token create", tenant + " --name N --role R [--department D] [--expires DATE]", "make an API token and print it, once; it is good for a year or to the end of DATE", tokenCreateCommand},
		{"token revoke", tenant + " ID", "end what a token opens", tokenRevokeCommand},
		{"token list", tenant, "list the tokens", tokenListCommand},
		{"feed create", tenant + " (--calendar C | --department D | --site S | --person EMAIL | --all) --detail busy|service|full [--name N] [--alarm 30m] [--expires DATE]", "make a calendar feed and print its address, once", feedCreateCommand},
		{"feed revoke", tenant + " ID", "end a calendar feed", feedRevokeCommand},
		{"feed list", tenant, "list the calendar feeds", feedListCommand},
		{"webhook secret", tenant + " --id W [--renew]", "print the key that signs what a webhook is told, once, or a new one", webhookSecretCommand},
		{"webhook enable", tenant + " --id W", "use a webhook again whose receiver had said that it is gone", webhookEnableCommand},
		{"webhook list", tenant, "list the webhooks and what they were not told", webhookListCommand},
		{"key status", config, "list the data keys, which services have them, and what is not under the current one", keyStatusCommand},
		{"key new", config, "make a data key beside those there are, to be copied to other machines; nothing uses it yet", keyNewCommand},
		{"key rotate", config + " [--wait 30s] [--give-up]", "put the newest data key, or a new one, in the current one's place while the service runs; goes on where it was interrupted", keyRotateCommand},
		{"key retire", config, "forget data keys that nothing needs any more", keyRetireCommand},
		{"mail dkim-key", "FILE --domain D --selector S [--type rsa|ed25519]", "make the key that letters are signed with, and print the record for the DNS", mailKeyCommand},
		{"mail status", config + " [--tenant T]", "what would be sent, and whether letters are held back", mailStatusCommand},
		{"mail pause", config + " --why TEXT [--tenant T]", "hold letters back; bookings go on", mailPauseCommand},
		{"mail resume", config + " [--tenant T] [--drop-again]", "let the letters go; --drop-again without those that mail status marks AGAIN: only where the original ran, and could send, until shortly before the restore", mailResumeCommand},
		{"backup", config + " DEST [--keep-days N | --every 1m]", "copy the database to a new file, or into a folder, also while the service runs; --keep-days removes older ones there; --every goes on copying over one file", backupCommand},
		{"restore", config + " BACKUP [--check]", "put a backup in the place of the database, which is kept; --check only looks whether that would do", restoreCommand},
		{"verify", config, "check every invariant of the data", verifyCommand},
		{"help", "[TOPIC | FILE | COMMAND]", "list the commands; or print a document of the handbook, a file to copy, or what a command takes", helpCommand},
		{"version", "[--sbom]", "print the version; with --sbom all that the program is made of, with licences (CycloneDX)", versionCommand},
	}
}

// run does what main is asked for and returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	if len(args) == 0 {
		printUsage(errs)
		return exitUsage
	}
	if args[0] == "-h" || args[0] == "--help" || args[0] == "-help" {
		args = []string{"help"}
	}
	cmd, rest, ok := findCommand(args)
	if !ok {
		if _, err := fs.Stat(ui.Files, "docs/"+strings.ToLower(args[0])+".md"); err == nil {
			fmt.Fprintf(errs, "terminvergabe: %q is a document of the handbook; run: terminvergabe help %s\n", args[0], strings.ToLower(args[0]))
			return exitUsage
		}
		fmt.Fprintf(errs, "terminvergabe: there is no command %q; run: terminvergabe help\n", strings.Join(args[:min(2, len(args))], " "))
		return exitUsage
	}
	c := newCall(cmd, rest, in, out, errs)
	err := cmd.run(ctx, c)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errHelp):
		fmt.Fprintf(out, "terminvergabe %s: %s\n%s\n", cmd.name, cmd.what, cmd.usage())
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintf(errs, "terminvergabe %s: %s\n%s\n", cmd.name, usage, cmd.usage())
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintf(errs, "terminvergabe %s: broken off; what was begun has not been done\n", cmd.name)
		return exitFailed
	}
	fmt.Fprintf(errs, "terminvergabe %s: %s\n", cmd.name, err)
	fmt.Fprint(errs, advice(err))
	return exitFailed
}

// advice is a line for who may not read or make a file (mostly, a command was run as
// root once and its files belong to root), and for who has a disk that fails.
func advice(err error) string {
	var file *fs.PathError
	if errors.As(err, &file) && errors.Is(file, fs.ErrPermission) {
		return "Run every command as the service's user, and let that user own the database, the data key and their folder.\n"
	}
	fault, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	if !ok {
		return ""
	}
	switch fault.Code() & 0xff { // of SQLite, https://sqlite.org/rescode.html
	case 11, 26: // corrupt, not a database
		return "The database file is damaged: stop the service, keep the file for us to look at, and restore the last sound backup.\n"
	case 13: // full
		return "The disk is full: make space and try again; nothing was half done.\n"
	case 8, 10: // read-only, I/O error
		return "The disk cannot be written or read: look into the system's log, and check the disk before the service goes on.\n"
	}
	return ""
}

func findCommand(args []string) (cmd command, rest []string, ok bool) {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], true
		}
	}
	return command{}, nil, false
}

func (c command) usage() string {
	return strings.TrimSpace("usage: terminvergabe " + c.name + " " + c.args)
}

func printUsage(w io.Writer) {
	fmt.Fprintln(w, "Terminvergabe gives out appointments at public offices.\n\nusage: terminvergabe COMMAND ...")
	for _, c := range commands() {
		fmt.Fprintf(w, "\n%s\n%s\n", handbook.Wrap(c.name+" "+c.args, "  ", "          ", columns), handbook.Wrap(c.what, "      ", "      ", columns))
	}
	fmt.Fprintln(w, "\nExit status: 0 done, 1 failed, 2 wrong usage.")
}

func versionCommand(_ context.Context, c *call) error {
	parts := c.flags.Bool("sbom", false, "")
	if _, err := c.parse(); err != nil {
		return err
	}
	if *parts {
		return printBOM(c.out)
	}
	fmt.Fprintln(c.out, "terminvergabe", version)
	return nil
}
