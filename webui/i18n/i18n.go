package i18n

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed locales
var locales embed.FS

// Cookie is the name of the cookie that remembers a language chosen by hand.
const Cookie = "portico_lang"

// Param is the query parameter that asks for a language for one page.
const Param = "lang"

// Pseudo is English made longer by 40 % and marked, to see what a longer
// language does to a page. Only a bundle made by NewPseudo has it.
const Pseudo = "en-x-pseudo"

// fallback is the language when nobody asks for one that there is.
const fallback = "en"

// A Language is one that pages can be shown in.
type Language struct {
	Tag  string // BCP 47
	Name string // in the language itself
}

// Languages lists the languages that pages can be shown in.
func Languages() []Language {
	return []Language{{"en", "English"}, {"ja", "日本語"}}
}

// Bundle holds all texts. It is safe for concurrent use.
type Bundle struct {
	voices  map[string]*voice
	order   []string // of voices' languages, as the matcher knows them
	matcher language.Matcher
}

// voice speaks one language.
type voice struct {
	lang   string
	texts  *i18n.Localizer
	number *message.Printer
}

// New reads the texts of all languages.
func New() (*Bundle, error) {
	b := &Bundle{voices: map[string]*voice{}}
	var tags []language.Tag
	for _, l := range Languages() {
		v, err := newVoice(l.Tag, l.Tag, func(text string) string { return text })
		if err != nil {
			return nil, err
		}
		b.voices[l.Tag] = v
		b.order = append(b.order, l.Tag)
		tags = append(tags, language.Make(l.Tag))
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// NewPseudo is New with the language Pseudo, which no browser asks for by
// itself: it is chosen as any other, by parameter, cookie or profile.
func NewPseudo() (*Bundle, error) {
	b, err := New()
	if err != nil {
		return nil, err
	}
	b.voices[Pseudo], err = newVoice(Pseudo, fallback, stretch)
	return b, err
}

// newVoice reads the texts of one language from its directory. Each voice has
// a bundle of its own, so that a text missing in one language shows.
func newVoice(lang, dir string, edit func(string) string) (*voice, error) {
	tag := language.Make(dir)
	bundle := i18n.NewBundle(tag)
	files, err := fs.Glob(locales, path.Join("locales", dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		data, err := locales.ReadFile(name)
		if err != nil {
			return nil, err
		}
		messages, err := i18n.ParseMessageFileBytes(data, dir+".json", map[string]i18n.UnmarshalFunc{"json": json.Unmarshal})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, m := range messages.Messages {
			m.One, m.Other = edit(m.One), edit(m.Other)
		}
		if err := bundle.AddMessages(tag, messages.Messages...); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return &voice{lang: lang, texts: i18n.NewLocalizer(bundle, dir), number: message.NewPrinter(tag)}, nil
}

// Choose names the language for a request: the one asked for by the query
// parameter, the cookie's, the profile's, the best that the browser accepts,
// the portal's. Languages that do not exist are passed over.
func (b *Bundle) Choose(r *http.Request, profile, portalDefault string) string {
	asked := []string{r.URL.Query().Get(Param)}
	if c, err := r.Cookie(Cookie); err == nil {
		asked = append(asked, c.Value)
	}
	for _, lang := range append(asked, profile) {
		if b.Has(lang) {
			return lang
		}
	}
	if accepted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")); err == nil {
		if _, i, confidence := b.matcher.Match(accepted...); confidence > language.No {
			return b.order[i]
		}
	}
	if b.Has(portalDefault) {
		return portalDefault
	}
	return fallback
}

// Has reports whether there are texts in a language.
func (b *Bundle) Has(lang string) bool {
	_, ok := b.voices[lang]
	return ok
}

type contextKey struct{}

// With returns a context whose texts are in a language; one that does not
// exist is taken for English.
func (b *Bundle) With(ctx context.Context, lang string) context.Context {
	v, ok := b.voices[lang]
	if !ok {
		v = b.voices[fallback]
	}
	return context.WithValue(ctx, contextKey{}, v)
}

func voiceOf(ctx context.Context) *voice {
	v, _ := ctx.Value(contextKey{}).(*voice)
	return v
}

// Lang is the language of the context's texts.
func Lang(ctx context.Context) string {
	if v := voiceOf(ctx); v != nil {
		return v.lang
	}
	return fallback
}

// T is the text of a key, its placeholders filled from pairs of name and value.
// The key itself is the answer where there is no text, or no With before.
func T(ctx context.Context, key string, args ...any) string {
	text, _ := say(ctx, key, nil, args)
	return text
}

// N is T in the plural form for n. The placeholder Count is n, as it is written
// in the language.
func N(ctx context.Context, key string, n int, args ...any) string {
	text, _ := say(ctx, key, n, append([]any{"Count", Number(ctx, n)}, args...))
	return text
}

// Lookup is T for a key of which there may be no text, such as one that ends in
// an error's code; ok says whether there is.
func Lookup(ctx context.Context, key string, args ...any) (text string, ok bool) {
	return say(ctx, key, nil, args)
}

func say(ctx context.Context, key string, count any, args []any) (string, bool) {
	v := voiceOf(ctx)
	if v == nil {
		return key, false
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	out, err := v.texts.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
	if err != nil {
		return key, false
	}
	return out, true
}
