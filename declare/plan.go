package declare

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/secret"
)

// Options of a plan.
type Options struct {
	Prune          bool // delete what is marked with the set and not declared any more
	RefreshSecrets bool // send all secrets, not only those of what changes anyway
	// Env and ReadFile find secrets.
	Env      func(string) string
	ReadFile func(string) ([]byte, error)
}

// action is what a step does.
type action int

const (
	create action = iota
	update
	replace // of what cannot be changed: delete and create
	arrange // put those below one entity of a tree in order
	remove
)

// step is one change.
type step struct {
	action   action
	declared *entity // nil to remove
	exists   *entity // nil to create
	changes  []change
	siblings []*entity // to arrange: all that are declared in one place, in order
}

func (s step) subject() *entity {
	if s.declared != nil {
		return s.declared
	}
	return s.exists
}

// sendsSecrets reports whether a step sends the secrets of its entity: when that
// is created, and when something of it changes that is no label.
func (s step) sendsSecrets() bool {
	return s.action == create || s.action == replace || s.action == update && slices.ContainsFunc(s.changes, func(c change) bool {
		return !strings.HasPrefix(c.field, "labels.")
	})
}

// Plan is what has to be done so that Portico is as declared.
type Plan struct {
	set     string
	options Options
	state   *state
	byRef   map[string]*entity // declared
	steps   []step
	adopted []*entity // exist already, and no set managed them
	left    []*entity // not declared any more
	foreign []*entity // not declared, and never managed: they stay
	faults  Faults
	secrets map[source]secret.Text // that the steps need
}

