package directory

import (
	"context"
	"database/sql"
	"time"

	"portico/localas/dialect"
	"portico/localas/litedb"
)

// Group is a set of people.
type Group struct {
	seq               int64
	ID                string
	Name              string
	Description       string
	Created           time.Time
	LastUpdated       time.Time
	MembershipUpdated time.Time
}

// Sequence orders lists of groups.
func (g Group) Sequence() int64 { return g.seq }

const groupColumns = `seq, id, name, description, created, last_updated, membership_updated`

func scanGroup(row litedb.Scanner) (Group, error) {
	var g Group
	err := row.Scan(&g.seq, &g.ID, &g.Name, &g.Description, litedb.Time(&g.Created), litedb.Time(&g.LastUpdated), litedb.Time(&g.MembershipUpdated))
	return g, err
}

// Groups are those of a person, in the order that they were made in.
func (d Directory) Groups(ctx context.Context, person string) ([]Group, error) {
	return litedb.QueryAll(ctx, d.DB.Reader(), scanGroup, `SELECT `+groupColumns+` FROM person_group
		WHERE id IN (SELECT person_group FROM group_member WHERE person = $1) ORDER BY seq`, person)
}

// groups returns one more than the page holds, if there is one.
func (d Directory) groups(ctx context.Context, q string, page dialect.Page) ([]Group, error) {
	return litedb.QueryAll(ctx, d.DB.Reader(), scanGroup, `SELECT `+groupColumns+` FROM person_group
		WHERE seq > $1 AND name LIKE $2 ESCAPE '\' ORDER BY seq LIMIT $3`, page.After, litedb.PrefixPattern(q), page.Limit+1)
}

func (d Directory) group(ctx context.Context, id string) (Group, error) {
	g, err := scanGroup(d.DB.Reader().QueryRowContext(ctx, `SELECT `+groupColumns+` FROM person_group WHERE id = $1`, id))
	return g, litedb.OrAbsent(err, absentGroup(id))
}

func (d Directory) createGroup(ctx context.Context, g Group) (Group, error) {
	now := d.Now().UTC()
	g.ID, g.Created, g.LastUpdated, g.MembershipUpdated = dialect.NewID("00g"), now, now, now
	err := d.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO person_group (id, name, description, created, last_updated, membership_updated)
			VALUES ($1, $2, $3, $4, $4, $4)`, g.ID, g.Name, g.Description, now.UnixMicro())
		return err
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: An object with this field already exists")
	}
	return g, err
}

func (d Directory) removeGroup(ctx context.Context, id string) error {
	return d.DB.Update(ctx, func(tx *sql.Tx) error {
		return litedb.OrAbsent(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM person_group WHERE id = $1`, id)), absentGroup(id))
	})
}

// join puts a person, by id, into a group; who is in it stays.
func (d Directory) join(ctx context.Context, tx *sql.Tx, group, person string) error {
	if err := d.touch(ctx, tx, group); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO group_member (person_group, person) VALUES ($1, $2)`, group, person)
	return err
}

func (d Directory) leave(ctx context.Context, tx *sql.Tx, group, person string) error {
	if err := d.touch(ctx, tx, group); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM group_member WHERE person_group = $1 AND person = $2`, group, person)
	return err
}

// touch notes that the members of a group change.
func (d Directory) touch(ctx context.Context, tx *sql.Tx, group string) error {
	err := litedb.Affected(tx.ExecContext(ctx, `UPDATE person_group SET membership_updated = $2 WHERE id = $1`, group, d.Now().UnixMicro()))
	return litedb.OrAbsent(err, absentGroup(group))
}

func absentGroup(id string) error { return dialect.NotFound("UserGroup", id) }
