package schemas

import (
	"slices"
	"strings"
	"unicode"
)

// protectedNames are words in the name of a criterion or of its CRM property
// that stand for a characteristic nobody may be judged by. Folded, exact parts
// of the name between underscores.
const protectedNames = `age birthdate birthday birth gender sex race ethnicity ethnic religion religious faith nationality
 disability disabled health illness pregnant pregnancy orientation sexuality union politics political party_affiliation
 marital eta sesso genere religione etnia salute disabilita gravidanza sindacato alder kon religion etnicitet halsa
 funktionsnedsattning fackforbund alter geschlecht herkunft gesundheit behinderung schwangerschaft gewerkschaft
 sexe religion ethnie sante handicap grossesse syndicat edad sexo genero etnia salud discapacidad embarazo sindicato`

// protectedPhrases are what such a question says, per language: folded, by
// commas. A star ends a word that may go on. Words that have another common
// meaning stand only in a phrase that leaves no doubt.
func protectedPhrases() map[string]string {
	return map[string]string{
		"en": `your age,age group,age range,what age,how old are you,how old you are,date of birth,year of birth,your birthday,
gender,your sex,male or female,man or woman,religio*,your faith,which church,ethnic*,your race,racial,skin color,skin colour,
national origin,your nationality,disability,disabilities,disabled,your health,health condition*,medical condition*,chronic illness*,
pregnan*,sexual orientation,sexuality,are you gay,lesbian,bisexual,transgender,heterosexual,homosexual*,trade union*,labor union*,
labour union*,union member*,politic*,who do you vote,marital status,are you married,genetic test*,criminal record`,
		"it": `quanti anni hai,quanti anni ha,la tua eta,la sua eta,fascia d eta,fascia di eta,data di nascita,anno di nascita,
di che sesso,il tuo sesso,il suo sesso,identita di genere,maschio o femmina,uomo o donna,religio*,fede religiosa,etnic*,etnia,
di che razza,colore della pelle,nazionalita,disabil*,stato di salute,la tua salute,la sua salute,malatti*,incinta,gravidanza,
orientamento sessuale,omosessual*,eterosessual*,lesbica,transgender,sindacat*,politic*,per chi vota,stato civile,casellario giudiziale`,
		"sv": `hur gammal ar du,hur gamla ar ni,din alder,er alder,aldersgrupp,fodelsedatum,fodelsear,ditt kon,ert kon,vilket kon,
konsidentitet,man eller kvinna,religio*,vilken tro,etnisk*,etnicitet,hudfarg,nationalitet,funktionsnedsattning*,
funktionshinder,din halsa,er halsa,halsotillstand,sjukdom*,gravid*,sexuell laggning,homosexuell*,heterosexuell*,bisexuell*,
fackforbund*,fackmedlem*,facklig*,politi*,rostar du pa,civilstand,belastningsregist*`,
		"de": `wie alt sind sie,wie alt bist du,ihr alter,dein alter,altersgruppe,geburtsdatum,geburtsjahr,geschlecht*,
mann oder frau,mannlich oder weiblich,religio*,konfession*,glaubensrichtung,ethni*,hautfarbe,nationalitat,staatsangehorigkeit,
behindert*,behinderung*,ihre gesundheit,deine gesundheit,gesundheitszustand,krankheit*,schwanger*,sexuelle orientierung,
homosexuell*,heterosexuell*,gewerkschaft*,politi*,wahlen sie eine partei,familienstand,vorstrafe*`,
		"fr": `quel age,votre age,ton age,tranche d age,date de naissance,annee de naissance,votre sexe,votre genre,
homme ou femme,religi*,confession*,votre foi,ethni*,origine raciale,couleur de peau,nationalite,handicap*,votre sante,
etat de sante,maladie*,enceinte,grossesse,orientation sexuelle,homosexuel*,heterosexuel*,syndicat*,syndical*,syndique*,
politi*,pour qui votez vous,situation matrimoniale,etat civil,casier judiciaire`,
		"es": `que edad,cuantos anos tiene,cuantos anos tienes,su edad,tu edad,grupo de edad,rango de edad,fecha de nacimiento,
ano de nacimiento,su sexo,tu sexo,su genero,tu genero,identidad de genero,hombre o mujer,religi*,etnia,etnic*,raza,
color de piel,nacionalidad,discapaci*,estado de salud,su salud,tu salud,enfermedad*,embaraz*,orientacion sexual,
homosexual*,heterosexual*,sindicat*,sindical*,politic*,por quien vota,estado civil,antecedentes penales`,
	}
}

// protected finds a protected characteristic in what c asks, and the word that
// gives it away. A question in another language is read as English.
func (c Criterion) protected() (string, bool) {
	names := strings.Fields(protectedNames)
	asked := []string{c.Name}
	if c.Object == ObjectContact {
		// What a company or a deal has describes no person.
		asked = append(asked, c.Property)
	}
	for _, name := range asked {
		for part := range strings.SplitSeq(name, "_") {
			if slices.Contains(names, part) {
				return part, true
			}
		}
	}
	for lang, text := range c.Question {
		if word, ok := protectedIn(text, lang); ok {
			return word, true
		}
	}
	for _, o := range c.Options {
		for lang, text := range o.Label {
			if word, ok := protectedIn(text, lang); ok {
				return word, true
			}
		}
	}
	return "", false
}

func protectedIn(text, lang string) (string, bool) {
	phrases, ok := protectedPhrases()[lang]
	if !ok {
		phrases = protectedPhrases()["en"]
	}
	folded := " " + strings.Join(strings.FieldsFunc(plainLetters(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ") + " "
	for phrase := range strings.SplitSeq(phrases, ",") {
		phrase = strings.TrimSpace(phrase)
		stem, open := strings.CutSuffix(phrase, "*")
		needle := " " + stem
		if !open {
			needle += " "
		}
		if strings.Contains(folded, needle) {
			return stem, true
		}
	}
	return "", false
}

// plainLetters is s in small letters without the accents of the languages that
// the lists are in.
func plainLetters(s string) string {
	return strings.NewReplacer(
		"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e",
		"ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o",
		"ù", "u", "ú", "u", "û", "u", "ü", "u", "\u0300", "", "\u0301", "", "\u0302", "", "\u0303", "", "\u0308", "", "\u030a", "", "\u0327", "",
	).Replace(strings.ToLower(s))
}
