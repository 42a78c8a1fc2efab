package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"portico"
)

// maxWords is how many words one search takes.
const maxWords = 32

// fold is what texts and words are compared as: without case, and without the
// difference between full-width and half-width characters.
func fold(s string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
}

// padding ends a folded text, so that three characters begin at its last one,
// too. It is part of no word.
const padding = "\n\n"

// Index implements portico.SearchTx.
func (t *tx) Index(ctx context.Context, kind portico.SearchKind, entityID string, entries []portico.SearchEntry) error {
	if err := t.write(ctx, "DELETE FROM search_entries WHERE entity_id = $1 AND kind = $2", entityID, string(kind)); err != nil {
		return t.failPlainly(ctx, err)
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		if e.Kind != kind || e.EntityID != entityID {
			return errors.New("a search entry is of another kind or entity than it is indexed for")
		}
		rows[i] = []any{string(kind), entityID, e.Fragment, nullable(e.APIID), nullable(e.PortalID),
			e.Title, e.Description, e.Text, fold(e.Title) + padding, fold(e.Description) + padding, fold(e.Text) + padding}
		for _, value := range rows[i] {
			if s, ok := value.(string); ok && !storable(s) {
				return portico.Invalid("text", "is_string", "The text holds a NUL character or is not UTF-8.")
			}
		}
	}
	return t.writeEach(ctx, `INSERT INTO search_entries (kind, entity_id, fragment, api_id, portal_id,
		title, description, text, folded_title, folded_description, folded_text)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, rows)
}

// nullable is an id as a reference keeps it: none is NULL.
func nullable[ID ~string](id ID) any {
	if id == "" {
		return nil
	}
	return string(id)
}

// Search implements portico.SearchTx.
func (t *tx) Search(ctx context.Context, q portico.SearchQuery) (portico.Page[portico.SearchEntry], error) {
	page := portico.Page[portico.SearchEntry]{}
	words := strings.Fields(fold(q.Text))
	slices.Sort(words)
	words = slices.Compact(words)
	switch {
	case !storable(q.Text):
		return page, portico.Invalid("q", "is_string", "The text holds a NUL character or is not UTF-8.")
	case len(words) > maxWords:
		return page, portico.InvalidAll(portico.InvalidParameter{Field: "q", Rule: "max_items", Maximum: new(maxWords),
			Reason: fmt.Sprintf("A search takes at most %d words.", maxWords)})
	case q.Size < 1 || q.Offset < 0:
		return page, portico.Invalid("page", "min", "A page has a size of at least 1.")
	case len(q.APIIDs) == 0 && len(q.PageIDs) == 0:
		return page, nil
	}
	s := searching{engine: t.store.engine}
	where, err := s.where(q, words)
	if err != nil {
		return page, err
	}
	// Whole rows are read only of those on the page. Where it is empty, one row
	// without an entry tells how many there are.
	query := `WITH hits AS MATERIALIZED (SELECT entry AS best, ` + s.score(words) + ` AS score, ` + rank + ` AS rank FROM search_entries` + where + `),
		page AS (SELECT best, score, rank FROM hits ORDER BY score DESC, rank, best
			LIMIT ` + s.bind(q.Size) + " OFFSET " + s.bind(min(q.Offset, math.MaxInt32)) + `),
		counted AS (SELECT COUNT(*) AS total FROM hits)
		SELECT total, best IS NOT NULL, COALESCE(kind, ''), COALESCE(entity_id, ''), COALESCE(fragment, ''), COALESCE(api_id, ''),
			COALESCE(portal_id, ''), COALESCE(title, ''), COALESCE(description, ''), COALESCE(text, '')
		FROM counted LEFT JOIN page ON TRUE LEFT JOIN search_entries ON entry = best ORDER BY score DESC, rank, best`
	err = t.query(ctx, query, s.args, func(rows *sql.Rows) error {
		var e portico.SearchEntry
		var there bool
		err := rows.Scan(&page.Total, &there, &e.Kind, &e.EntityID, &e.Fragment, &e.APIID, &e.PortalID, &e.Title, &e.Description, &e.Text)
		if there {
			page.Items = append(page.Items, e)
		}
		return err
	})
	return page, err
}

// searching writes the clauses of one search.
type searching struct {
	engine engine
	args   []any
}

func (s *searching) bind(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// where is what an entry must fulfil: it can be seen and holds every word.
func (s *searching) where(q portico.SearchQuery, words []string) (string, error) {
	conditions := s.engine.holdingAll(words, s.bind)
	apis, err := among(s, "api_id", q.APIIDs)
	if err != nil {
		return "", err
	}
	pages, err := among(s, "entity_id", q.PageIDs)
	if err != nil {
		return "", err
	}
	conditions = append(conditions, "("+apis+" OR kind = "+s.bind(string(portico.SearchPage))+" AND "+pages+")")
	if len(q.Kinds) > 0 {
		kinds := make([]string, len(q.Kinds))
		for i, kind := range q.Kinds {
			kinds[i] = s.bind(string(kind))
		}
		conditions = append(conditions, "kind IN ("+strings.Join(kinds, ", ")+")")
	}
	return " WHERE " + strings.Join(conditions, " AND "), nil
}

// among is the condition that a column is one of many ids, which are bound as
// one JSON text: there may be more of them than a statement takes values.
func among[ID ~string](s *searching, column string, ids []ID) (string, error) {
	list, err := json.Marshal(append([]ID{}, ids...)) // none is [] and not null
	return column + " IN (SELECT member.value FROM " + s.engine.members(listed, s.bind(string(list))) + ")", err
}

// score is higher for entries that hold the words in the title, and then for
// those with them in the description.
func (s *searching) score(words []string) string {
	score := "0"
	for _, word := range words {
		place := s.bind(word)
		score += " + CASE WHEN " + s.engine.position("folded_title", place) + " > 0 THEN 100 WHEN " +
			s.engine.position("folded_description", place) + " > 0 THEN 10 ELSE 1 END"
	}
	return score
}

// rank orders what has the same score: APIs come first and operations last.
const rank = "CASE kind WHEN 'api' THEN 1 WHEN 'page' THEN 2 WHEN 'document' THEN 3 ELSE 4 END"

// entryText is all that is searched of an entry, as the PostgreSQL index has it.
const entryText = "folded_title || chr(10) || folded_description || chr(10) || folded_text"
