package agent

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"steward/schemas"
)

// Labels that a widget shows beside the agent's replies. Settled: rule 31.
const (
	LabelModel  = "Powered by AI"
	LabelFinder = "Automated assistant, no AI model"
)

// NoticeKey names one text.
type NoticeKey string

// The texts. Those with a placeholder say which fields of WordingData it needs.
const (
	NoticeTransferNow NoticeKey = "transfer_now"
	// NoticeTransferQueued uses Wait.
	NoticeTransferQueued NoticeKey = "transfer_queued"
	// NoticeTransferClosed uses Until, Now and Zone; without Until it names
	// no time.
	NoticeTransferClosed NoticeKey = "transfer_closed"
	// NoticeWaitHours uses Until, Now and Zone. Spec: D3.
	NoticeWaitHours NoticeKey = "wait_hours"
	// NoticeFallback: nobody accepted; it stays in the queue.
	NoticeFallback NoticeKey = "fallback"
	// NoticeGivenBack: nobody accepted; the agent goes on.
	NoticeGivenBack NoticeKey = "given_back"
	// NoticeResumed: a pause has ended and the agent is back.
	NoticeResumed         NoticeKey = "resumed"
	NoticeReminder        NoticeKey = "reminder"
	NoticeClosingInactive NoticeKey = "closing_inactive"
	NoticeClosedByHuman   NoticeKey = "closed_by_human"
	// NoticeCourtesy answers thanks and goodbye.
	NoticeCourtesy    NoticeKey = "courtesy"
	NoticeLateApology NoticeKey = "late_apology"
	// NoticeEmailAsk asks for an address as a text of its own.
	NoticeEmailAsk NoticeKey = "email_ask"
	// NoticeHumanJoined uses Name; empty says "a colleague".
	NoticeHumanJoined NoticeKey = "human_joined"
	NoticeNotFound    NoticeKey = "not_found"
	// NoticeRephrase: not found, with a hint to ask in other words.
	NoticeRephrase NoticeKey = "rephrase"
	// NoticeDisclosureModel and NoticeDisclosureFinder open the first reply.
	NoticeDisclosureModel  NoticeKey = "disclosure_model"
	NoticeDisclosureFinder NoticeKey = "disclosure_finder"
	// NoticeSafe stands in for an answer that broke a rule.
	NoticeSafe NoticeKey = "safe"
	// NoticeFailure: no engine gave a decision.
	NoticeFailure NoticeKey = "failure"
	// NoticePaused: handed over because an operator paused the agent.
	NoticePaused   NoticeKey = "paused"
	NoticeRefuse   NoticeKey = "refuse"
	NoticeGreeting NoticeKey = "greeting"
	// NoticeAskQuestion answers a bare yes or no.
	NoticeAskQuestion NoticeKey = "ask_question"
	// NoticeNothingAbout uses Title: the one of two questions without an answer.
	NoticeNothingAbout NoticeKey = "nothing_about"
	// NoticeMayHelp uses Title.
	NoticeMayHelp    NoticeKey = "may_help"
	NoticeDidYouMean NoticeKey = "did_you_mean"
	// NoticeOtherLanguage uses Quoted.
	NoticeOtherLanguage NoticeKey = "other_language"
	// NoticeConfirm asks whether to go on with what was read back.
	NoticeConfirm NoticeKey = "confirm"
	// NoticeHeld: a person looks at the reply before it is sent.
	NoticeHeld NoticeKey = "held"
	// NoticeApproval: a person has been asked and decides.
	NoticeApproval NoticeKey = "approval"
	// NoticeVerify: the customer has to prove who they are first.
	NoticeVerify NoticeKey = "verify"
	// NoticeVerifyAddress asks for the address that a code goes to.
	NoticeVerifyAddress NoticeKey = "verify_address"
	// NoticeCodeSent and NoticeCodeWaiting use Address.
	NoticeCodeSent    NoticeKey = "code_sent"
	NoticeCodeWaiting NoticeKey = "code_waiting"
	// NoticeCodeWrong uses Tries.
	NoticeCodeWrong   NoticeKey = "code_wrong"
	NoticeCodeExpired NoticeKey = "code_expired"
	// NoticeCodeRefused: too many codes were sent. It uses Address, as
	// NoticeCodeNotSent does.
	NoticeCodeRefused NoticeKey = "code_refused"
	NoticeCodeNotSent NoticeKey = "code_not_sent"
	// NoticeCodeSubject and NoticeCodeText are the mail; the latter uses Code.
	NoticeCodeSubject NoticeKey = "code_subject"
	NoticeCodeText    NoticeKey = "code_text"
	// NoticeUncertain: it is not known whether a change has happened.
	NoticeUncertain NoticeKey = "uncertain"
	// NoticeAskValue asks for an input without a question of its own; it uses
	// Title.
	NoticeAskValue NoticeKey = "ask_value"
	// NoticeDropped: the customer cancelled what was being collected.
	NoticeDropped NoticeKey = "dropped"
	// NoticeNoted: the customer's answer to a question of ours is taken.
	NoticeNoted NoticeKey = "noted"
	// NoticeValue is one value of an action's answer; it uses Title and Value.
	NoticeValue NoticeKey = "value"
	NoticeYes   NoticeKey = "value_yes"
	NoticeNo    NoticeKey = "value_no"
	// NoticeActionDone: an action has run and has nothing to show.
	NoticeActionDone NoticeKey = "action_done"
	// NoticeActionEmpty: an action that reads has found nothing to show.
	NoticeActionEmpty  NoticeKey = "action_empty"
	NoticeActionFailed NoticeKey = "action_failed"
	NoticeActionDenied NoticeKey = "action_denied"
	// NoticeActionUnknown: the effect may have happened. Spec: D17.
	NoticeActionUnknown NoticeKey = "action_unknown"
	// NoticeActionUnderWay: a person or another system has been asked.
	NoticeActionUnderWay NoticeKey = "action_under_way"
	// NoticeActionOpen: nothing has been done yet.
	NoticeActionOpen NoticeKey = "action_open"
	// NoticeTellAsk asks whether to write once there is an answer; NoticeTellYes
	// and NoticeTellNo answer what the customer says to it. Spec: D22.
	NoticeTellAsk NoticeKey = "tell_ask"
	NoticeTellYes NoticeKey = "tell_yes"
	NoticeTellNo  NoticeKey = "tell_no"
	// NoticeTellAnswer is the answer that comes later: it uses Title for the
	// question and Value. NoticeTellSubject is its subject in a mail.
	NoticeTellAnswer  NoticeKey = "tell_answer"
	NoticeTellSubject NoticeKey = "tell_subject"
	// NoticeOfferPerson asks whether to hand over.
	NoticeOfferPerson NoticeKey = "offer_person"
	// NoticeDeferredLater, NoticeDeferredTask: people were asked, and the agent
	// goes on until somebody is free, or at all. NoticeDeferredAgain: they had
	// been asked before.
	NoticeDeferredLater NoticeKey = "deferred_later"
	NoticeDeferredTask  NoticeKey = "deferred_task"
	NoticeDeferredAgain NoticeKey = "deferred_again"
)

