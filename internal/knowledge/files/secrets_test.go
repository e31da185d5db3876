package files

import (
	"strings"
	"testing"

	"steward/internal/knowledge"
)

// Each line holds the word hunter2 as a secret.
func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"password=hunter2", "PASSWORD = hunter2", "db_password: hunter2", "smtpPassword hunter2", "requirepass hunter2",
		"export API_KEY=hunter2", "api-key: 'hunter2'", "apiKey: \"hunter2\"", "client_secret => hunter2", "token := hunter2",
		"access.token = hunter2", "aws_secret_access_key=hunter2", "SECRET_KEY_BASE=x hunter2", "passphrase hunter2;",
		"password = \"a b; hunter2\"", "lösenord = hunter2", "credentials: user/hunter2",
		`"password": "hunter2",`, `<password>hunter2</password>`, `<add key="ApiToken" value="hunter2"/>`,
		"url = postgres://user:hunter2@db:5432/x", "redis://:hunter2@cache", "repo = https://hunter2@git.example/x", "amqp://u:p@hunter2@host", "SENTRY_DSN=https://hunter2@sentry.example/1",
		"conn = Server=db;User Id=sa;Password=hunter2;Database=x", "environment = USER=\"x\",PASSWORD=\"hunter2\"",
		"Authorization: Bearer hunter2", "header = Bearer hunter2hunter2", "proxy_set_header Authorization \"Basic hunter2\";",
		"key = sk-hunter2hunter2hunter2", "x = ghp_hunter2hunter2hunter2", "jwt = eyJhunter2hunter2.hunter2hunter2.hunter2",
		"# password = hunter2", "; token: hunter2", "password =\n    hunter2", "secrets:\n  a: hunter2\n  b: hunter2",
		"token = a \\\nhunter2",
		"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nhunter2",
	} {
		got := read(t, knowledge.Page{Name: "a.conf", Body: []byte("host = a.example\n" + line + "\n")}).Markdown
		if strings.Contains(got, "hunter2") {
			t.Errorf("%q becomes %q", line, got)
		}
		if !strings.HasPrefix(got, "- host = a.example") {
			t.Errorf("%q takes the line before it: %q", line, got)
		}
	}
}

func TestSettingsThatAreNoSecretsStay(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"password_min_length = 8", "token_timeout: 30", "max_tokens = 4096", "bypass = yes", "compass = north", "passenger = 3",
		"tokenizer = standard", "password_file = /run/x", "secret_name = shop", "use_password = true", "password =",
		"url = https://shop.example/a:b", "url = https://shop.example/@me", "mail = user@shop.example", "authority = ca.example", "keyboard = it", "basic settings here",
		"password required pam_unix.so",
	} {
		got := read(t, knowledge.Page{Name: "a.conf", Body: []byte(line + "\nhost = a.example\n")}).Markdown
		if !strings.Contains(got, "- "+line) || strings.Contains(got, masked) || !strings.Contains(got, "host") {
			t.Errorf("%q becomes %q", line, got)
		}
	}
}
