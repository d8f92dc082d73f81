package logo_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"regexp"
	"testing"

	"terminvergabe/internal/logo"
)

// Whatever is sent as a picture, it is refused with a reason, or it comes out small, with
// nothing in it that acts or asks another address, and is then read as it is.
func FuzzLogo(f *testing.F) {
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><style>.a{fill:red}</style><path class="a" d="M0 0h9"/></svg>`))
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><linearGradient id="g"/></defs><rect fill="url(#g)" width="9" height="9"/></svg>`))
	f.Add([]byte(`<svg viewBox="0 0 9 9" onload="x"><use href="//evil.example/a"/><script>x</script></svg>`))
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><style>.a{fill:red}</style></svg>`)) // once was read again as another one
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"))
	acts := regexp.MustCompile(`(?i)<script|\son[a-z]+=|javascript:|<!|@import|url\(\s*['"]?[^#'")]|href="[^#]`)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := logo.Read(data)
		if err != nil {
			if _, ok := errors.AsType[logo.Refused](err); !ok {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if len(got.Bytes) > 32<<10 || !bytes.HasPrefix(got.Bytes, []byte("\x89PNG")) && acts.Match(got.Bytes) {
			t.Errorf("%d bytes: %.2000s", len(got.Bytes), got.Bytes)
		}
		if again, err := logo.Read(got.Bytes); err != nil || !bytes.Equal(again.Bytes, got.Bytes) || again.Name != got.Name {
			t.Errorf("again: %v, %s for %s", err, again.Name, got.Name)
		}
	})
}
