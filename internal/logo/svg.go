package logo

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What may stand in a drawing. No text (its fonts are elsewhere), nothing that loads,
// moves or runs, and nothing that draws another part again: used ten times over ten
// levels, that would keep a browser busy for ever.
var (
	shapes = []string{"svg", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
		"linearGradient", "radialGradient", "stop", "clipPath"}
	notes      = []string{"title", "desc", "metadata"} // left out with all that is in them
	attributes = []string{"id", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "width", "height", "points",
		"viewBox", "preserveAspectRatio", "transform", "gradientTransform", "gradientUnits", "spreadMethod", "offset", "clipPathUnits"}
	paints = []string{"fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
		"stroke-dasharray", "stroke-dashoffset", "stroke-opacity", "opacity", "clip-path", "clip-rule", "stop-color", "stop-opacity", "color", "display"}
)

var (
	plainValue = regexp.MustCompile(`^[A-Za-z0-9_#.,()%+\-\s]*$`)
	ownAddress = regexp.MustCompile(`^url\(#[A-Za-z_][A-Za-z0-9_.-]*\)$`)
	ownTarget  = regexp.MustCompile(`^#[A-Za-z_][A-Za-z0-9_.-]*$`)
	styleRule  = regexp.MustCompile(`\s*([^{}]+)\{([^{}]*)\}\s*`)
	className  = regexp.MustCompile(`^\.[A-Za-z_][A-Za-z0-9_-]*$`)
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
)

// linkSpaces are where href stands; drawings forget to declare the last.
var linkSpaces = []string{"", "http://www.w3.org/1999/xlink", "xlink"}

const (
	svgSpace = "http://www.w3.org/2000/svg"

	deepest   = 40
	mostParts = 5000
)

// shape is one element of a drawing.
type shape struct {
	name  string
	given []xml.Attr
	text  strings.Builder // of a style element
	inner []*shape
}

func isSVG(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(data, []byte("<")) && bytes.Contains(data, []byte("<svg"))
}

// redraw reads a drawing and writes it anew with what is allowed in it.
func redraw(data []byte) ([]byte, error) {
	root, err := drawing(data)
	if err != nil {
		return nil, err
	}
	p := &pen{classes: map[string]map[string]string{}}
	if err := p.styles(root); err != nil {
		return nil, err
	}
	if err := p.write(root, false); err != nil {
		return nil, err
	}
	if p.out.Len() > mostKept {
		return nil, Refused{Why: "large"}
	}
	return p.out.Bytes(), nil
}

// drawing reads the elements. The declaration of a document type is passed over, but for
// one that declares something.
func drawing(data []byte) (*shape, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not UTF-8") }
	top := &shape{}
	open, parts := []*shape{top}, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, Refused{Why: "broken"}
		}
		last := open[len(open)-1]
		switch t := token.(type) {
		case xml.Directive:
			if bytes.ContainsAny(t, "[") {
				return nil, Refused{"svg", "<!DOCTYPE ... [>"}
			}
		case xml.CharData:
			last.text.Write(t)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.StartElement:
			if foreign := t.Name.Space != svgSpace && t.Name.Space != ""; foreign || slices.Contains(notes, t.Name.Local) {
				if err := d.Skip(); err != nil || len(open) == 1 {
					return nil, Refused{Why: "broken"}
				}
				continue
			}
			s := &shape{name: t.Name.Local, given: slices.Clone(t.Attr)}
			last.inner = append(last.inner, s)
			open = append(open, s)
			if parts++; parts > mostParts || len(open) > deepest {
				return nil, Refused{Why: "large"}
			}
		}
	}
	if len(top.inner) != 1 || top.inner[0].name != "svg" {
		return nil, Refused{Why: "broken"}
	}
	return top.inner[0], nil
}

// pen writes a drawing.
type pen struct {
	out     bytes.Buffer
	classes map[string]map[string]string // of style elements
}

// styles reads the style elements: colours by class, as drawing programs write them.
func (p *pen) styles(s *shape) error {
	if s.name == "style" {
		text := cssComment.ReplaceAllString(s.text.String(), "")
		if strings.TrimSpace(styleRule.ReplaceAllString(text, "")) != "" {
			return Refused{"svg", "<style>"}
		}
		for _, rule := range styleRule.FindAllStringSubmatch(text, -1) {
			paint := declarations(rule[2])
			for selector := range strings.SplitSeq(rule[1], ",") {
				selector = strings.TrimSpace(selector)
				if !className.MatchString(selector) {
					return Refused{"svg", fmt.Sprintf("<style>%.40s", selector)}
				}
				if p.classes[selector[1:]] == nil {
					p.classes[selector[1:]] = map[string]string{}
				}
				maps.Copy(p.classes[selector[1:]], paint)
			}
		}
	}
	for _, in := range s.inner {
		if err := p.styles(in); err != nil {
			return err
		}
	}
	return nil
}

