package language

import (
	"regexp"
	"slices"
	"strings"
)

// negationReach is how many words before a wish for a person are searched for
// a negation.
const negationReach = 5

// notPersons are fixed expressions that only look like a person.
var notPersons = regexp.MustCompile(` (?:human (?:resources|rights|error|hair|sized?|body|being s)|person(?:al)? (?:data|details|information))(?: |$)`)

// wantsPerson reports whether folded words ask for a person.
func wantsPerson(words []string) bool {
	if len(words) == 0 {
		return false
	}
	text := notPersons.ReplaceAllString(" "+strings.Join(words, " ")+" ", " x ")
	if slices.Contains(personAlone, strings.Join(trimPolite(words), " ")) {
		return true
	}
	if againstBot.MatchString(text) {
		return true
	}
	for _, wish := range personWishes {
		for _, at := range wish.FindAllStringIndex(text, -1) {
			if !negated(text[:at[0]]) {
				return true
			}
		}
	}
	return false
}

// trimPolite takes words of courtesy and greeting off both ends, so that
// "hello, agent please" is the request it is.
func trimPolite(words []string) []string {
	start, end := 0, len(words)
	for start < end && politeWords[words[start]] {
		start++
	}
	for end > start && politeWords[words[end-1]] {
		end--
	}
	return words[start:end]
}

// negated reports whether the words right before a match deny it.
func negated(before string) bool {
	words := strings.Fields(before)
	if len(words) > negationReach {
		words = words[len(words)-negationReach:]
	}
	for i, word := range words {
		// "why can't I talk to a person" asks for one.
		if word == "can" || word == "cannot" || word == "why" {
			return false
		}
		if negations[word] {
			return true
		}
		if (word == "don" || word == "didn" || word == "doesn") && i+1 < len(words) && words[i+1] == "t" {
			return true
		}
	}
	return false
}

var politeWords = setOf(`please pls plz hi hello hey now ok okay yes no thanks a an the i want need would like per favore un una uno
 ciao salve grazie voglio vorrei subito snalla tack hej en ett jag vill ha nu bitte einen eine ein hallo danke ich will
 mochte bonjour s il vous te plait une je veux voudrais merci hola por quiero gracias`)

var negations = setOf("not dont never without non senza inte ej utan nicht kein keinen keine ohne pas sans sin nunca instead nor")

// personAlone are whole messages, without courtesy, that ask for a person.
var personAlone = []string{
	"agent", "human", "person", "operator", "representative", "rep", "human agent", "live agent", "live chat", "live person",
	"real person", "real human", "support agent", "human support", "human being", "someone real", "human help",
	"operatore", "umano", "persona", "operatrice", "assistente umano", "operatore umano", "essere umano", "consulente",
	"manniska", "kundtjanst", "kundtjanst person", "handlaggare", "mansklig hjalp", "riktig manniska", "medarbetare",
	"mensch", "mitarbeiter", "echter mensch", "berater", "kundenberater", "mitarbeiterin",
	"humain", "conseiller", "un humain", "vraie personne", "operateur", "conseillere",
	"humano", "agente", "operador", "asesor", "persona real", "agente humano", "representante",
}

// againstBot is a customer who does not want a machine.
var againstBot = regexp.MustCompile(` (?:(?:don t|do not|dont) want(?: to)?(?: (?:talk|speak|chat))?(?: (?:to|with))?(?: (?:a|an|this|the|any))? (?:bot|robot|machine|ai|computer|chatbot)` +
	`|non voglio (?:parlare )?(?:con )?(?:un |una )?(?:bot|robot|macchina|chatbot)` +
	`|vill inte (?:prata |chatta )?(?:med )?(?:en )?(?:bot|robot|maskin|chatbot)) `)

// englishWhich is what may stand between "to" and the person.
const englishWhich = `(?: (?:a|an|the|some|any|one|of|your|another|real|live|actual|human|support|customer|service|care|sales|technical|team)){0,5}`

