package trial

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"portico/oauth"
)

// maxAnswer is how much of an answer is read to learn who wrote it, in bytes.
const maxAnswer = 64 << 10

// call asks the gateway as a caller would.
func (r *run) call(ctx context.Context, step *Step, present func(*http.Request)) {
	if r.subject.Address == "" {
		step.Cause = NoRoute
		return
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.subject.Address, nil)
	if err != nil {
		step.Cause = NoRoute
		return
	}
	if r.subject.Host != "" {
		request.Host = r.subject.Host
	}
	request.Header.Set("Accept", "application/json, */*;q=0.5")
	present(request)
	response, err := r.Gateway.Do(request)
	if err != nil {
		step.Cause, step.Detail = GatewayUnreachable, cause(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		step.Cause, step.Detail = GatewayUnreachable, cause(err)
		return
	}
	step.Code = response.StatusCode
	step.Cause, step.Detail = answer(response, body)
}

// answer tells what an answer means, and what the gateway says where it wrote it.
func answer(response *http.Response, body []byte) (Cause, string) {
	var own struct { // what the gateway itself answers
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
	}
	byGateway := json.Unmarshal(body, &own) == nil && own.RequestID != ""
	said := ""
	if byGateway {
		said = own.Message
	}
	switch code := response.StatusCode; {
	case code == http.StatusUnauthorized:
		return GatewayRejected, said
	case code == http.StatusForbidden:
		return GatewayForbidden, said
	case code == http.StatusNotFound && byGateway:
		return GatewayNotFound, said
	case code == http.StatusTooManyRequests:
		return GatewayLimited, said
	case code == http.StatusBadGateway, code == http.StatusServiceUnavailable, code == http.StatusGatewayTimeout:
		return GatewayUnavailable, said
	case code >= 500:
		return UpstreamFailed, said
	}
	return "", ""
}

// cause drops the method and URL that http.Client puts in front of an error.
func cause(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err.Error()
	}
	return err.Error()
}

func asRefusal(err error) (*oauth.Error, bool) { return errors.AsType[*oauth.Error](err) }