// NewPlan compares a declaration with what a management API answers. Nothing is
// changed. Faults: references to what is not there, things that belong to other
// sets, changes that cannot be made, secrets that cannot be found.
func NewPlan(ctx context.Context, c *Client, d *Declaration, o Options) (*Plan, error) {
	p := &Plan{set: d.Set, options: o, byRef: map[string]*entity{}, secrets: map[source]secret.Text{}}
	var declared []*entity
	var collect func([]*entity)
	collect = func(entities []*entity) {
		for _, e := range entities {
			declared = append(declared, e)
			p.byRef[e.ref()] = e
			for _, k := range d.kinds.inside(e.kind) {
				collect(e.nested[k.name])
			}
		}
	}
	collect(d.top)
	var err error
	p.state, err = read(ctx, c, d.kinds, func(k *kind, parent *entity) bool {
		if parent == nil {
			return slices.ContainsFunc(declared, func(e *entity) bool { return e.kind == k })
		}
		e := p.byRef[parent.ref()]
		return e != nil && e.written[k.name]
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(declared, func(a, b *entity) int { return cmp.Compare(d.kinds.rank(a.kind), d.kinds.rank(b.kind)) })
	for _, e := range declared {
		p.checkReferences(e, e.kind.fields, e.values, e.path)
		p.compare(e)
	}
	p.arrange(declared)
	p.undeclared()
	p.sort()
	p.findSecrets()
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	return p, nil
}

// Empty reports whether everything is as declared.
func (p *Plan) Empty() bool { return len(p.steps) == 0 }

func (p *Plan) fault(e *entity, format string, args ...any) {
	p.faults = append(p.faults, Fault{e.at, e.path, fmt.Sprintf(format, args...)})
}

// target is the ref of what a field names.
func (s schema) target(e *entity, f field, name string) string {
	to := s.byName(f.to)
	if to == nil || to.in == "" {
		return refOf(f.to, nil, name)
	}
	if _, beside := e.kind.member(f.within); beside {
		in, _ := e.values[f.within].(string)
		return refOf(to.in, nil, in) + refSeparator + f.to + refSeparator + name
	}
	in := e
	for in != nil && in.kind.full() != f.within {
		in = in.parent
	}
	return refOf(f.to, in, name)
}

// checkReferences finds what is named and neither declared nor there.
func (p *Plan) checkReferences(e *entity, fields []field, values map[string]any, path string) {
	for _, f := range fields {
		name, written := values[f.name].(string)
		if f.shape != reference || !written {
			continue
		}
		ref, noun := p.state.kinds.target(e, f, name), p.state.kinds.byName(f.to).noun
		switch {
		case p.byRef[ref] == nil && p.state.byRef[ref] == nil:
			p.faults = append(p.faults, Fault{e.at, path + "." + f.name, fmt.Sprintf("names the %s %s, which is neither declared nor there to see", noun, shownKey(name))})
		case p.state.twins[ref] > 0:
			p.faults = append(p.faults, Fault{e.at, path + "." + f.name, fmt.Sprintf("names the %s %s, and there are %d of that name: rename them", noun, shownKey(name), p.state.twins[ref])})
		}
	}
}

// compare plans what one declared entity needs.
func (p *Plan) compare(e *entity) {
	exists := p.state.byRef[e.ref()]
	if exists == nil {
		p.steps = append(p.steps, step{action: create, declared: e})
		return
	}
	if n := p.state.twins[e.ref()]; n > 0 {
		p.fault(e, "is there %d times: the name does not say which is meant. Rename or delete the others", n)
		return
	}
	e.id, e.owner = exists.id, exists.owner
	changes := differences(e.kind.fields, e.values, exists.values, "")
	for _, f := range e.kind.fields {
		if value, written := e.values[f.name]; f.fixed && written && !same(f, value, exists.values[f.name]) {
			p.fault(e, "has the %s %v and cannot get another one; nothing was changed. Declare it under another name", f.name, exists.values[f.name])
		}
	}
	if e.kind.labelled {
		switch exists.owner {
		case p.set:
		case "":
			p.adopted = append(p.adopted, exists)
			changes = append(changes, change{"labels." + markLabel, nil, p.set, text})
		default:
			p.fault(e, "is managed by the set %s; nothing was changed. Declare it there, or remove its label %s first", exists.owner, markLabel)
		}
	}
	if p.options.RefreshSecrets {
		for _, at := range secretsOf(e.kind.fields, e.values, "") {
			if !slices.ContainsFunc(changes, func(c change) bool { return c.field == at.path }) {
				changes = append(changes, change{at.path, kept{}, at.from, secretText})
			}
		}
	}
	switch {
	case len(changes) == 0:
	case e.kind.frozen:
		p.steps = append(p.steps, step{action: replace, declared: e, exists: exists, changes: changes})
	default:
		p.steps = append(p.steps, step{action: update, declared: e, exists: exists, changes: changes})
	}
}

// siblingsOf tells the places in trees apart.
type siblingsOf struct {
	kind          *kind
	parent, above string
}

func placeOf(e *entity) siblingsOf {
	at := siblingsOf{kind: e.kind}
	if e.parent != nil {
		at.parent = e.parent.ref()
	}
	if e.above != nil {
		at.above = e.above.ref()
	}
	return at
}

// arrange plans the order of what hangs in trees: those that exist stand where
// they stand, new ones come last.
func (p *Plan) arrange(declared []*entity) {
	wanted, present := map[siblingsOf][]*entity{}, map[siblingsOf][]string{}
	var places []siblingsOf
	for _, e := range declared {
		if e.kind.nests == "" {
			continue
		}
		at := placeOf(e)
		if wanted[at] == nil {
			places = append(places, at)
		}
		wanted[at] = append(wanted[at], e)
	}
	for _, e := range p.state.all {
		if at := placeOf(e); wanted[at] != nil && p.byRef[e.ref()] != nil && placeOf(p.byRef[e.ref()]) == at {
			present[at] = append(present[at], e.ref())
		}
	}
	for _, at := range places {
		order := make([]string, len(wanted[at]))
		for i, e := range wanted[at] {
			order[i] = e.ref()
			if p.state.byRef[e.ref()] == nil {
				present[at] = append(present[at], e.ref())
			}
		}
		if !slices.Equal(order, present[at]) {
			p.steps = append(p.steps, step{action: arrange, declared: wanted[at][0], siblings: wanted[at]})
		}
	}
}

// undeclared finds what the set manages and does not declare. An entity at the
// top is managed if it is marked; one within another if that is marked, and its
// list is written.
func (p *Plan) undeclared() {
	gone := map[string]bool{}
	for _, e := range p.state.all {
		if p.byRef[e.ref()] != nil || e.key == "" && !e.kind.isOne() {
			continue
		}
		managed := e.owner == p.set
		if e.parent != nil {
			within := p.byRef[e.parent.ref()]
			if gone[e.parent.ref()] || within == nil || !within.written[e.kind.name] {
				continue
			}
			managed = e.top().owner == p.set || !e.top().kind.labelled
		}
		switch {
		case e.above != nil && gone[e.above.ref()], e.kind.lasting:
			// goes with what it hangs below, or cannot go
		case managed && p.options.Prune:
			gone[e.ref()] = true
			p.steps = append(p.steps, step{action: remove, exists: e})
		case managed:
			p.left = append(p.left, e)
		case e.parent != nil:
			p.foreign = append(p.foreign, e)
		}
	}
}

// sort puts the steps in an order in which they can be done: what is referred
// to is there first, and goes last.
func (p *Plan) sort() {
	kinds := p.state.kinds
	rank := func(s step) int {
		at := 4 * kinds.rank(s.subject().kind)
		switch {
		case s.action == remove && s.exists.kind.freesRoom:
			return at
		case s.action == remove:
			return 8*len(kinds) - at
		case s.action == arrange:
			return at + 2
		}
		return at + 1
	}
	slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(rank(a), rank(b)) })
}

