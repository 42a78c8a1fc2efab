package declare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
)

// Stopped is the error of a run that did not get to its end.
type Stopped struct {
	Done, All int
	Step      string
	Err       error
}

func (s *Stopped) Error() string {
	return fmt.Sprintf("%s: %v\n%d of %d changes were made, the others were not. When the cause is gone, run the same command again: it goes on where this one stopped.", s.Step, s.Err, s.Done, s.All)
}

func (s *Stopped) Unwrap() error { return s.Err }

// Apply does what is planned, step by step, and tells out about each one that is
// done. It ends at the first that fails, with a Stopped.
func (p *Plan) Apply(ctx context.Context, out io.Writer) error {
	for i, s := range p.steps {
		notes, err := p.act(ctx, s)
		if err != nil {
			return &Stopped{i, len(p.steps), p.title(s), p.explain(s, err)}
		}
		fmt.Fprintf(out, "%s: done\n", p.title(s))
		for _, note := range notes {
			fmt.Fprintf(out, "    %s\n", note)
		}
	}
	return nil
}

func (p *Plan) title(s step) string {
	var text strings.Builder
	s.changes = nil
	s.print(&text)
	return strings.TrimSpace(text.String())
}

// explain says what an answer means for somebody who looks at a plan.
func (p *Plan) explain(s step, err error) error {
	refused, is := errors.AsType[*Refusal](err)
	switch {
	case !is:
		return err
	case s.action == create && refused.Status == http.StatusConflict:
		return fmt.Errorf("%w\n    If somebody else has created it since the plan was made, running again finds it", err)
	case s.action != create && refused.Status == http.StatusNotFound:
		return fmt.Errorf("%w\n    It was there when the plan was made: somebody else has deleted it", err)
	case s.declared != nil:
		return fmt.Errorf("%w\n    declared at %s", err, s.declared.at)
	}
	return err
}

// act does one step. notes say where Portico keeps something else than it was
// told.
func (p *Plan) act(ctx context.Context, s step) (notes []string, err error) {
	switch s.action {
	case remove:
		return nil, p.remove(ctx, s.exists)
	case arrange:
		return nil, p.move(ctx, s.siblings)
	case replace:
		if err := p.remove(ctx, s.exists); err != nil {
			return nil, err
		}
		return p.create(ctx, s.declared)
	case update:
		return p.update(ctx, s)
	}
	return p.create(ctx, s.declared)
}

// remove deletes; that somebody else did is as good.
func (p *Plan) remove(ctx context.Context, e *entity) error {
	_, err := p.state.client.send(ctx, http.MethodDelete, e.address(), nil)
	if refused, is := errors.AsType[*Refusal](err); is && refused.Status == http.StatusNotFound {
		return nil
	}
	return err
}

func (p *Plan) create(ctx context.Context, e *entity) ([]string, error) {
	body := map[string]any{}
	for _, f := range e.kind.fields {
		if value, written := e.values[f.name]; written && (value != nil || f.explicit) {
			body[f.onWire()] = p.wire(e, f, value)
		}
	}
	if e.kind.labelled {
		body["labels"] = p.marked(e.values["labels"])
	}
	if e.above != nil {
		body[e.kind.nests] = e.above.id
	}
	answer, err := p.write(ctx, e, body)
	if err != nil {
		return nil, err
	}
	return p.took(e, answer), nil
}

// write sends what creates an entity, or what creates and changes it alike.
func (p *Plan) write(ctx context.Context, e *entity, body map[string]any) (map[string]any, error) {
	k := e.kind
	if k.write != nil {
		return nil, k.write(ctx, p.state.client, e, body)
	}
	method, at := k.put, k.collection(e.parent)
	if method == "" {
		method = http.MethodPost
	}
	if k.itemID != nil {
		e.id = k.itemID(body)
		at = e.address()
	}
	if k.encode != nil {
		k.encode(body)
	}
	if method == http.MethodPost { // what is new has nothing that null could unset
		body, _ = withoutNulls(body).(map[string]any)
	}
	answer, err := p.state.client.send(ctx, method, at, body)
	if id, is := answer["id"].(string); is && k.itemID == nil {
		e.id = id
	}
	return answer, err
}

