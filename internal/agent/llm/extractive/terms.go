package extractive

import (
	"math"
	"strings"
	"sync"

	"steward/internal/language"
)

// weakWeight is what a word is worth that says little about the topic.
const weakWeight = 0.3

// vocabulary is what is known of a language's frequent words, as terms.
type vocabulary struct {
	stop map[string]bool
	weak map[string]bool
}

// vocabularies are built once from the word lists and never changed.
var vocabularies = sync.OnceValue(func() map[string]vocabulary {
	out := make(map[string]vocabulary)
	for lang, words := range stopWords() {
		out[lang] = vocabulary{stop: termSet(words, lang), weak: termSet(weakWords()[lang], lang)}
	}
	return out
})

func termSet(words, lang string) map[string]bool {
	set := make(map[string]bool)
	for _, term := range language.Analyze(words, lang) {
		set[term] = true
	}
	return set
}

// terms are the words of text that can carry meaning, in order, stemmed.
func terms(text, lang string) []string {
	stop := vocabularies()[lang].stop
	var out []string
	for _, t := range language.Analyze(text, lang) {
		if !stop[t] {
			out = append(out, t)
		}
	}
	return out
}

// weights are a question's terms and what each is worth.
func (f *Finder) weights(question, lang string) map[string]float64 {
	weak := vocabularies()[lang].weak
	out := make(map[string]float64)
	for _, t := range terms(question, lang) {
		w := 1.0
		if weak[t] {
			w = weakWeight
		}
		if f.options.Frequencies != nil {
			if share, known := f.options.Frequencies.Share(lang, t); known {
				w *= rarity(share)
			}
		}
		out[t] = w
	}
	return out
}

// rarity turns the share of documents with a term into a factor from 0.1 for a
// term that all have to 1 for one that few have.
func rarity(share float64) float64 {
	share = min(max(share, 0.001), 1)
	return max(0.1, math.Log(1/share)/math.Log(1000))
}

// coverage is the weighted share of the question's terms that are in seen.
func coverage(weights map[string]float64, seen map[string]bool) float64 {
	found, all := 0.0, 0.0
	for t, w := range weights {
		all += w
		if seen[t] {
			found += w
		}
	}
	if all == 0 {
		return 0
	}
	return found / all
}

func addTerms(set map[string]bool, list []string) {
	for _, t := range list {
		set[t] = true
	}
}

// stopWords are words without a topic, per language.
func stopWords() map[string]string {
	return map[string]string{
		"en": `a an the and or but if then than that this these those there here of to in on at by for from with about into
 over under as is are was were be been being am do does did doing have has had having can could shall should will would
 may might must i you he she it we they me him her us them my your his its our their mine yours who whom whose which what
 when where why how not no nor so too very just also only own same such any some all each both more most other up down out
 off again once please hello hi hey thanks thank ok okay yes d ll m o re s t ve don didn doesn isn aren wasn won`,
		"it": `il lo la i gli le l un uno una di a da in con su per tra fra del dello della dei degli delle al allo alla ai agli
 alle dal dallo dalla dai dagli dalle nel nello nella nei negli nelle sul sullo sulla sui sugli sulle e ed o ma se che chi
 cui non mi ti si ci vi io tu lui lei noi voi loro mio mia miei mie tuo tua tuoi tue suo sua suoi sue nostro nostra vostro
 vostra questo questa questi queste quello quella quelli quelle sono sei e siamo siete era essere ho hai ha abbiamo avete
 hanno avere come quando quanto quanta quanti quante quale quali dove perche cosa piu anche solo gia ciao salve grazie prego`,
		"sv": `och att det som en ett den de av for med pa ar var till inte om jag du vi ni han hon dem min mitt mina din ditt dina
 er ert era sin sitt sina har hade ha kan kunde ska skulle vill ville vad nar hur vem varfor vilken vilket vilka dar har fran
 eller men sa efter detta denna dessa nu mig dig oss sig i vid under over ut upp ner hej tack ja nej finns bli blir blev`,
		"de": `der die das den dem des ein eine einen einem einer eines und oder aber wenn dass weil ist sind war waren bin bist sein
 ich du er sie es wir ihr mich dich mir dir uns euch mein meine meinen meinem meiner dein deine ihre ihren ihrem unser zu zum
 zur mit auf fur von vom im in am an bei nach aus uber unter durch um wie was wann wo wer wem wen warum welche welcher welches
 kann konnte konnen muss mussen soll will wird werden wurde hat habe haben hatte nicht kein keine auch nur noch schon so als`,
		"fr": `le la les l un une des du de d et ou mais si que qui quoi dont est sont suis etes etait etre ai as a avons avez ont
 avoir je j tu il elle on nous vous ils elles me m te t se s mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs
 ce cet cette ces dans sur sous avec pour par en au aux ne n pas plus comment quand combien quel quelle quels quelles ou`,
		"es": `el la los las un una unos unas de del al a y e o u pero si que quien quienes cual cuales cuando donde como cuanto
 cuanta cuantos cuantas por para con sin sobre en entre es son soy eres era fue ser esta estan estar he ha han hay haber yo
 tu el ella nosotros ustedes ellos me te se nos le les lo mi mis su sus nuestro nuestra este esta esto ese esa no ni mas muy`,
	}
}

// weakWords are words that many questions share and that rarely name the topic.
func weakWords() map[string]string {
	return map[string]string{
		"en": strings.Join([]string{
			`long much many get got need want like know tell find make take go come use work time day way thing`,
			`possible able help question information info something anything someone someday still already ever before after`,
		}, " "),
		"it": `posso puo possibile vorrei voglio devo serve bisogno fare sapere dire trovare tempo giorno modo aiuto domanda
 informazioni qualcosa ancora lungo molto prima dopo`,
		"sv": `lang lange mycket manga fa far behover vill veta gora gor ta komma tid dag satt hjalp fraga mojligt information
 nagot fortfarande redan innan`,
		"de": `lange lang viel viele bekommen brauche mochte wissen sagen finden machen zeit tag hilfe frage moglich information etwas`,
		"fr": `longtemps beaucoup besoin veux voudrais savoir dire trouver faire temps jour aide question possible information`,
		"es": `mucho muchos necesito quiero quisiera saber decir encontrar hacer tiempo dia ayuda pregunta posible informacion puedo`,
	}
}