// secretAt is a secret of an entity.
type secretAt struct {
	path string
	from source
}

func secretsOf(fields []field, values map[string]any, prefix string) []secretAt {
	var out []secretAt
	for _, f := range fields {
		switch value := values[f.name].(type) {
		case source:
			out = append(out, secretAt{prefix + f.name, value})
		case map[string]any:
			out = append(out, secretsOf(f.fields, value, prefix+f.name+".")...)
		}
	}
	return out
}

// findSecrets reads the secrets that the steps send, so that a missing one is
// known before anything is done.
func (p *Plan) findSecrets() {
	for _, s := range p.steps {
		if !s.sendsSecrets() {
			continue
		}
		for _, at := range secretsOf(s.declared.kind.fields, s.declared.values, "") {
			found, err := p.options.find(at.from)
			if err != nil {
				p.faults = append(p.faults, Fault{s.declared.at, s.declared.path + "." + at.path, err.Error()})
			}
			p.secrets[at.from] = found
		}
	}
}

func (o Options) find(from source) (secret.Text, error) {
	if from.env != "" {
		if value := o.Env(from.env); value != "" {
			return secret.New(value), nil
		}
		return secret.Text{}, fmt.Errorf("is in the environment variable %s, which is not set", from.env)
	}
	content, err := o.ReadFile(from.file)
	if err != nil {
		return secret.Text{}, fmt.Errorf("is in the file %s, which cannot be read", from.file)
	}
	if value := strings.TrimRight(string(content), "\r\n"); value != "" {
		return secret.New(value), nil
	}
	return secret.Text{}, fmt.Errorf("is in the file %s, which is empty", from.file)
}

// String is the plan as people read it.
func (p *Plan) String() string {
	var out strings.Builder
	for _, e := range p.adopted {
		fmt.Fprintf(&out, "  %s is there already, and no set manages it: it becomes part of the set %s\n", e.name(), p.set)
	}
	for _, s := range p.steps {
		s.print(&out)
	}
	for _, e := range p.left {
		fmt.Fprintf(&out, "  %s is not declared any more; --prune deletes it\n", e.name())
	}
	for _, e := range p.foreign {
		fmt.Fprintf(&out, "  %s is not declared, and was not made by this set; it stays\n", e.name())
	}
	if p.Empty() {
		out.WriteString("Nothing to change.\n")
		return out.String()
	}
	n := map[action]int{}
	for _, s := range p.steps {
		n[s.action]++
	}
	fmt.Fprintf(&out, "%d to create, %d to change, %d to delete.\n", n[create], n[update]+n[replace]+n[arrange], n[remove])
	return out.String()
}

func (s step) print(out *strings.Builder) {
	switch s.action {
	case create:
		fmt.Fprintf(out, "+ %s\n", s.declared.name())
		return
	case remove:
		fmt.Fprintf(out, "- %s\n", s.exists.name())
		return
	case arrange:
		keys := make([]string, len(s.siblings))
		for i, e := range s.siblings {
			keys[i] = shownKey(e.key)
		}
		fmt.Fprintf(out, "~ order of the %s of %s: %s\n", plural(2, s.declared.kind.noun), s.declared.parent.name(), strings.Join(keys, ", "))
		return
	case replace:
		fmt.Fprintf(out, "~ %s (deleted and created anew)\n", s.declared.name())
	case update:
		fmt.Fprintf(out, "~ %s\n", s.declared.name())
	}
	for _, c := range s.changes {
		if c.old == (kept{}) && c.new != nil {
			fmt.Fprintf(out, "    %s: sent again\n", c.field)
			continue
		}
		fmt.Fprintf(out, "    %s: %s → %s\n", c.field, shown(c.shape, c.old), shown(c.shape, c.new))
	}
}

// patch is the value of a field in a request that changes an entity: the names
// of a table that are to go are null there.
func patch(f field, declared, exists any) any {
	want, is := declared.(map[string]any)
	if !is {
		return declared
	}
	have, _ := exists.(map[string]any)
	switch f.shape {
	case object:
		out := map[string]any{}
		for _, member := range f.fields {
			if value, written := want[member.name]; written {
				out[member.name] = patch(member, value, have[member.name])
			}
		}
		return out
	case table, textLists, open:
		out := maps.Clone(want)
		for name := range have {
			if _, stays := want[name]; !stays && !f.replaced {
				out[name] = nil
			}
		}
		return out
	}
	return declared
}