// declarations are those of a style that paint.
func declarations(style string) map[string]string {
	found := map[string]string{}
	for declaration := range strings.SplitSeq(style, ";") {
		name, value, ok := strings.Cut(declaration, ":")
		if name = strings.TrimSpace(name); ok && slices.Contains(paints, name) {
			found[name] = value
		}
	}
	return found
}

// write writes an element and what is in it. clipping: within a clip path, where another
// one would multiply the work.
func (p *pen) write(s *shape, clipping bool) error {
	if s.name == "style" {
		return nil
	}
	if !slices.Contains(shapes, s.name) {
		return Refused{"svg", fmt.Sprintf("<%.40s>", s.name)}
	}
	look, err := p.look(s)
	if err != nil {
		return err
	}
	if s.name == "svg" {
		if clipping || p.out.Len() > 0 {
			return Refused{"svg", "<svg>...<svg>"}
		}
		if look, err = sized(look); err != nil {
			return err
		}
	}
	if clipping && look["clip-path"] != "" {
		return Refused{"svg", "<clipPath>...clip-path"}
	}
	p.out.WriteString("<" + s.name)
	for _, name := range slices.Sorted(maps.Keys(look)) {
		p.out.WriteString(" " + name + `="` + look[name] + `"`) // plainValue leaves nothing to escape
	}
	if !slices.ContainsFunc(s.inner, func(in *shape) bool { return in.name != "style" }) {
		p.out.WriteString("/>")
		return nil
	}
	p.out.WriteString(">")
	for _, in := range s.inner {
		if err := p.write(in, clipping || s.name == "clipPath"); err != nil {
			return err
		}
	}
	p.out.WriteString("</" + s.name + ">")
	return nil
}

// look is what remains of an element's attributes: its own, over them those of its
// classes, over them those of its style.
func (p *pen) look(s *shape) (map[string]string, error) {
	own, classed, styled := map[string]string{}, map[string]string{}, map[string]string{}
	for _, a := range s.given {
		switch name := a.Name.Local; {
		case strings.HasPrefix(strings.ToLower(name), "on"):
			return nil, Refused{"svg", fmt.Sprintf("%.40s=", name)}
		case name == "href" && slices.Contains(linkSpaces, a.Name.Space):
			if !ownTarget.MatchString(a.Value) || !strings.HasSuffix(s.name, "Gradient") {
				return nil, Refused{"svg", "href="}
			}
			own["href"] = a.Value
		case a.Name.Space != "":
		case name == "class":
			for class := range strings.FieldsSeq(a.Value) {
				maps.Copy(classed, p.classes[class])
			}
		case name == "style":
			styled = declarations(a.Value)
		case slices.Contains(attributes, name) || slices.Contains(paints, name):
			own[name] = a.Value
		}
	}
	maps.Copy(own, classed)
	maps.Copy(own, styled)
	for name, value := range own {
		value = strings.Join(strings.Fields(strings.NewReplacer(`"`, "", `'`, "", "!important", "").Replace(value)), " ")
		if !plainValue.MatchString(value) || strings.Contains(strings.ToLower(value), "url") && !ownAddress.MatchString(value) {
			return nil, Refused{"svg", fmt.Sprintf("%s=%.40q", name, value)}
		}
		own[name] = value
	}
	return own, nil
}

// sized gives a drawing the size that it is shown in from what it says of itself.
func sized(look map[string]string) (map[string]string, error) {
	box := strings.FieldsFunc(look["viewBox"], func(r rune) bool { return r == ' ' || r == ',' })
	if len(box) != 4 {
		box = []string{"0", "0", strings.TrimSuffix(look["width"], "px"), strings.TrimSuffix(look["height"], "px")}
	}
	w, errW := strconv.ParseFloat(box[2], 64)
	h, errH := strconv.ParseFloat(box[3], 64)
	if cmp.Or(errW, errH) != nil || !(w > 0 && h > 0 && w < 1e6 && h < 1e6) {
		return nil, Refused{Why: "size"}
	}
	scale := min(float64(heights[0])/h, float64(heights[0])*widest/w)
	look["xmlns"] = svgSpace
	look["viewBox"] = strings.Join(box, " ")
	look["width"], look["height"] = strconv.Itoa(max(1, int(w*scale))), strconv.Itoa(max(1, int(h*scale)))
	return look, nil
}
