package webtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to show what a test waits for: long
// enough for axe-core on a large page while other tests have the processors.
const patience = time.Minute

// Browser is a running Chromium that reaches the loopback addresses only.
type Browser struct{ ctx context.Context }

// Required reports whether tests that need a browser or axe-core must run.
func Required() bool {
	return os.Getenv("PORTICO_REQUIRE_BROWSER") == "1" || os.Getenv("CI") == "true"
}

// lack ends a test that cannot run for want of a program.
func lack(t testing.TB, format string, args ...any) {
	t.Helper()
	if Required() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func executable() (string, error) {
	if path := os.Getenv("CHROME"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no chromium or google-chrome, and CHROME names none: run make tools")
}

// Start starts a browser that ends with the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	path, err := executable()
	if err != nil {
		lack(t, "%v", err)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-US"),
	)...)
	t.Cleanup(cancel)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return &Browser{ctx}
}

// Page is a tab that shows pages of one site.
type Page struct {
	t     testing.TB
	ctx   context.Context
	base  *url.URL
	scope string // a text of the part to look in, or "" for the whole
	log   *journal
}

// Page opens a tab for the site at base. Its cookies are its own.
func (b *Browser) Page(t testing.TB, base string) *Page {
	t.Helper()
	return b.tab(t, base, chromedp.WithNewBrowserContext())
}

// Tab opens one more tab with the page's cookies.
func (p *Page) Tab() *Page {
	p.t.Helper()
	b := Browser{p.ctx}
	return b.tab(p.t, p.base.String(), chromedp.WithExistingBrowserContext(chromedp.FromContext(p.ctx).BrowserContextID))
}

func (b *Browser) tab(t testing.TB, base string, opts ...chromedp.ContextOption) *Page {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, opts...)
	p := &Page{t: t, ctx: ctx, base: u, log: &journal{changed: make(chan struct{}, 1)}}
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		t.Fatalf("opening a tab: %v", err)
	}
	p.log.frame = cdp.FrameID(chromedp.FromContext(ctx).Target.TargetID)
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, fault := range p.Faults() {
			t.Errorf("the browser reports: %s", fault)
		}
		cancel()
	})
	return p
}

// hear listens to the tab. A question (such as whether to leave a page with
// unsaved input) is answered with yes, or nothing would go on.
func (p *Page) hear(ev any) {
	if _, ok := ev.(*page.EventJavascriptDialogOpening); ok {
		go chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		return
	}
	p.log.hear(ev, p.base)
}

// journal is what a tab tells about itself.
type journal struct {
	frame cdp.FrameID // the tab's outermost

	mu       sync.Mutex
	faults   []string
	document string // address of the document that loads or is loaded
	status   int64  // its HTTP status
	loading  bool
	changed  chan struct{} // told when loading changes
}

func (j *journal) hear(ev any, base *url.URL) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			var words []string
			for _, a := range e.Args {
				words = append(words, strings.Trim(string(a.Value), `"`)+a.Description)
			}
			j.faults = append(j.faults, fmt.Sprintf("console.%s: %s", e.Type, strings.Join(words, " ")))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		j.faults = append(j.faults, "exception: "+text)
	case *log.EventEntryAdded:
		// That a document is an error page is for its test to judge.
		own := e.Entry.Source == "network" && e.Entry.URL == j.document && j.status >= 400
		if (e.Entry.Level == "error" || e.Entry.Level == "warning") && !own {
			j.faults = append(j.faults, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		if to, err := url.Parse(e.Request.URL); err == nil && to.Host != base.Host && to.Scheme != "data" && to.Scheme != "blob" && to.Scheme != "about" {
			j.faults = append(j.faults, "request to another origin: "+e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument && e.FrameID == j.frame {
			j.document, j.status = e.Response.URL, e.Response.Status
		}
	case *page.EventFrameRequestedNavigation:
		if e.FrameID == j.frame && e.Disposition == page.ClientNavigationDispositionCurrentTab {
			j.load(true)
		}
	case *page.EventFrameStoppedLoading:
		if e.FrameID == j.frame {
			j.load(false)
		}
	case *page.EventNavigatedWithinDocument:
		if e.FrameID == j.frame {
			j.load(false)
		}
	}
}

func (j *journal) load(loading bool) {
	j.loading = loading
	select {
	case j.changed <- struct{}{}:
	default:
	}
}

// Faults returns and forgets what went wrong in the tab: errors and warnings of
// the console, refusals by the content security policy, failed requests and
// requests to another origin.
func (p *Page) Faults() []string {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	faults := p.log.faults
	p.log.faults = nil
	return faults
}

// Status is the HTTP status of the document shown.
func (p *Page) Status() int {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	return int(p.log.status)
}

// call sends a command of the browser's protocol, in a deadline.
func call[P, R any](p *Page, cmd cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		p.t.Fatalf("%s: %v", cmd.Method, err)
	}
	return res
}

// do runs an action of the browser's driver, in a deadline.
func do[T any](p *Page, what string, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
	return out
}
