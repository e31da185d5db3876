package slots

// wordList is the source of a lexicon, as people write it.
type wordList struct {
	months, numbers, days, pronouns, negations   string
	cancels, refusals, corrections, replacements string
}

// wordLists are the lists of the languages whose small talk is known.
func wordLists() map[string]wordList {
	return map[string]wordList{
		"en": english(), "it": italian(), "sv": swedish(), "de": german(), "fr": french(), "es": spanish(),
	}
}

func english() wordList {
	return wordList{
		months: `january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep/sept
 october/oct november/nov december/dec`,
		numbers:   `one two three four five six seven eight nine ten eleven twelve`,
		days:      `today 0,tomorrow 1,yesterday -1,day after tomorrow 2,day before yesterday -2`,
		pronouns:  `i we it they he she you thanks please not dont don t there that`,
		negations: `not no isn aren don never without except`,
		cancels: `cancel,cancel it,cancel that,cancel this,please cancel,cancel please,cancel please thanks,forget it,forget that,
forget about it,just forget it,ok forget it,never mind,nevermind,oh never mind,no never mind,never mind thanks,stop,stop it,
stop this,leave it,abort,quit,drop it,let s stop,i changed my mind,changed my mind,i don t want to anymore,
i don t want this anymore,no longer needed,not needed anymore,no forget it`,
		refusals: `rather not say,i d rather not say,i would rather not say,prefer not to say,i prefer not to say,i d prefer not to,
i won t say,not telling,none of your business,that s private,it s private,private,skip,skip it,skip this,skip that,pass,no comment,
i don t want to say,i don t want to tell you,i don t want to answer,i d rather not,i prefer not to answer,i don t know,no idea,not sure,
i m not sure`,
		corrections: `no it s,no it is,no its,no i meant,no i mean,no that s wrong it s,sorry it s,sorry i meant,sorry i mean,i meant,i mean,
actually it s,actually it is,actually,correction,wait it s,oops it s,oops,no sorry it s,sorry no it s,no the right one is,it should be,
no it should be,my mistake it s`,
		replacements: `instead of,rather than,and not`,
	}
}

func italian() wordList {
	return wordList{
		months: `gennaio/gen febbraio/feb marzo/mar aprile/apr maggio/mag giugno/giu luglio/lug agosto/ago settembre/set
 ottobre/ott novembre/nov dicembre/dic`,
		numbers:   `uno/una due tre quattro cinque sei sette otto nove dieci undici dodici`,
		days:      `oggi 0,domani 1,ieri -1,dopodomani 2,dopo domani 2,l altro ieri -2,altro ieri -2,avantieri -2`,
		pronouns:  `io noi lui lei non ho ce l abbiamo grazie`,
		negations: `non no senza tranne mai`,
		cancels: `annulla,annullare,annulla tutto,lascia stare,lasci stare,lascia perdere,lasci perdere,niente,non importa,fa niente,
non fa niente,stop,basta,ferma,fermati,dimentica,come non detto,ho cambiato idea,non mi serve più,non serve più,no lascia stare,
ok lascia stare`,
		refusals: `preferisco non dirlo,preferirei non dirlo,non voglio dirlo,non lo dico,è privato,salta,passo,saltiamo,
preferisco non rispondere,non voglio rispondere,non lo so,non so,non saprei,nessuna idea`,
		corrections: `no è,no e,no intendevo,no volevo dire,scusa è,scusi è,scusa intendevo,intendevo,volevo dire,anzi,anzi è,
in realtà è,in realtà,correzione,mi sono sbagliato è,mi sono sbagliata è,ho sbagliato è,no scusa è,no scusi è`,
		replacements: `invece di,anziché,e non,al posto di`,
	}
}

func swedish() wordList {
	return wordList{
		months: `januari/jan februari/feb mars/mar april/apr maj juni/jun juli/jul augusti/aug september/sep/sept oktober/okt
 november/nov december/dec`,
		numbers:   `ett/en två tre fyra fem sex sju åtta nio tio elva tolv`,
		days:      `idag 0,i dag 0,imorgon 1,i morgon 1,igår -1,i går -1,övermorgon 2,i övermorgon 2,i förrgår -2,förrgår -2`,
		pronouns:  `jag vi det han hon de tack inte har`,
		negations: `inte ej utan aldrig inget ingen`,
		cancels: `avbryt,avbryt det,avbryt detta,glöm det,glöm bort det,strunta i det,struntar i det,skit i det,stopp,sluta,låt bli,
det var inget,det gör inget,jag har ändrat mig,ändrat mig,det behövs inte längre,behövs inte,lägg ner,nej glöm det,ok glöm det`,
		refusals: `vill inte säga,jag vill inte säga,vill helst inte säga,jag vill helst inte säga,helst inte,det är privat,privat,hoppa över,
pass,vill inte svara,jag vill inte svara,vet inte,jag vet inte,ingen aning,vet ej`,
		corrections: `nej det är,nej jag menade,nej jag menar,förlåt det är,ursäkta det är,förlåt jag menade,jag menade,jag menar,
menade,rättelse,egentligen är det,fel det är,oj det är,nej förlåt det är,det ska vara,nej det ska vara`,
		replacements: `istället för,i stället för,och inte,i st f`,
	}
}

