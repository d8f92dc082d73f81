package jobs

import (
	"sync"
	"time"
)

// outage is how long a webhook that could not be reached is left alone.
const outage = 30 * time.Second

// outages remembers which webhooks could not be reached lately, so that the messages
// of one do not wait, one after the other, for the dead server of another.
type outages struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (o *outages) note(server string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.until == nil {
		o.until = map[string]time.Time{}
	}
	o.until[server] = now.Add(outage)
}

func (o *outages) has(server string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	until := o.until[server]
	return now.Before(until) && until.Sub(now) <= outage // else the clock was put back
}
