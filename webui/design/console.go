package design

// NavGroup is a titled part of the console's side bar; the first one may have
// no title.
type NavGroup struct {
	Title string
	Items []SideItem
}

// SideItem is an entry of the side bar. Count tells how much waits there; 0 is
// not shown.
type SideItem struct {
	NavItem
	Count int
}

// CallProps show a request of the management API.
type CallProps struct {
	ID   string // unique on the page
	Text string // the command, ready to paste
}
