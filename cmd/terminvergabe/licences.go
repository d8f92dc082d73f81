package main

// licences are those of the modules that are linked in, as SPDX names them. A test
// holds them against the modules' own words, and knows when one is missing.
func licences() map[string][]string {
	return map[string][]string{
		"Apache-2.0": {
			"github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4", "github.com/pquerna/otp", "github.com/prometheus/client_golang", "github.com/prometheus/client_model",
			"github.com/prometheus/common", "github.com/prometheus/procfs", "github.com/richardlehane/mscfb", "github.com/richardlehane/msoleps",
		},
		"BSD-3-Clause": {
			"github.com/google/uuid", "github.com/gorilla/mux", "github.com/munnerz/goautoneg", "github.com/remyoudompheng/bigfft", "github.com/xuri/efp", "github.com/xuri/excelize/v2",
			"github.com/xuri/nfp", "golang.org/x/crypto", "golang.org/x/image", "golang.org/x/net", "golang.org/x/oauth2", "golang.org/x/sync", "golang.org/x/sys", "golang.org/x/text",
			"golang.org/x/time", "google.golang.org/protobuf", "modernc.org/libc", "modernc.org/mathutil", "modernc.org/memory", "modernc.org/sqlite", "rsc.io/qr",
		},
		"MIT AND Apache-2.0": {"go.yaml.in/yaml/v3"},
		"MIT": {
			"codeberg.org/go-pdf/fpdf", "github.com/beorn7/perks", "github.com/boombuler/barcode", "github.com/cespare/xxhash/v2", "github.com/dustin/go-humanize",
			"github.com/emersion/go-ical", "github.com/emersion/go-imap/v2", "github.com/emersion/go-message", "github.com/emersion/go-msgauth", "github.com/emersion/go-sasl",
			"github.com/jackc/pgpassfile", "github.com/jackc/pgservicefile", "github.com/jackc/pgx/v5", "github.com/jackc/puddle/v2", "github.com/robfig/cron/v3",
			"github.com/teambition/rrule-go", "github.com/tiendc/go-deepcopy", "github.com/wneessen/go-mail", "github.com/yuin/goldmark",
		},
	}
}