// personWishes are the wishes inside a longer message, one per language, on
// folded words. They need a verb of contact or an adjective that leaves no
// doubt: a bare "agent" may be somebody's travel agent.
var personWishes = []*regexp.Regexp{
	regexp.MustCompile(` (?:talk|speak|chat|talking|speaking)(?: (?:directly|live))? (?:to|with)` + englishWhich +
		` (?:human|humans|person|someone|somebody|agent|agents|representative|rep|operator|people|advisor|adviser|staff|member|employee|manager|supervisor|colleague|support|service) `),
	regexp.MustCompile(` (?:connect|connected|transfer|transferred|put|pass|hand|switch|forward|get|escalate)(?: (?:me|us))?(?: (?:over|through|on|directly))* (?:to|with)` + englishWhich +
		` (?:human|humans|agent|agents|representative|rep|operator|advisor|adviser|manager|supervisor) `),
	regexp.MustCompile(` (?:connect|transfer|put|pass|hand|switch|forward|get) (?:me|us)(?: (?:over|through|on|directly))* (?:to|with)` + englishWhich +
		` (?:person|someone|somebody|people|staff|member|employee|colleague|support|service) `),
	regexp.MustCompile(` (?:transfer|pass|hand|escalate|forward) (?:it|this)(?: over| on)? to (?:a|an|your) (?:human|agent|representative|operator|manager|supervisor) `),
	regexp.MustCompile(` (?:i|we) (?:want|need|prefer|d like|would like|would prefer|demand) (?:a|an|to see a|some) ?` +
		`(?:human|person|agent|representative|operator|rep)(?: (?:please|now|here|asap|immediately|right now|to help me|to help))* $`),
	regexp.MustCompile(` (?:get|give|find|want|need|bring) (?:me )?(?:a|an|the|some) (?:real|live|actual|human) (?:human|person|people|agent|representative|operator|being) `),
	regexp.MustCompile(` (?:real|actual|live|flesh and blood) (?:human|person|human being|agent|representative) | (?:human|live) (?:agent|representative|operator) `),
	regexp.MustCompile(` (?:agent|human|representative|operator) (?:please|pls|plz)(?: now| asap)? $`),

	regexp.MustCompile(` (?:parlare|parlo|parlarne|parlarci|chattare|mettermi|mettetemi|passami|passatemi|passi|passarmi|passare|collegarmi|trasferirmi|trasferitemi|trasferiscimi|contattare|sentire)` +
		`(?: (?:in|contatto|direttamente|subito|la|chiamata))* ?(?:con|a|ad|al|all|coll)?` +
		`(?: (?:un|una|uno|il|l|la|lo|qualche|vostro|vostra|vero|vera|altro|altra|essere))* ` +
		`(?:operatore|operatrice|persona|persone|umano|umani|qualcuno|consulente|addetto|addetta|assistenza clienti|servizio clienti|responsabile|collega) `),
	regexp.MustCompile(` (?:voglio|vorrei|serve|desidero|preferisco|chiedo) (?:un|una) (?:altro |altra |vero |vera )?(?:operatore|operatrice|persona|umano|essere umano|consulente) `),
	regexp.MustCompile(` persona (?:vera|reale|in carne e ossa) | vera persona | (?:operatore|essere|assistente) umano | operatore per favore `),

	regexp.MustCompile(` (?:prata|tala|snacka|chatta|kopplas|koppla|kopplad|vidarekopplad|kontakt)(?: (?:mig|direkt|vidare|over))*(?: (?:med|till))?` +
		`(?: (?:en|ett|nagon|nagot|er|riktig|riktigt|verklig|levande|annan|mansklig|hos|pa))* ` +
		`(?:manniska|manniskor|person|nagon|handlaggare|medarbetare|agent|kundtjanst|kundservice|radgivare|operator|supporten|personal|personalen|chef) `),
	regexp.MustCompile(` (?:prata|tala|snacka|chatta) med nagon | (?:riktig|verklig|levande|mansklig) (?:manniska|person|agent|medarbetare|kontakt) | (?:vill ha|behover) en (?:manniska|medarbetare|handlaggare) `),

	regexp.MustCompile(` (?:mit|zu|an)(?: (?:einem|einer|einen|jemandem|jemand|dem|ihrem|echten|richtigen|anderen|menschlichen))*` +
		` (?:menschen|mensch|mitarbeiter|mitarbeiterin|mitarbeitern|person|agenten|berater|kundenservice|kundendienst|support|jemandem|jemand)` +
		` (?:zu )?(?:sprechen|reden|chatten|verbinden|verbunden|weiterleiten|weitergeleitet) `),
	regexp.MustCompile(` (?:echte|echten|echter|richtigen|richtiger) (?:menschen|mensch|person|mitarbeiter) | (?:mitarbeiter|mensch) bitte | menschlichen? (?:mitarbeiter|berater|agenten) `),

	regexp.MustCompile(` (?:parler|discuter|echanger|transferez moi|transferer|mettre en relation|passez moi)(?: (?:a|avec|vers))?` +
		`(?: (?:un|une|des|le|la|l|votre|vrai|vraie|veritable|autre|etre))* (?:humain|humaine|personne|conseiller|conseillere|agent|operateur|quelqu un|service client) `),
	regexp.MustCompile(` (?:vraie|veritable) personne | (?:etre|conseiller|agent) humain | (?:veux|voudrais) un (?:humain|conseiller|agent) `),

	regexp.MustCompile(` (?:hablar|chatear|comunicarme|comunicame|pasame|paseme|conectame|transferirme|transfiereme|contactar)(?: (?:con|a))?` +
		`(?: (?:un|una|algun|alguna|el|la|su|otro|otra|ser))* (?:humano|humana|persona|agente|operador|operadora|alguien|asesor|asesora|representante|supervisor) `),
	regexp.MustCompile(` persona (?:real|de verdad|de carne y hueso) | (?:ser|agente|operador) humano | (?:quiero|necesito) un (?:humano|agente|asesor|operador) `),
}
