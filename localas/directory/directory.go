package directory

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"

	"portico/localas/dialect"
	"portico/localas/litedb"
	"portico/secret"
)

// The states of a person: not yet there, there, and gone.
const (
	Staged        = "STAGED"
	Active        = "ACTIVE"
	Deprovisioned = "DEPROVISIONED"
)

// Directory is the people and groups in the database.
type Directory struct {
	DB     *litedb.DB
	Base   string // URL of the server
	Now    func() time.Time
	Logger *slog.Logger
}

// Person can sign in while their status is Active.
type Person struct {
	seq             int64
	ID              string
	Login           string // an e-mail address in form; unique without regard to case
	Email           string
	FirstName       string
	LastName        string
	Status          string
	Created         time.Time
	LastUpdated     time.Time
	SignedInFrom    time.Time // sign-ins and tokens from before are dead
	PasswordChanged time.Time
	password        passwordHash
}

// Sequence orders lists of people.
func (p Person) Sequence() int64 { return p.seq }

// Name is the first and the last name.
func (p Person) Name() string { return p.FirstName + " " + p.LastName }

// Live reports whether what a person has begun at a time is good still.
func (p Person) Live(begun time.Time) bool {
	return p.Status == Active && !begun.Before(p.SignedInFrom)
}

const personColumns = `seq, id, login, email, first_name, last_name, status, created, last_updated, signed_in_from, password_changed, salt, hash`

func scanPerson(row litedb.Scanner) (Person, error) {
	var p Person
	err := row.Scan(&p.seq, &p.ID, &p.Login, &p.Email, &p.FirstName, &p.LastName, &p.Status, litedb.Time(&p.Created),
		litedb.Time(&p.LastUpdated), litedb.Time(&p.SignedInFrom), litedb.Time(&p.PasswordChanged), &p.password.salt, &p.password.hash)
	return p, err
}

// Person returns the one with an id or a login; found is false when there is none.
func (d Directory) Person(ctx context.Context, name string) (p Person, found bool, err error) {
	return d.person(ctx, d.DB.Reader(), name)
}

func (d Directory) person(ctx context.Context, q litedb.Querier, name string) (p Person, found bool, err error) {
	p, err = scanPerson(q.QueryRowContext(ctx, `SELECT `+personColumns+` FROM person WHERE id = $1 OR login = $1`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, false, nil
	}
	return p, err == nil, err
}

// Authenticate returns the active person with a login and a password. It takes
// as long when there is none.
func (d Directory) Authenticate(ctx context.Context, login string, password secret.Text) (p Person, known bool, err error) {
	p, found, err := d.Person(ctx, login)
	if err != nil {
		return Person{}, false, err
	}
	if !p.password.matches(password) || !found || p.Status != Active || !strings.EqualFold(p.Login, login) {
		return Person{}, false, nil
	}
	return p, true, nil
}

// people returns one more than the page holds, if there is one.
func (d Directory) people(ctx context.Context, q string, group string, page dialect.Page) ([]Person, error) {
	return litedb.QueryAll(ctx, d.DB.Reader(), scanPerson, `SELECT `+personColumns+` FROM person
		WHERE seq > $1 AND (login LIKE $2 ESCAPE '\' OR email LIKE $2 ESCAPE '\' OR first_name LIKE $2 ESCAPE '\' OR last_name LIKE $2 ESCAPE '\')
		AND ($3 = '' OR id IN (SELECT person FROM group_member WHERE person_group = $3)) ORDER BY seq LIMIT $4`,
		page.After, litedb.PrefixPattern(q), group, page.Limit+1)
}

// create stores a person with a password, in groups that exist.
func (d Directory) create(ctx context.Context, p Person, password secret.Text, groups []string) (Person, error) {
	now := d.Now().UTC()
	p.ID, p.Created, p.LastUpdated, p.SignedInFrom, p.PasswordChanged = dialect.NewID("00u"), now, now, now, now
	p.password = hashPassword(password)
	err := d.DB.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO person
			(id, login, email, first_name, last_name, status, salt, hash, created, last_updated, signed_in_from, password_changed)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $9)`, p.ID, p.Login, p.Email, p.FirstName, p.LastName, p.Status,
			p.password.salt, p.password.hash, now.UnixMicro()); err != nil {
			return err
		}
		for _, group := range groups {
			if err := d.join(ctx, tx, group, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if litedb.IsDuplicate(err) {
		err = loginTaken()
	}
	if err == nil {
		d.Logger.InfoContext(ctx, "person created", "person", p.ID)
	}
	return p, err
}

func loginTaken() error {
	return dialect.Invalid("login", "login: An object with this field already exists in the current organization")
}

// change stores what apply makes of a person. A new status or password ends
// their sign-ins and tokens for good.
func (d Directory) change(ctx context.Context, name string, apply func(*Person) error) (Person, error) {
	var p Person
	err := d.DB.Update(ctx, func(tx *sql.Tx) error {
		old, found, err := d.person(ctx, tx, name)
		if err != nil {
			return err
		}
		if !found {
			return dialect.NotFound("User", name)
		}
		p = old
		if err := apply(&p); err != nil {
			return err
		}
		p.LastUpdated = d.Now().UTC()
		changed := string(p.password.hash) != string(old.password.hash)
		if changed {
			p.PasswordChanged = p.LastUpdated
		}
		if changed || p.Status != old.Status {
			p.SignedInFrom = p.LastUpdated.Add(time.Microsecond)
		}
		_, err = tx.ExecContext(ctx, `UPDATE person SET login = $2, email = $3, first_name = $4, last_name = $5, status = $6, salt = $7, hash = $8,
			last_updated = $9, signed_in_from = $10, password_changed = $11 WHERE id = $1`, p.ID, p.Login, p.Email, p.FirstName, p.LastName, p.Status,
			p.password.salt, p.password.hash, p.LastUpdated.UnixMicro(), p.SignedInFrom.UnixMicro(), p.PasswordChanged.UnixMicro())
		return err
	})
	if litedb.IsDuplicate(err) {
		err = loginTaken()
	}
	if err == nil {
		d.Logger.InfoContext(ctx, "person changed", "person", p.ID, "status", p.Status)
	}
	return p, err
}

// remove deactivates a person, and deletes one who is deactivated, as Okta does.
func (d Directory) remove(ctx context.Context, name string) error {
	p, found, err := d.Person(ctx, name)
	switch {
	case err != nil:
		return err
	case !found:
		return dialect.NotFound("User", name)
	case p.Status != Deprovisioned:
		_, err = d.change(ctx, p.ID, func(p *Person) error { p.Status = Deprovisioned; return nil })
		return err
	}
	err = d.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM person WHERE id = $1`, p.ID)
		return err
	})
	if err == nil {
		d.Logger.InfoContext(ctx, "person deleted", "person", p.ID)
	}
	return err
}
