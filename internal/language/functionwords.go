package language

// functionWords are frequent words, folded, that tell languages apart, with
// the small talk people open a chat with. Words that two of these languages
// share are left to both lists: only a clear lead counts.
var functionWords = map[string]map[string]bool{
	"en": setOf(`the and is are was were of to in for on with that this it you your my we our have has had do does did
 can could would should will what when where which who why how not be been from or if there here they them their
 an at as but about after before into than then please hello hi hey thanks thank yes order i m t`),
	"it": setOf(`il lo la gli le un uno una di del dello della dei degli delle da dal dalla in nel nella con su sul sulla per
 tra e ed o che chi cui non mi ti si ci vi sono sei siamo ho hai ha abbiamo hanno come quando quanto quanti quale quali
 dove perche cosa questo questa quello mio mia miei tuo posso puo vorrei devo piu anche al allo alla ai agli alle
 ciao salve buongiorno grazie prego buonasera ordine`),
	"sv": setOf(`och att det som en ett den av for med pa ar var till inte om jag du vi ni han hon de har hade kan kunde ska
 skulle vill min mitt mina din ditt er vad nar hur vem varfor vilken vilket fran eller men sa efter detta denna nu
 mig dig oss hej hejsan tack tjena snalla nej finns`),
	"de": setOf(`der die das den dem des ein eine einen einem einer und ist sind war nicht ich du er sie wir ihr mein meine
 meinen ihre zu mit auf fur von im am bei nach aus wie was wann wo wer warum welche kann konnte mochte habe hat haben
 werden wird es auch oder aber wenn dass in an um als so viele vieler welcher welches welchen sich nur noch ihren ihrer seine hallo danke bitte guten nein`),
	"fr": setOf(`le la les un une des du de et est sont je tu il elle nous vous ils mon ma mes votre vos pour dans sur avec que
 qui quoi ou quand comment pourquoi combien quel quelle ne pas plus au aux en ce cette j ai ete avoir puis peux c d l qu
 bonjour salut merci oui non bonsoir`),
	"es": setOf(`el la los las un una de del y es son en por para con que como cuando donde cual cuanto cuantos quien no mi mis
 tu su sus yo nosotros ustedes se lo al pero mas este esta esto entre sobre fue era han sido fueron cuales que desde hasta puedo puede quiero tengo tiene hay he ha muy
 hola gracias buenos buenas si adios pedido`),
	"pt": setOf(`o os as um uma de do da dos das e em no na nos nas por para com que como quando onde qual quanto nao eu voce meu
 minha seu sua se ao mas mais este esta isso posso pode quero tenho tem ola obrigado obrigada sim bom dia`),
	"nl": setOf(`de het een en van in op te dat die is zijn was niet ik je jij u wij we mijn uw voor met aan er ook als maar om
 wat wanneer waar wie waarom hoe kan kunnen wil heb heeft hebben worden wordt naar bij hallo bedankt dank ja nee`),
	"da": setOf(`og at det som en et den af for med pa er var til ikke om jeg du vi har havde kan kunne skal vil min mit mine din
 hvad hvornar hvordan hvem hvorfor hvilken fra eller men hvor nu mig dig os hej tak nej efter dette denne`),
	"no": setOf(`og at det som en et den av for med pa er var til ikke om jeg du vi har hadde kan kunne skal vil min mitt mine din
 hva nar hvordan hvem hvorfor hvilken fra eller men hvor na meg deg oss hei takk nei etter dette denne`),
}
