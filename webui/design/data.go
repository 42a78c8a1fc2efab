package design

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Column is a head cell of a table.
type Column struct {
	Label    string
	Numeric  bool   // right-aligned
	Hidden   bool   // the label is for assistive technology only, as over a column of menus
	SortHref string // where sorting by this column leads; "" is not sortable
	Sorted   string // "ascending", "descending" or ""
}

// TableProps describe a table; its rows are the children.
type TableProps struct {
	Caption string // accessible name, for instance "Registered APIs"
	Columns []Column
	Dense   bool
}

// PagerProps describe where one is in a long list. Pages count from 1.
type PagerProps struct {
	Page, Pages int
	Total       int
	Href        func(page int) string
}

// window are the pages worth a link: first, last and the neighbours; 0 stands for a gap.
func (p PagerProps) window() []int {
	var out []int
	for n := 1; n <= p.Pages; n++ {
		if n == 1 || n == p.Pages || (n >= p.Page-1 && n <= p.Page+1) {
			out = append(out, n)
		} else if out[len(out)-1] != 0 {
			out = append(out, 0)
		}
	}
	return out
}

// Step is a line of a checklist, or a stage of a wizard.
type Step struct {
	Label   string
	Text    string
	Href    string
	Done    bool
	Current bool
}

func done(steps []Step) int {
	n := 0
	for _, s := range steps {
		if s.Done {
			n++
		}
	}
	return n
}

// TraceStep is a step of a test whose result is told.
type TraceStep struct {
	State   string // "ok", "failed", "skipped" or "running"
	Label   string
	Value   string          // for instance a time, at the right
	Detail  string          // what was found or what is the cause
	Action  string          // what to do about it
	Content templ.Component // further detail, as decoded claims
}

func (s TraceStep) icon() string {
	switch s.State {
	case "ok":
		return "check"
	case "failed":
		return "close"
	case "running":
		return "refresh"
	}
	return "minus"
}

// SearchGroup is a heading of the search results and what was found under it.
type SearchGroup struct {
	Label string
	Items []SearchItem
}

// SearchItem is something that was found.
type SearchItem struct{ Href, Title, Detail, Icon string }

// Series is a line of a chart, or a colour of its bars.
type Series struct {
	Name   string
	Tone   Tone // Neutral means the brand's colour
	Values []float64
}

// ChartProps describe a chart. The caller puts a table with the same figures under it.
type ChartProps struct {
	Label  string               // accessible name: what is seen, and the essence of it
	Points []string             // the name of each point along the axis, as long as every Series
	Ends   [2]string            // texts at the axis' two ends; empty takes the first and last point
	Series []Series             // bars are stacked in this order
	Format func(float64) string // a value as people read it; nil prints it plainly
}

func (p ChartProps) format(v float64) string {
	if p.Format == nil {
		return fmt.Sprintf("%g", v)
	}
	return p.Format(v)
}

func (p ChartProps) end(i int) string {
	switch {
	case p.Ends[i] != "":
		return p.Ends[i]
	case len(p.Points) == 0:
		return ""
	case i == 0:
		return p.Points[0]
	}
	return p.Points[len(p.Points)-1]
}

// top is the axis' end: the next of 1, 2, 2.5, 5 times a power of ten at or above the largest value.
func top(largest float64) float64 {
	if largest <= 0 || math.IsInf(largest, 0) || math.IsNaN(largest) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(largest)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if largest <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func (p ChartProps) top(stacked bool) float64 {
	largest := 0.0
	for i := range p.Points {
		sum := 0.0
		for _, s := range p.Series {
			if stacked {
				sum += s.at(i)
			} else {
				sum = max(sum, s.at(i))
			}
		}
		largest = max(largest, sum)
	}
	return top(largest)
}

func (s Series) at(i int) float64 {
	if i < len(s.Values) && s.Values[i] > 0 {
		return s.Values[i]
	}
	return 0
}

// chartWidth and chartHeight are the drawing's own units; the style sheet stretches it to its place.
const chartWidth, chartHeight = 1000.0, 200.0

// line is a path through values, scaled to a w × h box whose top is the value largest.
func line(values []float64, w, h, largest float64) string {
	var b strings.Builder
	for i, v := range values {
		x := w / 2
		if len(values) > 1 {
			x = w * float64(i) / float64(len(values)-1)
		}
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", letter, x, h-h*min(max(v, 0)/largest, 1))
	}
	return b.String()
}

// area is line closed along the bottom.
func area(values []float64, w, h, largest float64) string {
	if len(values) == 0 {
		return ""
	}
	return line(values, w, h, largest) + fmt.Sprintf("L%.1f %.1fL0 %.1fZ", w, h, h)
}

// bar is one coloured piece of a column.
type bar struct {
	x, y, w, h float64
	class      string
}

func (p ChartProps) bars() []bar {
	var out []bar
	if len(p.Points) == 0 {
		return nil
	}
	step, largest := chartWidth/float64(len(p.Points)), p.top(true)
	for i := range p.Points {
		y := chartHeight
		for _, s := range p.Series {
			h := chartHeight * s.at(i) / largest
			if h == 0 {
				continue
			}
			y -= h
			out = append(out, bar{x: step*float64(i) + step*0.12, y: y, w: step * 0.76, h: h, class: s.class()})
		}
	}
	return out
}

func (s Series) class() string {
	if s.Tone == Neutral {
		return "s-brand"
	}
	return "s-" + string(s.Tone)
}

// tip is what pointing at point i tells.
func (p ChartProps) tip(i int) string {
	parts := make([]string, 0, len(p.Series))
	for _, s := range p.Series {
		parts = append(parts, s.Name+" "+p.format(s.at(i)))
	}
	return p.Points[i] + ": " + strings.Join(parts, ", ")
}

func units(v float64) string { return fmt.Sprintf("%.1f", v) }

// stamp is a time as <time datetime> wants it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func sparkTop(values []float64) float64 {
	largest := 0.0
	for _, v := range values {
		largest = max(largest, v)
	}
	if largest == 0 {
		return 1
	}
	return largest
}
