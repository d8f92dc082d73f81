package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
)

// withAccounts opens the installation and makes sure of the tenant.
func (c *call) withAccounts(ctx context.Context, f func(*house, *agenda.Setup, *auth.Accounts) error) error {
	return c.with(ctx, func(h *house) error {
		s, err := h.setup(ctx, *c.tenant)
		if err != nil {
			return err
		}
		return f(h, s, &auth.Accounts{Store: h.store, Keys: h.desk.Keys, Passwords: auth.NewPasswords(0)})
	})
}

func staffAddCommand(ctx context.Context, c *call) error {
	c.needTenant()
	email := c.flags.String("email", "", "")
	name := c.flags.String("name", "", "")
	role := c.flags.String("role", "", "")
	department := c.flags.String("department", "", "")
	if _, err := c.parse(); err != nil {
		return err
	}
	if *email == "" || *role == "" {
		return usageError("--email E and --role R are needed")
	}
	password, err := c.password()
	if err != nil {
		return err
	}
	return c.withAccounts(ctx, func(h *house, s *agenda.Setup, a *auth.Accounts) error {
		_, err := a.AddPerson(ctx, auth.NewPerson{Tenant: *c.tenant, Email: *email, Name: *name, Role: agenda.Role(*role), Department: *department, Password: password})
		if err != nil {
			return explainRights(err, s, *email, *role, *department)
		}
		if password != "" {
			fmt.Fprintf(c.errs, "%s can sign in at %s\n", *email, h.links.Staff())
			return nil
		}
		return c.invite(ctx, h, a, *email)
	})
}

func staffPasswdCommand(ctx context.Context, c *call) error {
	c.needTenant()
	email := c.flags.String("email", "", "")
	if _, err := c.parse(); err != nil {
		return err
	}
	if *email == "" {
		return usageError("--email E is missing")
	}
	password, err := c.password()
	if err != nil {
		return err
	}
	return c.withAccounts(ctx, func(h *house, s *agenda.Setup, a *auth.Accounts) error {
		if password == "" {
			return c.invite(ctx, h, a, *email)
		}
		if err := a.SetPassword(ctx, *c.tenant, *email, password); err != nil {
			return explainRights(err, s, *email, "", "")
		}
		fmt.Fprintf(c.errs, "%s has a new password and has been signed out everywhere.\n", *email)
		return nil
	})
}

func staffListCommand(ctx context.Context, c *call) error {
	c.needTenant()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.withAccounts(ctx, func(_ *house, s *agenda.Setup, a *auth.Accounts) error {
		people, err := a.People(ctx, *c.tenant)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "EMAIL\tNAME\tROLE\tDEPARTMENT\tSTATE\tALSO")
		for _, p := range people {
			state := "active"
			switch {
			case p.Disabled:
				state = "disabled"
			case !p.HasPassword:
				state = "no password yet"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Email, p.Name, p.Role, orAll(p.Department), state, also(p.Further))
		}
		return t.Flush()
	})
}

// also lists further roles: what, where, and until when.
func also(list []auth.FurtherRole) string {
	var words []string
	for _, r := range list {
		word := string(r.Role) + " " + cmp.Or(r.Calendar, orAll(r.Department)) + " from " + r.From.String()
		if r.To != 0 {
			word += " to " + r.To.String()
		}
		words = append(words, word)
	}
	return cmp.Or(strings.Join(words, "; "), "-")
}

func staffDisableCommand(ctx context.Context, c *call) error { return c.setDisabled(ctx, true) }

func staffEnableCommand(ctx context.Context, c *call) error { return c.setDisabled(ctx, false) }

// setDisabled closes or opens an account.
func (c *call) setDisabled(ctx context.Context, disabled bool) error {
	c.needTenant()
	email := c.flags.String("email", "", "")
	force := c.flags.Bool("force", false, "")
	if _, err := c.parse(); err != nil {
		return err
	}
	if *email == "" {
		return usageError("--email E is missing")
	}
	return c.withAccounts(ctx, func(_ *house, s *agenda.Setup, a *auth.Accounts) error {
		err := a.SetDisabled(ctx, *c.tenant, *email, disabled, *force)
		if errors.Is(err, auth.ErrLastAdmin) {
			return fmt.Errorf("%s is the last admin: nobody could manage everything any more; do it all the same with --force", *email)
		}
		if err != nil {
			return explainRights(err, s, *email, "", "")
		}
		return nil
	})
}

// invite prints the link by which somebody sets their password themselves.
func (c *call) invite(ctx context.Context, h *house, a *auth.Accounts, email string) error {
	secret, expires, err := a.Invite(ctx, *c.tenant, email)
	if err != nil {
		return explainRights(err, nil, email, "", "")
	}
	fmt.Fprintf(c.errs, "This link sets the password, once, until %s:\n", expires.Local().Format(time.DateTime+" MST"))
	fmt.Fprintln(c.out, h.links.Invitation(secret))
	return nil
}

// maxPassword is the most that is read of standard input.
const maxPassword = auth.MaxPassword + 2

// password reads a password from standard input where a program or a file is there;
// "" where nothing is.
func (c *call) password() (string, error) {
	if !c.piped() {
		return "", nil
	}
	data, err := io.ReadAll(io.LimitReader(c.in, maxPassword+1))
	if err != nil {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	line, rest, _ := strings.Cut(string(data), "\n")
	if strings.TrimSpace(rest) != "" || len(data) > maxPassword {
		return "", errors.New("standard input must hold the password alone, on one line")
	}
	return strings.TrimSuffix(line, "\r"), nil
}

// explainRights says what was wrong with an account or token, and what would be right.
func explainRights(err error, s *agenda.Setup, email, role, department string) error {
	var invalid agenda.Invalid
	switch {
	case errors.Is(err, auth.ErrPasswordLength):
		return fmt.Errorf("the password needs at least %d characters (and at most %d bytes)", auth.MinPassword, auth.MaxPassword)
	case errors.Is(err, auth.ErrPasswordCommon):
		return errors.New("the password is too easy to guess: common ones, names of the office or the person, and these with a number behind are refused; take three or four words that do not belong together")
	case errors.Is(err, agenda.ErrNotFound):
		return fmt.Errorf("nobody here has the address %s; see: terminvergabe staff list", email)
	case !errors.As(err, &invalid):
		return err
	}
	var faults []string
	for _, f := range invalid {
		switch f.Field + " " + f.Code {
		case "email duplicate":
			faults = append(faults, fmt.Sprintf("%s has an account already; a new password comes with: terminvergabe staff passwd", email))
		case "email format":
			faults = append(faults, fmt.Sprintf("%q is not an e-mail address", email))
		case "role unknown":
			faults = append(faults, fmt.Sprintf("there is no role %q; expected one of %v", role, agenda.Roles()))
		case "department unknown":
			faults = append(faults, fmt.Sprintf("there is no department %q; expected one of %v", department, departments(s)))
		case "expires past":
			faults = append(faults, "--expires has passed")
		case "expires too_far":
			faults = append(faults, fmt.Sprintf("--expires: at most %d days from today; make a new token before it ends", auth.MaxTokenDays))
		default:
			faults = append(faults, fmt.Sprintf("--%s: %s", f.Field, f.Code))
		}
	}
	return errors.New(strings.Join(faults, "; "))
}

func departments(s *agenda.Setup) (ids []string) {
	for i := range s.Departments {
		ids = append(ids, s.Departments[i].ID)
	}
	return ids
}

func orAll(department string) string {
	if department == "" {
		return "(all)"
	}
	return department
}
