package language

import "strings"

// Alarm is what a message says that a person has to see.
type Alarm string

// The alarms, from the most urgent.
const (
	AlarmNone  Alarm = ""
	AlarmHarm  Alarm = "self_harm"
	AlarmAbuse Alarm = "abuse"
	AlarmLegal Alarm = "legal_threat"
)

// Alarming finds what a message says that a person has to see, in English,
// Italian and Swedish, whatever the conversation's language is: a wrong guess of
// it must not hide a cry for help. The lists are short on purpose, and hold
// phrases that hardly occur in another sense; a bare swear word is no abuse.
func Alarming(text string) Alarm {
	for _, a := range []Alarm{AlarmHarm, AlarmAbuse, AlarmLegal} {
		if ContainsPhrase(text, alarms[a]) {
			return a
		}
	}
	return AlarmNone
}

var alarms = map[Alarm][]string{
	AlarmHarm: phrasesOf(`kill myself, killing myself, hurt myself, harm myself, end my life, ending my life, take my own life,
		want to die, suicide, suicidal,
		uccidermi, mi uccido, ammazzarmi, mi ammazzo, farmi del male, togliermi la vita, voglio morire, suicidio, suicidarmi,
		ta livet av mig, tar livet av mig, doda mig sjalv, skada mig sjalv, vill do, vill inte leva, sjalvmord, ta mitt liv`),
	AlarmAbuse: phrasesOf(`i will kill you, i ll kill you, i will find you, kill yourself, fuck you, fuck off, piece of shit, you bitch,
		you cunt, you bastard, you moron,
		ti ammazzo, vi ammazzo, ti uccido, ti vengo a cercare, vaffanculo, fanculo, pezzo di merda, figlio di puttana, testa di cazzo,
		jag ska doda dig, jag dodar dig, jag vet var du bor, dra at helvete, far at helvete, javla idiot, javla hora, knulla dig`),
	AlarmLegal: phrasesOf(`my lawyer, my attorney, our lawyer, take legal action, taking legal action, legal steps, sue you,
		sue your company, see you in court, take you to court, small claims court, press charges, report you to the police,
		il mio avvocato, mio avvocato, vie legali, azioni legali, azione legale, vi denuncio, ti denuncio, sporgo denuncia,
		in tribunale, vi faccio causa,
		min advokat, min jurist, rattsliga atgarder, rattsliga steg, stamma er, stamma ert foretag, polisanmala er,
		polisanmaler er, anmala er till konsumentverket, ses i ratten, allmanna reklamationsnamnden`),
}

// Upset reports whether a message has words of anger or disappointment. Words
// after a negation do not count. It reads English, Italian and Swedish.
func Upset(text string) bool {
	return says(text, upset)
}

// Complains reports whether a message is a complaint by name, and not by its
// tone. It reads what Upset reads.
func Complains(text string) bool { return says(text, complaints) }

// says reports whether one of phrases is in a text and not after a negation.
func says(text string, phrases []string) bool {
	words := " " + strings.Join(Words(text), " ") + " "
	for _, phrase := range phrases {
		needle := " " + phrase + " "
		for from := 0; ; {
			at := strings.Index(words[from:], needle)
			if at < 0 {
				break
			}
			if !negated(words[:from+at]) {
				return true
			}
			from += at + len(needle) - 1
		}
	}
	return false
}

var upset = phrasesOf(`ridiculous, unacceptable, terrible, awful, horrible, useless, worthless, disgusting, disgrace, pathetic, outrageous,
	furious, angry, frustrated, frustrating, annoyed, annoying, disappointed, disappointing, fed up, sick of, had enough, worst,
	rubbish, scam, waste of time, never again, what a joke, this is a joke,
	ridicolo, inaccettabile, vergogna, vergognoso, pessimo, pessima, schifo, inutile, inutili, arrabbiato, arrabbiata, furioso, furiosa,
	deluso, delusa, incazzato, incazzata, stufo, stufa, truffa, basta, perdita di tempo, mai piu, indecente,
	oacceptabelt, fruktansvart, hemskt, vardelos, vardelost, usel, uselt, skandal, lojligt, forbannad, arg, arga, besviken, besvikna,
	irriterad, irriterande, trott pa, fatt nog, bluff, bedrageri, slosar min tid, sloseri med tid, aldrig mer, skamt`)

var complaints = phrasesOf(`complaint, complain, complaining, ombudsman,
	reclamo, reclami, reclamare, lamentela, lamentele, lamentarmi,
	klagomal, klaga, klagar, reklamera, reklamerar, reklamation`)

// phrasesOf folds a list with commas between its phrases.
func phrasesOf(list string) []string {
	var out []string
	for phrase := range strings.SplitSeq(list, ",") {
		if words := Words(phrase); len(words) > 0 {
			out = append(out, strings.Join(words, " "))
		}
	}
	return out
}
