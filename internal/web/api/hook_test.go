package api_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/webhook"
)

// What webhooks are told is described: every event that there is, with every field of
// its document and no other, and with those required that are always there.
func TestDocumentNamesEveryWebhook(t *testing.T) {
	doc := document(t)
	var described []string
	for event, item := range doc.Webhooks {
		described = append(described, event)
		if item.Post == nil || len(item.Operations()) != 1 || len(item.Post.Parameters) != 3 {
			t.Fatalf("%s: want a POST with three headers", event)
		}
		schema := item.Post.RequestBody.Value.Content["application/json"].Schema
		if !slices.Contains(schema.Value.Properties["type"].Value.Enum, any(event)) {
			t.Errorf("%s: its document is of another type", event)
		}
		data := schema.Value.Properties["data"].Value
		_, told := data.Properties["booking"]
		_, texted := data.Properties["message"]
		if told != (event != booking.EventTest) || texted != (event == agenda.EventMessageSend) {
			t.Errorf("%s: with a booking: %v, with a message: %v", event, told, texted)
		}
	}
	want := append(agenda.WebhookEvents(), booking.EventTest)
	slices.Sort(want)
	slices.Sort(described)
	if !slices.Equal(described, want) {
		t.Errorf("described are %v, want %v", described, want)
	}
	one := doc.Components.Schemas["MessageEvent"]
	like(t, one, reflect.TypeFor[webhook.Document](), "type", "timestamp", "data")
	like(t, one.Value.Properties["data"], reflect.TypeFor[webhook.Data](), "tenant", "version", "booking", "message")
	like(t, doc.Components.Schemas["HookBooking"], reflect.TypeFor[webhook.Booking]())
	like(t, doc.Components.Schemas["HookBooking"].Value.Properties["services"].Value.Items, reflect.TypeFor[webhook.Item]())
	like(t, doc.Components.Schemas["HookVisitor"], reflect.TypeFor[webhook.Visitor]())
	like(t, doc.Components.Schemas["HookMessage"], reflect.TypeFor[webhook.Message]())
}

// like compares a schema with the type that is written as it. Required are the fields
// that are never left out, unless said otherwise.
func like(t *testing.T, s *openapi3.SchemaRef, of reflect.Type, required ...string) {
	t.Helper()
	var all, always []string
	for f := range of.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, name)
		if !strings.Contains(options, "omitempty") {
			always = append(always, name)
		}
	}
	if len(required) > 0 {
		always = required
	}
	var described []string
	for name := range s.Value.Properties {
		described = append(described, name)
	}
	for _, list := range [][]string{all, always, described, s.Value.Required} {
		slices.Sort(list)
	}
	if !slices.Equal(described, all) {
		t.Errorf("%s: described are %v, want %v", of, described, all)
	}
	if !slices.Equal(s.Value.Required, always) {
		t.Errorf("%s: required are %v, want %v", of, s.Value.Required, always)
	}
	if s.Value.AdditionalProperties.Has == nil || *s.Value.AdditionalProperties.Has {
		t.Errorf("%s: anything may stand there beside", of)
	}
}
