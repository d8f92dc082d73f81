package booking

import (
	"strconv"

	"terminvergabe/internal/store"
	"terminvergabe/internal/webhook"
)

// hookKey derives the signing key of a webhook's generation: nothing of it is stored.
func (d *Desk) hookKey(h store.Hook, generation int) string {
	return webhook.Secret(d.Keys.Hash("webhook", h.Tenant+"\x00"+h.ID+"\x00"+strconv.Itoa(generation)))
}
