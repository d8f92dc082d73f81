package agenda

import "testing"

func TestMeantAddress(t *testing.T) {
	for typed, want := range map[string]string{
		"ada@gmial.com": "ada@gmail.com", "ada@gmal.com": "ada@gmail.com", "ada@gmaill.com": "ada@gmail.com", "ada@GMIAL.com": "ada@gmail.com", "ada@gmail.con": "ada@gmail.com",
		"ada@gmail.de": "ada@gmail.com", "ada@gmailcom": "ada@gmail.com", "ada@gmail": "ada@gmail.com", "ada@web.d": "ada@web.de", "ada@wbe.de": "ada@web.de", "ada@webde": "ada@web.de",
		"ada@gmx.ed": "ada@gmx.de", "ada@gmxde": "ada@gmx.de", "ada@gxm.de": "ada@gmx.de", "ada@t-onlin.de": "ada@t-online.de", "ada@tonline.de": "ada@t-online.de",
		"ada@hotmail.con": "ada@hotmail.com", "ada@hotmial.com": "ada@hotmail.com", "ada@outlok.de": "ada@outlook.de", "ada@yahooo.de": "ada@yahoo.de", "ada@iclud.com": "ada@icloud.com",
		"ada@freenett.de": "ada@freenet.de", "ada@firma-beispiel.con": "ada@firma-beispiel.com",
	} {
		if got := MeantAddress(typed); got != want {
			t.Errorf("%s: got %q, want %q", typed, got, want)
		}
	}
	// Real addresses that somebody has are left alone, however close they are to others.
	for _, right := range append([]string{"webe.de", "gmx.info", "mail.org", "me.de", "ma.com", "musterstadt.de", "web-de.example", "wem.de", "mx.de", "gm.de", "uni-muster.de", "telekom.de",
		"posteo.at", "live.nl", "yahoo.fr", "hotmail.fr", "gmx.fr", "o2.de", "mail.musterstadt.de", "onlinehandel.de", "bücher.example", "b.de"}, providers...) {
		if got := MeantAddress("ada@" + right); got != "" {
			t.Errorf("%s: got %q, want it left alone", right, got)
		}
	}
	for _, none := range []string{"", "ada", "@", "ada@"} {
		if got := MeantAddress(none); got != "" {
			t.Errorf("%q: got %q, want no guess", none, got)
		}
	}
}
