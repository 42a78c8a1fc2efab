package analytics

import (
	"context"

	"portico"
)

// Organization reports on all that called the given APIs; nil: on all traffic,
// that of services which are no API's included.
func (a Analytics) Organization(ctx context.Context, apis []portico.APIID, r Range) (Report, error) {
	return a.report(ctx, portico.UsageQuery{Everyone: true, APIIDs: apis}, r)
}
