package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"terminvergabe"
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/handbook"
	"terminvergabe/internal/inventory"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

// columns are how wide the documents are in a terminal.
const columns = 80

// routesTopic is the one document that the whole service has to be put together for.
const routesTopic = "routen"

// written are the documents that the code itself writes, so that they stay true, by topic.
// Each begins with "# Title"; start.md names it as it names the others.
func written(addresses *route.Table) handbook.Generated {
	return handbook.Generated{
		routesTopic:     func() string { return route.Document(addresses.Routes()) },
		inventory.Topic: func() string { return inventory.Document(config.Fresh[agenda.Retention]()) },
	}
}

// library is the handbook with everything that can be copied.
func library() (*handbook.Library, error) {
	nothing := &house{config: &config.Service{BaseURL: "https://termine.example"}, desk: &booking.Desk{}}
	nothing.config.Mail.Host, nothing.config.Mail.TLS = "localhost", "none"
	s, err := nothing.furnish(slog.New(slog.DiscardHandler)) // nobody is served: it only says what would be
	if err != nil {
		return nil, err
	}
	s.end()
	return s.docs.Library, nil
}

// openLibrary writes what the program knows of its addresses into the handbook.
func openLibrary(addresses *route.Table) (*handbook.Library, error) {
	return handbook.Open(ui.Files, written(addresses), map[string][]byte{"config.example.yaml": terminvergabe.ConfigManual})
}

// helpCommand prints what somebody asks for: nothing in particular, a topic of the
// handbook, a file to copy as it is, or a command.
func helpCommand(_ context.Context, c *call) error {
	words, err := c.wordsOf()
	if err != nil {
		return err
	}
	wanted := strings.TrimSuffix(strings.Join(words, " "), ".md")
	open := library
	if wanted != routesTopic { // its title is all that others need of it
		open = func() (*handbook.Library, error) { return openLibrary(route.NewTable()) }
	}
	l, err := open()
	if err != nil {
		return err
	}
	if wanted == "" {
		printUsage(c.out)
		printTopics(c.out, l)
		return nil
	}
	if t := l.Topic(strings.ToLower(wanted)); t != nil {
		fmt.Fprint(c.out, handbook.Terminal(t.Markdown, columns))
		return nil
	}
	if data, ok := l.Sample(wanted); ok {
		_, err := c.out.Write(data)
		return err
	}
	if list := commandsOf(wanted); len(list) > 0 {
		for _, cmd := range list {
			fmt.Fprintln(c.out, handbook.Wrap("terminvergabe "+cmd.name+": "+cmd.what, "", "", columns))
			fmt.Fprintln(c.out, cmd.usage())
		}
		return nil
	}
	var topics []string
	for _, t := range l.Topics() {
		topics = append(topics, t.Name)
	}
	return usageError(fmt.Sprintf("there is nothing about %q; did you mean %s? Topics are: %s", wanted, strings.Join(nearest(l, wanted), ", "), strings.Join(topics, ", ")))
}

// wordsOf are the arguments of a command that takes any number of them.
func (c *call) wordsOf() ([]string, error) {
	return c.parse(slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return strings.HasPrefix(a, "-") })...)
}

// commandsOf are the command of that name, or those that begin with the word.
func commandsOf(wanted string) (list []command) {
	for _, cmd := range commands() {
		if cmd.name == wanted || strings.HasPrefix(cmd.name, wanted+" ") {
			list = append(list, cmd)
		}
	}
	return list
}

func printTopics(w io.Writer, l *handbook.Library) {
	fmt.Fprintln(w, "\nThe handbook, in German (terminvergabe help TOPIC; in the browser /docs):")
	group := ""
	for _, t := range l.Topics() {
		if t.Group != group {
			group = t.Group
			fmt.Fprintf(w, "\n  %s\n", group)
		}
		margin := strings.Repeat(" ", 29)
		fmt.Fprintf(w, "    %-25s%s\n", t.Name, strings.TrimPrefix(handbook.Wrap(t.Title, margin, margin, columns), margin))
	}
	fmt.Fprintf(w, "\nFiles to copy (terminvergabe help FILE > FILE):\n\n    %s\n", strings.Join(l.Samples(), "\n    "))
}

// nearest are the three names that somebody most likely meant.
func nearest(l *handbook.Library, typed string) []string {
	far := map[string]int{}
	note := func(name string) { far[name] = distance(strings.ToLower(typed), name) }
	for _, t := range l.Topics() {
		note(t.Name)
	}
	for _, name := range l.Samples() {
		note(name)
	}
	for _, cmd := range commands() {
		note(cmd.name)
	}
	names := slices.SortedFunc(maps.Keys(far), func(a, b string) int { return cmp.Or(cmp.Compare(far[a], far[b]), cmp.Compare(a, b)) })
	return names[:min(3, len(names))]
}

// distance is how many letters have to be changed to make a of b; a name that holds what was
// typed is near.
func distance(typed, name string) int {
	if strings.Contains(name, typed) {
		return 0
	}
	row := make([]int, len(name)+1)
	for j := range row {
		row[j] = j
	}
	for i := range typed {
		before := row[0]
		row[0] = i + 1
		for j := range name {
			changed := before
			if typed[i] != name[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(name)]
}
