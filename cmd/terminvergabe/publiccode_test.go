package main

import (
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// publicCode is what the standard publiccode.yml 0.4 knows, as far as we use it.
type publicCode struct {
	Version          string `yaml:"publiccodeYmlVersion"`
	Name             string `yaml:"name"`
	URL              string `yaml:"url"`
	Platforms        []string
	Categories       []string
	IntendedAudience struct {
		Countries []string
		Scope     []string
	} `yaml:"intendedAudience"`
	DevelopmentStatus string `yaml:"developmentStatus"`
	SoftwareType      string `yaml:"softwareType"`
	Description       map[string]struct {
		GenericName      string `yaml:"genericName"`
		ShortDescription string `yaml:"shortDescription"`
		LongDescription  string `yaml:"longDescription"`
		Features         []string
	}
	Legal       struct{ License string }
	Maintenance struct {
		Type     string
		Contacts []struct{ Name, Email string }
	}
	Localisation struct {
		LocalisationReady  bool     `yaml:"localisationReady"`
		AvailableLanguages []string `yaml:"availableLanguages"`
	}
	DependsOn struct {
		Open []struct {
			Name       string
			VersionMin string `yaml:"versionMin"`
			Optional   bool
		}
	} `yaml:"dependsOn"`
}

// publiccode.yml follows its standard, and says of the licence and the languages what is
// so.
func TestPublicCode(t *testing.T) {
	const root = "../../"
	var p publicCode
	d := yaml.NewDecoder(strings.NewReader(read(t, root+"publiccode.yml")))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"version":           p.Version == "0.4",
		"name":              p.Name != "",
		"platforms":         len(p.Platforms) > 0,
		"categories":        subset(p.Categories, "appointment-scheduling", "online-booking", "visitor-management"),
		"scope":             subset(p.IntendedAudience.Scope, "local-authorities", "government"),
		"countries":         slices.Equal(p.IntendedAudience.Countries, []string{"DE"}),
		"developmentStatus": slices.Contains([]string{"concept", "development", "beta", "stable", "obsolete"}, p.DevelopmentStatus),
		"softwareType":      p.SoftwareType == "standalone/web",
		"descriptions":      len(p.Description) == 2 && p.Description["de"].GenericName != "" && p.Description["en"].GenericName != "",
		"localisation":      p.Localisation.LocalisationReady,
		"maintenance":       p.Maintenance.Type == "community" && len(p.Maintenance.Contacts) > 0,
	} {
		if !ok {
			t.Errorf("%s: not as the standard wants it: %+v", what, p)
		}
	}
	for _, c := range p.Maintenance.Contacts {
		if _, err := mail.ParseAddress(c.Email); err != nil || c.Name == "" {
			t.Errorf("contact %+v: %v", c, err)
		}
	}
	if u, err := url.Parse(p.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		t.Errorf("url: got %q, %v", p.URL, err)
	}
	for language, text := range p.Description {
		if long := utf8.RuneCountInString(text.LongDescription); utf8.RuneCountInString(text.GenericName) > 35 || utf8.RuneCountInString(text.ShortDescription) > 150 || long < 150 || long > 10_000 || len(text.Features) == 0 {
			t.Errorf("%s: a description is too long, too short or missing: %+v", language, text)
		}
	}

	if licence := read(t, root+"LICENSE"); p.Legal.License != "EUPL-1.2" || !strings.HasPrefix(licence, "EUROPEAN UNION PUBLIC LICENCE v. 1.2\n") || !strings.Contains(read(t, root+"README.md"), "Licence: "+p.Legal.License) {
		t.Errorf("licence: got %q, and LICENSE begins with %.40q", p.Legal.License, licence)
	}
	folders, err := os.ReadDir(root + "ui/locale")
	if err != nil {
		t.Fatal(err)
	}
	var languages []string
	for _, f := range folders {
		languages = append(languages, filepath.Base(f.Name()))
	}
	if got := slices.Sorted(slices.Values(p.Localisation.AvailableLanguages)); !slices.Equal(got, languages) {
		t.Errorf("languages: got %v, want %v", got, languages)
	}
}

// subset says whether there are some, each one of those allowed.
func subset(some []string, allowed ...string) bool {
	return len(some) > 0 && !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(allowed, s) })
}
