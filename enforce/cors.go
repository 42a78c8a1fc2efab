package enforce

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"portico/snapshot"
)

// cors tells browsers which scripts may call (Fetch standard, CORS protocol).
type cors struct {
	snapshot.CORS
	any     bool // every origin
	origins []origin
	methods string
	headers string
	exposed string
}

// origin is one that may call, or a pattern for several.
type origin struct {
	text    string
	pattern *regexp.Regexp
	host    bool // the pattern is for the host alone
}

func newCORS(c snapshot.CORS) (*cors, error) {
	out := &cors{CORS: c, any: len(c.Origins) == 0,
		methods: strings.Join(c.Methods, ","), headers: strings.Join(c.Headers, ","), exposed: strings.Join(c.ExposedHeaders, ",")}
	for _, text := range c.Origins {
		pattern, err := snapshot.CompileOrigin(text)
		if err != nil {
			return nil, err
		}
		out.any = out.any || text == "*"
		out.origins = append(out.origins, origin{text, pattern, !strings.Contains(text, "/")})
	}
	return out, nil
}

// arrive answers a preflight request, and sets the headers of every other
// answer.
func (c *cors) arrive(q Request, response http.Header) *Answer {
	from := q.Header.Get("Origin")
	allowed := c.allow(from, response)
	preflight := q.Method == http.MethodOptions && from != "" && q.Header.Get("Access-Control-Request-Method") != ""
	if !preflight {
		if c.exposed != "" && allowed {
			response.Set("Access-Control-Expose-Headers", c.exposed)
		}
		return nil
	}
	if c.PreflightContinue {
		return nil
	}
	if allowed {
		c.preflight(q.Header, response)
	}
	return &Answer{Status: http.StatusOK, Reason: ReasonPreflight}
}

func (c *cors) preflight(request, response http.Header) {
	response.Set("Access-Control-Allow-Methods", c.methods)
	headers := c.headers
	if headers == "" {
		headers = strings.Join(request.Values("Access-Control-Request-Headers"), ",")
		response.Add("Vary", "Access-Control-Request-Headers")
	}
	if headers != "" {
		response.Set("Access-Control-Allow-Headers", headers)
	}
	if c.MaxAge != nil {
		response.Set("Access-Control-Max-Age", strconv.Itoa(*c.MaxAge))
	}
	if c.PrivateNetwork && request.Get("Access-Control-Request-Private-Network") == "true" {
		response.Set("Access-Control-Allow-Private-Network", "true")
	}
}

// allow says whether an origin may call, to the browser as well. With
// credentials an origin is always named: browsers want it so.
func (c *cors) allow(from string, response http.Header) bool {
	if c.any && !c.Credentials {
		response.Set("Access-Control-Allow-Origin", "*")
		return true
	}
	response.Add("Vary", "Origin")
	if from == "" || !c.any && !c.matches(from) {
		return false
	}
	response.Set("Access-Control-Allow-Origin", from)
	if c.Credentials {
		response.Set("Access-Control-Allow-Credentials", "true")
	}
	return true
}

func (c *cors) matches(from string) bool {
	u, err := url.Parse(from)
	if err != nil {
		return false
	}
	for _, o := range c.origins {
		switch {
		case o.pattern == nil && (strings.EqualFold(from, strings.TrimSuffix(o.text, "/")) || strings.EqualFold(u.Host, o.text)),
			o.pattern != nil && o.host && o.pattern.MatchString(u.Hostname()),
			o.pattern != nil && !o.host && o.pattern.MatchString(from):
			return true
		}
	}
	return false
}

// incoming removes what the service says about origins: the gateway speaks for
// it.
func (c *cors) incoming(header http.Header) {
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"} {
		header.Del(name)
	}
}
