package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico"
)

// The columns of usage_counts: what tells counts apart, and what is added up.
const usageKeys = "application_id, start, length, api_id, status, outcome"

func usageSums() []string {
	sums := []string{"requests", "latency_sum", "request_bytes", "response_bytes"}
	for i := range len(portico.LatencyClasses()) + 1 {
		sums = append(sums, fmt.Sprintf("latency_%d", i))
	}
	return sums
}

// addUsage ends an INSERT so that it adds to the counts that are there.
func addUsage() string {
	sets := usageSums()
	for i, column := range sets {
		sets[i] = column + " = usage_counts." + column + " + excluded." + column
	}
	return " ON CONFLICT (" + usageKeys + ") DO UPDATE SET " + strings.Join(sets, ", ")
}

// AddUsage implements portico.UsageTx. A credential of an application that has
// gone in the meantime is left out.
func (t *tx) AddUsage(ctx context.Context, counts []portico.UsageCount, uses []portico.CredentialUse) error {
	columns := usageKeys + ", " + strings.Join(usageSums(), ", ")
	places := make([]string, 6+len(usageSums()))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	insert := "INSERT INTO usage_counts (" + columns + ") VALUES (" + strings.Join(places, ", ") + ")" + addUsage()
	rows := make([][]any, len(counts))
	for i, c := range counts {
		args := []any{string(c.ApplicationID), c.Start.UnixMicro(), c.Length.Microseconds(), string(c.APIID), c.Status,
			string(c.Outcome), c.Requests, c.LatencySum, c.RequestBytes, c.ResponseBytes}
		classes := make([]int64, len(places)-len(args))
		copy(classes, c.Latencies)
		for _, n := range classes {
			args = append(args, n)
		}
		rows[i] = args
	}
	if err := t.writeEach(ctx, insert, rows); err != nil {
		return err
	}
	rows = make([][]any, len(uses))
	for i, u := range uses {
		rows[i] = []any{string(u.ApplicationID), u.CredentialID, u.LastUsedAt.UnixMicro()}
	}
	return t.writeEach(ctx, `INSERT INTO credential_uses (application_id, credential_id, last_used_at)
		SELECT id, $2, $3 FROM applications WHERE id = $1
		ON CONFLICT (application_id, credential_id) DO UPDATE SET last_used_at = excluded.last_used_at
		WHERE credential_uses.last_used_at < excluded.last_used_at`, rows)
}

// Usage implements portico.UsageTx.
func (t *tx) Usage(ctx context.Context, q portico.UsageQuery) ([]portico.UsageCount, error) {
	s := searching{engine: t.store.engine}
	var chosen string
	var err error
	switch {
	case !q.Everyone && len(q.ApplicationIDs) == 0, q.Everyone && q.APIIDs != nil && len(q.APIIDs) == 0:
		return nil, nil
	case !q.Everyone:
		chosen, err = among(&s, "application_id", q.ApplicationIDs)
	case q.APIIDs != nil:
		chosen, err = among(&s, "api_id", q.APIIDs)
	default:
		chosen = "1 = 1"
	}
	if err != nil {
		return nil, err
	}
	start, length := "start", "length"
	if q.Step > 0 {
		length = fmt.Sprint(q.Step.Microseconds())
		start = "start - start % " + length
	}
	sums := usageSums()
	for i, column := range sums {
		sums[i] = "CAST(SUM(" + column + ") AS BIGINT)"
	}
	query := "SELECT application_id, " + start + " AS bucket, " + length + ", api_id, status, outcome, " + strings.Join(sums, ", ") +
		" FROM usage_counts WHERE " + chosen + " AND start >= " + s.bind(q.From.UnixMicro()) + " AND start < " + s.bind(q.To.UnixMicro()) +
		" GROUP BY 1, 2, 3, api_id, status, outcome ORDER BY 2, 1, api_id, status, outcome, 3"
	var found []portico.UsageCount
	err = t.query(ctx, query, s.args, func(rows *sql.Rows) error {
		c := portico.UsageCount{Latencies: make([]int64, len(sums)-4)}
		var length int64
		targets := []any{&c.ApplicationID, micros{&c.Start}, &length, &c.APIID, &c.Status, &c.Outcome,
			&c.Requests, &c.LatencySum, &c.RequestBytes, &c.ResponseBytes}
		for i := range c.Latencies {
			targets = append(targets, &c.Latencies[i])
		}
		err := rows.Scan(targets...)
		c.Length = time.Duration(length) * time.Microsecond
		found = append(found, c)
		return err
	})
	return found, err
}

// NameCredential implements portico.UsageTx.
func (t *tx) NameCredential(ctx context.Context, c portico.CredentialUse) error {
	return t.writeEach(ctx, `INSERT INTO credential_uses (application_id, credential_id, secret_id, last_used_at)
		SELECT id, $2, $3, 0 FROM applications WHERE id = $1
		ON CONFLICT (application_id, credential_id) DO UPDATE SET secret_id = excluded.secret_id`,
		[][]any{{string(c.ApplicationID), c.CredentialID, c.SecretID}})
}

// CredentialUses implements portico.UsageTx.
func (t *tx) CredentialUses(ctx context.Context, apps []portico.ApplicationID) ([]portico.CredentialUse, error) {
	s := searching{engine: t.store.engine}
	where, err := among(&s, "application_id", apps)
	if err != nil || len(apps) == 0 {
		return nil, err
	}
	var found []portico.CredentialUse
	err = t.query(ctx, "SELECT application_id, credential_id, secret_id, last_used_at FROM credential_uses WHERE "+where+
		" ORDER BY application_id, credential_id", s.args, func(rows *sql.Rows) error {
		var u portico.CredentialUse
		err := rows.Scan(&u.ApplicationID, &u.CredentialID, &u.SecretID, micros{&u.LastUsedAt})
		if u.LastUsedAt.UnixMicro() == 0 {
			u.LastUsedAt = time.Time{}
		}
		found = append(found, u)
		return err
	})
	return found, err
}

// TrimUsage implements portico.UsageTx. Only whole hours are merged.
func (t *tx) TrimUsage(ctx context.Context, minutesUntil, hoursUntil time.Time) error {
	minute, hour := time.Minute.Microseconds(), time.Hour.Microseconds()
	until := minutesUntil.UnixMicro() / hour * hour
	sums := slices.Clone(usageSums())
	for i, column := range sums {
		sums[i] = "SUM(" + column + ")"
	}
	merge := fmt.Sprintf(`INSERT INTO usage_counts (%s, %s)
		SELECT application_id, start - start %% %d, %d, api_id, status, outcome, %s FROM usage_counts
		WHERE length = $1 AND start < $2 GROUP BY 1, 2, api_id, status, outcome`,
		usageKeys, strings.Join(usageSums(), ", "), hour, hour, strings.Join(sums, ", ")) + addUsage()
	const forget = "DELETE FROM usage_counts WHERE length = $1 AND start < $2"
	for _, step := range []struct {
		statement string
		length    int64
		until     int64
	}{
		{merge, minute, until},
		{forget, minute, until},
		{forget, hour, hoursUntil.UnixMicro() - hour + 1}, // hours that are over by then
	} {
		if err := t.write(ctx, step.statement, step.length, step.until); err != nil {
			return t.failPlainly(ctx, err)
		}
	}
	return nil
}
