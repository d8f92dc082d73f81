package booking

import (
	"strconv"

	"terminvergabe/internal/store"
	"terminvergabe/internal/webhook"
)

// hookKey derives the signing key of a webhook's generation: nothing of it is stored. It
// stays when the data key is changed, for receivers know it; a renewed one comes from the
// data key of that day.
func (d *Desk) hookKey(h store.Hook, generation int) string {
	from := h.DataKey
	if generation < newestKey(h) {
		from = h.FormerKey
	}
	return webhook.Secret(d.Keys.Derived(from, "webhook", h.Tenant+"\x00"+h.ID+"\x00"+strconv.Itoa(generation)))
}