func german() wordList {
	return wordList{
		months: `januar/jan/jänner februar/feb märz/mär/mrz april/apr mai juni/jun juli/jul august/aug september/sep/sept
 oktober/okt november/nov dezember/dez`,
		numbers:   `eins/ein/eine zwei drei vier fünf sechs sieben acht neun zehn elf zwölf`,
		days:      `heute 0,morgen 1,gestern -1,übermorgen 2,vorgestern -2`,
		pronouns:  `ich wir es er sie das hab habe danke leider`,
		negations: `nicht kein keine ohne nie außer`,
		cancels: `abbrechen,abbruch,bitte abbrechen,vergiss es,vergessen sie es,vergiss das,lass es,lassen sie es,lass gut sein,
egal,schon gut,stopp,stop,nicht mehr nötig,hat sich erledigt,erledigt,ich habe es mir anders überlegt,doch nicht,nein vergiss es,
ok vergiss es`,
		refusals: `möchte ich nicht sagen,das möchte ich nicht sagen,ich möchte das nicht sagen,das sage ich nicht,keine angabe,
keine angaben,privat,das ist privat,überspringen,weiter,lieber nicht,weiß nicht,ich weiß nicht,weiß ich nicht,das weiß ich nicht,keine ahnung`,
		corrections: `nein es ist,nein ich meinte,nein ich meine,entschuldigung es ist,sorry es ist,ich meinte,ich meine,ich meinte natürlich,
eigentlich,eigentlich ist es,korrektur,nein das ist,nein sondern,falsch es ist,es ist eigentlich,nein richtig ist`,
		replacements: `statt,anstatt,und nicht,anstelle von`,
	}
}

func french() wordList {
	return wordList{
		months: `janvier/janv février/févr/fév mars avril/avr mai juin juillet/juil août septembre/sept octobre/oct novembre/nov
 décembre/déc`,
		numbers:   `un/une deux trois quatre cinq six sept huit neuf dix onze douze`,
		days:      `aujourd hui 0,demain 1,hier -1,après demain 2,avant hier -2`,
		pronouns:  `je j nous il elle c on merci`,
		negations: `pas non sans jamais sauf ni`,
		cancels: `annule,annuler,annulez,annule ça,annulez ça,oublie,oubliez,oublie ça,oubliez ça,laisse tomber,laissez tomber,
peu importe,tant pis,stop,arrête,arrêtez,ce n est plus la peine,j ai changé d avis,non laisse tomber,non laissez tomber,
ok laisse tomber`,
		refusals: `je préfère ne pas le dire,je préfère ne pas dire,je ne veux pas le dire,je ne préfère pas,c est privé,privé,passer,
je passe,passe,je préfère ne pas répondre,je ne veux pas répondre,je ne sais pas,je sais pas,aucune idée,sais pas`,
		corrections: `non c est,non je voulais dire,pardon c est,désolé c est,désolée c est,je voulais dire,je veux dire,en fait c est,
en fait,correction,non plutôt,plutôt,non pardon c est`,
		replacements: `au lieu de,plutôt que,et pas,et non`,
	}
}

func spanish() wordList {
	return wordList{
		months: `enero/ene febrero/feb marzo/mar abril/abr mayo/may junio/jun julio/jul agosto/ago septiembre/sep/sept/setiembre
 octubre/oct noviembre/nov diciembre/dic`,
		numbers:   `uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce`,
		days:      `hoy 0,mañana 1,ayer -1,pasado mañana 2,anteayer -2,antes de ayer -2`,
		pronouns:  `yo nosotros lo la es tengo tenemos gracias`,
		negations: `no sin nunca excepto ni`,
		cancels: `cancela,cancelar,cancelalo,cancélalo,anular,olvídalo,olvidalo,olvídelo,olvida eso,déjalo,déjelo,no importa,da igual,
déjalo así,para,basta,stop,ya no hace falta,ya no lo necesito,cambié de opinión,he cambiado de idea,no déjalo,no olvídalo,ok olvídalo`,
		refusals: `prefiero no decirlo,preferiría no decirlo,no quiero decirlo,es privado,privado,saltar,paso,omitir,
prefiero no responder,no quiero responder,prefiero no contestar,no lo sé,no sé,ni idea,no estoy seguro,no estoy segura`,
		corrections: `no es,no quise decir,no quería decir,perdón es,perdona es,perdón quise decir,quise decir,quería decir,en realidad es,
en realidad,corrección,me equivoqué es,no perdón es,mejor dicho`,
		replacements: `en vez de,en lugar de,y no`,
	}
}
