package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/knowledge"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	qa := func(q, a string) string {
		return `{"@type":"Question","name":"` + q + `","acceptedAnswer":{"@type":"Answer","text":"` + a + `"}}`
	}
	for _, tt := range []struct {
		name, data string
		want       []knowledge.Answer
	}{
		{"one question", `{"@type":"FAQPage","mainEntity":` + qa("A?", "Yes.") + `}`, []knowledge.Answer{{Question: "A?", Answer: "Yes."}}},
		{
			"several pages", `[{"@type":"WebSite"},{"@type":"FAQPage","mainEntity":[` + qa("A?", "Yes.") + `,` + qa("B?", "No.") + `]}]`,
			[]knowledge.Answer{{Question: "A?", Answer: "Yes."}, {Question: "B?", Answer: "No."}},
		},
		{"graph and full type", `{"@graph":[{"@type":"https://schema.org/FAQPage","mainEntity":[` + qa("A?", "Yes.") + `]}]}`, []knowledge.Answer{{Question: "A?", Answer: "Yes."}}},
		{
			"html", `{"@type":"FAQPage","mainEntity":[` + qa("A &amp; <b>B</b>?", `<p>First:<\/p><ul><li>one<\/li><li>two<\/li><\/ul><p style=\"display:none\">hidden<\/p>`) + `]}`,
			[]knowledge.Answer{{Question: "A & B?", Answer: "First:\n\n- one\n- two"}},
		},
		{"html escaped once more", `{"@type":"FAQPage","mainEntity":[` + qa("A?", `&lt;p&gt;Yes.&lt;/p&gt;`) + `]}`, []knowledge.Answer{{Question: "A?", Answer: "Yes."}}},
		{"asked twice", `{"@type":"FAQPage","mainEntity":[` + qa("A?", "Yes.") + `,` + qa("A?", "No.") + `]}`, []knowledge.Answer{{Question: "A?", Answer: "Yes."}}},
		{"without an answer", `{"@type":"FAQPage","mainEntity":[{"@type":"Question","name":"A?"},` + qa("", "Yes.") + `,` + qa("B?", "") + `]}`, nil},
		{"other shapes", `{"@type":"FAQPage","mainEntity":["A?",5,null,{"@type":"Question","name":["A?"],"acceptedAnswer":["Yes."]}]}`, nil},
		{"questions of visitors", `{"@type":"QAPage","mainEntity":` + qa("A?", "Yes.") + `}`, nil},
		{"broken", `{"@type":"FAQPage","mainEntity":[` + qa("A?", "Yes.") + `,]}`, nil},
		{"deep", strings.Repeat(`{"@graph":`, 100) + `{"@type":"FAQPage","mainEntity":` + qa("A?", "Yes.") + `}` + strings.Repeat("}", 100), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := read(t, `<p>Some words.</p><script type="application/ld+json">`+tt.data+`</script>`)
			if diff := cmp.Diff(tt.want, text.Answers); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswersInAttributes(t *testing.T) {
	t.Parallel()
	text := read(t, `<div itemscope itemtype="https://schema.org/FAQPage">
<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question"><h3 itemprop="name">Can I  pay later?</h3>
<div itemscope itemprop="acceptedAnswer" itemtype="https://schema.org/Answer"><div itemprop="text"><p>Yes, see <a href="/pay">how</a>.</p><p hidden>secret</p></div></div></div>
<div itemscope itemtype="https://schema.org/Question"><h3 itemprop="name">Unanswered?</h3></div></div>`)
	want := []knowledge.Answer{{Question: "Can I pay later?", Answer: "Yes, see [how](https://pages.example/pay)."}}
	if diff := cmp.Diff(want, text.Answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if !strings.Contains(text.Markdown, "### Can I pay later?\n\nYes, see") {
		t.Errorf("the text lost it: %q", text.Markdown)
	}
}