// emailSuffix is added to a text when WordingData.AskEmail is set.
const emailSuffix NoticeKey = "email_suffix"

// WordingData fills the placeholders of a text.
type WordingData struct {
	// Until is a time the text names, Now the time it is said.
	Until, Now time.Time
	// Zone is the IANA zone in which times are shown. Default UTC.
	Zone string
	// Wait is the estimated wait, 0 when unknown.
	Wait time.Duration
	// Name is the display name of a member of staff.
	Name string
	// Title is the title of a document, or the name of a value.
	Title string
	// Value is a value as text.
	Value string
	// Quoted is the ISO 639-1 code of a quote's language.
	Quoted string
	// Address is an email address as it may be shown, Tries how many are left, and
	// Code the code of a mail.
	Address string
	Tries   int
	Code    string
	// AskEmail adds the request for an email address.
	AskEmail bool
}

// Wording gives the texts of one agent's settings. Settled: rule 16.
type Wording struct {
	settings schemas.Settings
}

// NewWording makes the wording of s.
func NewWording(s schemas.Settings) Wording { return Wording{settings: s} }

// Notice is the text for key in lang, in the agent's personality. An empty lang
// is the agent's first language, an unsupported one is English. The admin's own
// transfer messages come before the built-in ones. Spec: S8, S11.
func (w Wording) Notice(key NoticeKey, lang string, d WordingData) string {
	lang = w.supported(lang)
	text := w.override(key, lang)
	if text == "" {
		text = w.text(variant(key, d), lang)
	}
	text = w.fill(text, lang, d)
	if d.AskEmail && !AsksEmail(text) {
		text += " " + w.text(emailSuffix, lang)
	}
	return text
}

// Transfer is the text of a handoff for what people are available.
func (w Wording) Transfer(a schemas.Availability, lang string, d WordingData) string {
	switch a {
	case schemas.AvailableQueued:
		return w.Notice(NoticeTransferQueued, lang, d)
	case schemas.AvailableClosed:
		return w.Notice(NoticeTransferClosed, lang, d)
	case schemas.AvailableNow:
	}
	return w.Notice(NoticeTransferNow, lang, d)
}

// Disclosure is the line that opens the first reply of a conversation.
func (w Wording) Disclosure(lang string, languageModel bool) string {
	if languageModel {
		return w.Notice(NoticeDisclosureModel, lang, WordingData{})
	}
	return w.Notice(NoticeDisclosureFinder, lang, WordingData{})
}

// variant picks the form of a text for which some data are missing.
func variant(key NoticeKey, d WordingData) NoticeKey {
	switch {
	case key == NoticeTransferClosed && d.Until.IsZero():
		return "transfer_closed_unknown"
	case key == NoticeWaitHours && d.Until.IsZero():
		return "transfer_closed_unknown"
	case key == NoticeHumanJoined && d.Name == "":
		return "human_joined_unnamed"
	}
	return key
}