func (p *Plan) update(ctx context.Context, s step) ([]string, error) {
	e, exists, body := s.declared, s.exists, map[string]any{}
	for _, f := range e.kind.fields {
		value, written := e.values[f.name]
		switch {
		case written && (!same(f, value, exists.values[f.name]) || e.kind.whole || s.sendsSecrets() && len(secretsOf([]field{f}, e.values, "")) > 0):
			body[f.onWire()] = p.wire(e, f, patch(f, value, exists.values[f.name]))
		case e.kind.whole:
			body[f.onWire()] = p.wire(e, f, exists.values[f.name])
		}
	}
	if e.kind.labelled {
		p.relabel(e, exists, body)
	}
	if e.kind.put != "" || e.kind.write != nil {
		if e.kind.itemID != nil {
			for _, name := range e.kind.keys {
				f, _ := e.kind.member(name)
				body[f.onWire()] = p.wire(e, f, e.values[name])
			}
		}
		answer, err := p.write(ctx, e, body)
		return p.took(e, answer), err
	}
	if e.kind.encode != nil {
		e.kind.encode(body)
	}
	answer, err := p.state.client.send(ctx, http.MethodPatch, e.address(), body)
	return p.took(e, answer), err
}

// relabel writes the labels and the mark, if either is not as it shall be.
func (p *Plan) relabel(e, exists *entity, body map[string]any) {
	delete(body, "labels")
	declared, written := e.values["labels"]
	if !written {
		declared = exists.values["labels"]
	}
	if equal(declared, exists.values["labels"]) && exists.owner == p.set {
		return
	}
	f, _ := e.kind.member("labels")
	body["labels"] = patch(f, p.marked(declared), exists.values["labels"])
}

// marked are labels with the mark of the set.
func (p *Plan) marked(labels any) map[string]any {
	out := map[string]any{markLabel: p.set}
	declared, _ := labels.(map[string]any)
	maps.Copy(out, declared)
	return out
}

// wire is a value as requests have it: ids for names, and the secrets
// themselves.
func (p *Plan) wire(e *entity, f field, value any) any {
	switch value := value.(type) {
	case source:
		return p.secrets[value].Reveal()
	case string:
		if f.shape == reference {
			return p.idOf(p.state.kinds.target(e, f, value))
		}
	case map[string]any:
		if f.shape != object {
			return value
		}
		out := map[string]any{}
		for _, member := range f.fields {
			if v, there := value[member.name]; there {
				out[member.onWire()] = p.wire(e, member, v)
			}
		}
		return out
	}
	return value
}

// idOf is the id of what exists, or was created by a step before.
func (p *Plan) idOf(ref string) string {
	if e := p.byRef[ref]; e != nil {
		return e.id
	}
	return p.state.byRef[ref].id
}

// took compares an answer with what was sent. Where Portico keeps something
// else, the next run would change it again.
func (p *Plan) took(e *entity, answer map[string]any) []string {
	if answer == nil {
		return nil
	}
	kept := p.state.decode(e.kind, answer)
	var notes []string
	for _, f := range e.kind.fields {
		value, written := e.values[f.name]
		if have, answered := kept[f.name]; written && answered && f.shape != reference && !same(f, value, have) {
			notes = append(notes, fmt.Sprintf("note: Portico keeps %s as %s, not as declared (front matter goes before fields)", f.name, shown(f.shape, have)))
		}
	}
	return notes
}

// move puts siblings in order, one after the other.
func (p *Plan) move(ctx context.Context, siblings []*entity) error {
	for i, e := range siblings {
		body := map[string]any{"index": i}
		if e.above != nil {
			body[e.kind.nests] = e.above.id
		}
		if _, err := p.state.client.send(ctx, http.MethodPost, e.address()+"/move", body); err != nil {
			return err
		}
	}
	return nil
}
