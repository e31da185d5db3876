package crawl

import (
	"net/url"
	"strings"

	"steward/internal/knowledge"
	"steward/internal/language"
	"steward/schemas"
)

// fewWords is below how many words a page that says in its title that
// something was not found is taken at its word.
const fewWords = 20

// missingTitles are what titles of pages say that are not there.
func missingTitles() []string {
	return []string{
		"404", "not found", "page unavailable", "does not exist",
		"non trovata", "non trovato", "non esiste",
		"hittades inte", "finns inte", "nicht gefunden", "introuvable", "non trouvee", "no encontrada", "no encontrado",
		"niet gevonden", "nao encontrada", "ikke fundet", "ikke funnet", "ei loydy", "ei loytynyt",
	}
}

// isLogin reports whether an address is that of a page that asks visitors to
// log in.
func isLogin(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	for segment := range strings.SplitSeq(strings.ToLower(u.Path), "/") {
		switch segment {
		case "accedi", "auth", "log-in", "login", "login.aspx", "login.php", "sign-in", "sign_in", "signin", "sso", "wp-login.php":
			return true
		}
	}
	first, _, _ := strings.Cut(u.Hostname(), ".")
	return first == "accounts" || first == "auth" || first == "login" || first == "sso"
}

// isRoot reports whether an address is a site's home page.
func isRoot(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Path == "" || u.Path == "/") && u.RawQuery == ""
}

// misled says what a redirect from a page to another one means that every page
// may lead to: a login, the host's home page, or where an address leads that
// does not exist.
func misled(asked, final string, probe schemas.NotFoundProbe) schemas.FailCode {
	switch {
	case isLogin(final) && !isLogin(asked):
		return schemas.FailLoginRequired
	case Key(asked) == Key(final), isRoot(asked):
		return schemas.FailNone
	case isRoot(final) && scopeOf(final) == scopeOf(asked), probe.URL != "" && Key(probe.URL) == Key(final):
		return schemas.FailSoft404
	}
	return schemas.FailNone
}

// saysMissing reports whether a page that was answered with 200 is one that
// says that there is none: it reads like the answer to an address that does not
// exist, or is short and says so in its title.
func saysMissing(text knowledge.Text, mark uint64, probe schemas.NotFoundProbe) bool {
	if probe.Status == 200 && Near(mark, probe.Print) {
		return true
	}
	return len(language.Words(text.Markdown)) < fewWords && language.ContainsPhrase(text.Title, missingTitles())
}