// override is the admin's own transfer message. Spec: S11.
func (w Wording) override(key NoticeKey, lang string) string {
	messages := w.settings.Handoff.Messages[lang]
	switch key {
	case NoticeTransferNow:
		return messages[schemas.AvailableNow]
	case NoticeTransferQueued:
		return messages[schemas.AvailableQueued]
	case NoticeTransferClosed:
		return messages[schemas.AvailableClosed]
	}
	return ""
}

// supported is the language in which a text exists.
func (w Wording) supported(lang string) string {
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	if lang == "" && len(w.settings.Profile.Languages) > 0 {
		lang = w.settings.Profile.Languages[0]
	}
	if _, ok := wordings()[lang]; ok {
		return lang
	}
	if _, ok := w.settings.Handoff.Messages[lang]; ok {
		return lang
	}
	return "en"
}

// text is the raw text for key in lang and the agent's personality. The lively
// personalities share the friendly texts, so that one conversation does not mix
// forms of address; brand_voice uses the professional ones.
func (w Wording) text(key NoticeKey, lang string) string {
	forms, ok := wordings()[lang][key]
	if !ok {
		forms = wordings()["en"][key]
	}
	order := []schemas.Personality{w.settings.Profile.Personality, schemas.PersonalityFriendly, schemas.PersonalityProfessional}
	switch w.settings.Profile.Personality {
	case schemas.PersonalityBrandVoice, schemas.PersonalityProfessional, "":
		order = order[2:]
	}
	for _, p := range order {
		if text := forms[p]; text != "" {
			return text
		}
	}
	return ""
}

func (w Wording) fill(text, lang string, d WordingData) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return strings.NewReplacer(
		"{agent}", w.settings.Profile.Name,
		"{company}", w.settings.Profile.Company,
		"{name}", d.Name,
		"{title}", d.Title,
		"{value}", d.Value,
		"{address}", d.Address,
		"{tries}", strconv.Itoa(d.Tries),
		"{code}", d.Code,
		"{minutes}", strconv.Itoa(minutes(d.Wait)),
		"{wait}", w.wait(d.Wait, lang),
		"{time}", w.time(lang, d),
		"{language}", w.languageName(d.Quoted, lang),
	).Replace(text)
}

func minutes(d time.Duration) int {
	return int((d + time.Minute - 1) / time.Minute)
}

func (w Wording) wait(d time.Duration, lang string) string {
	switch n := minutes(d); {
	case n <= 0:
		return w.text("wait_unknown", lang)
	case n == 1:
		return w.text("wait_minute", lang)
	default:
		return strings.ReplaceAll(w.text("wait_minutes", lang), "{minutes}", strconv.Itoa(n))
	}
}

func (w Wording) languageName(code, lang string) string {
	if name := w.text(NoticeKey("language_"+code), lang); name != "" {
		return name
	}
	return w.text("language_other", lang)
}

// time says when Until is, in the customer's words and in the zone of the
// hours. Spec: D3.
func (w Wording) time(lang string, d WordingData) string {
	if d.Until.IsZero() {
		return ""
	}
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		zone = time.UTC
	}
	until, now := d.Until.In(zone), d.Now.In(zone)
	key := NoticeKey("time_date")
	switch days := daysBetween(now, until); {
	case days == 0:
		key = "time_today"
	case days == 1:
		key = "time_tomorrow"
	case days > 1 && days < 7:
		key = "time_week"
	}
	// Customers plan by the day's name; the date is needed only when the name
	// alone could be misread.
	weekdays := strings.Split(w.text("weekdays", lang), ",")
	months := strings.Split(w.text("months", lang), ",")
	return strings.NewReplacer(
		"{clock}", until.Format("15:04"),
		"{weekday}", weekdays[until.Weekday()],
		"{day}", strconv.Itoa(until.Day()),
		"{month}", months[until.Month()-1],
	).Replace(w.text(key, lang))
}

// daysBetween counts midnights from a to b, both in one zone.
func daysBetween(a, b time.Time) int {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	from := time.Date(ay, am, ad, 0, 0, 0, 0, time.UTC)
	to := time.Date(by, bm, bd, 0, 0, 0, 0, time.UTC)
	return int(to.Sub(from) / (24 * time.Hour))
}

//go:embed wording/*.json
var wordingFiles embed.FS

type wordingTable map[string]map[NoticeKey]map[schemas.Personality]string

// wordings are the embedded texts, read once and never changed: language to
// key to personality to text.
var wordings = sync.OnceValue(func() wordingTable {
	table, err := readWordings()
	if err != nil {
		// The files are part of the program and read by a test.
		panic(err)
	}
	return table
})

func readWordings() (wordingTable, error) {
	table := wordingTable{}
	for _, lang := range []string{"en", "it", "sv"} {
		raw, err := wordingFiles.ReadFile("wording/" + lang + ".json")
		if err != nil {
			return nil, fmt.Errorf("read wording %s: %w", lang, err)
		}
		var texts map[NoticeKey]map[schemas.Personality]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("parse wording %s: %w", lang, err)
		}
		table[lang] = texts
	}
	return table, nil
}
