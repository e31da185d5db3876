package handoff

import (
	"strings"

	"steward/schemas"
)

// words are the words for staff in one language.
type words struct {
	problem, tried, asked, data, suggested, mark string
	sources, action                              string
	handedOver, reason, customer, agent, system  string
	language, priority, window, open, transcript string
	earlier, note, accepted, returned, closed    string
	unproved, draft                              string
	// steps is what to do next, by reason; "" is for all others.
	steps map[schemas.Reason]string
}

// next is what to do next.
func (w words) next(r schemas.Reason) string {
	if s, ok := w.steps[r]; ok {
		return s
	}
	return w.steps[schemas.ReasonNone]
}

// wordsOf are the words in a language: Italian, Swedish, else English.
func wordsOf(lang string) words {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	switch base {
	case "it":
		return italian()
	case "sv":
		return swedish()
	}
	return english()
}

// DraftMark is the line above a draft for people, in the first of the company's
// languages.
func DraftMark(languages []string) string {
	if len(languages) == 0 {
		return english().draft
	}
	return wordsOf(languages[0]).draft
}

func english() words {
	return words{
		problem: "Problem", tried: "Tried", asked: "Open questions", data: "Collected", suggested: "Suggested next step",
		mark: "Summary written by software", sources: "Sources shown", action: "Action", handedOver: "Handed over",
		reason: "Reason", customer: "Customer", agent: "Agent", system: "System", language: "Language", priority: "Priority",
		window: "Can be answered until", open: "Open in Steward", transcript: "Conversation", earlier: "earlier messages are in Steward",
		note: "Note", accepted: "Taken by a person", returned: "Given back to the agent", closed: "Closed", unproved: "not verified",
		draft: "Draft by software, not sent to the customer:",
		steps: map[schemas.Reason]string{
			schemas.ReasonNone:               "Read the conversation and answer the customer.",
			schemas.ReasonCustomerRequest:    "Greet the customer and take over; they asked for a person.",
			schemas.ReasonCannotAnswer:       "Answer the open question, and add the answer to the content.",
			schemas.ReasonRepeatedFailure:    "Apologise briefly and solve the open question yourself.",
			schemas.ReasonSystemError:        "Answer the customer; the agent could not work.",
			schemas.ReasonSensitiveAction:    "Check the request, and approve or refuse the action.",
			schemas.ReasonVerificationFailed: "Verify who the customer is by your own means before you share data.",
			schemas.ReasonSentiment:          "Acknowledge the frustration first, then solve the problem.",
			schemas.ReasonDeliveryFailed:     "Reach the customer another way; a message did not arrive.",
			schemas.ReasonUnanswered:         "Answer the question that stayed open.",
			schemas.ReasonOtherParticipant:   "Check who is writing before you share anything of the conversation.",
		},
	}
}

func italian() words {
	return words{
		problem: "Problema", tried: "Tentativi", asked: "Domande aperte", data: "Dati raccolti", suggested: "Prossimo passo suggerito",
		mark: "Riepilogo scritto da un software", sources: "Fonti mostrate", action: "Azione", handedOver: "Passato a una persona",
		reason: "Motivo", customer: "Cliente", agent: "Agente", system: "Sistema", language: "Lingua", priority: "Priorità",
		window: "Si può rispondere fino a", open: "Apri in Steward", transcript: "Conversazione", earlier: "i messaggi precedenti sono in Steward",
		note: "Nota", accepted: "Preso in carico da una persona", returned: "Restituito all'agente", closed: "Chiuso", unproved: "non verificato",
		draft: "Bozza scritta da un software, non inviata al cliente:",
		steps: map[schemas.Reason]string{
			schemas.ReasonNone:               "Leggi la conversazione e rispondi al cliente.",
			schemas.ReasonCustomerRequest:    "Saluta il cliente e prendi in carico: ha chiesto una persona.",
			schemas.ReasonCannotAnswer:       "Rispondi alla domanda aperta e aggiungi la risposta ai contenuti.",
			schemas.ReasonRepeatedFailure:    "Scusati brevemente e risolvi tu la domanda aperta.",
			schemas.ReasonSystemError:        "Rispondi al cliente: l'agente non ha potuto lavorare.",
			schemas.ReasonSensitiveAction:    "Verifica la richiesta e approva o rifiuta l'azione.",
			schemas.ReasonVerificationFailed: "Verifica tu chi è il cliente prima di condividere dati.",
			schemas.ReasonSentiment:          "Riconosci prima la frustrazione, poi risolvi il problema.",
			schemas.ReasonDeliveryFailed:     "Raggiungi il cliente in altro modo: un messaggio non è arrivato.",
			schemas.ReasonUnanswered:         "Rispondi alla domanda rimasta aperta.",
			schemas.ReasonOtherParticipant:   "Verifica chi scrive prima di condividere qualcosa della conversazione.",
		},
	}
}

func swedish() words {
	return words{
		problem: "Problem", tried: "Försök", asked: "Öppna frågor", data: "Insamlat", suggested: "Förslag på nästa steg",
		mark: "Sammanfattning skriven av programvara", sources: "Visade källor", action: "Åtgärd", handedOver: "Överlämnat",
		reason: "Orsak", customer: "Kund", agent: "Agent", system: "System", language: "Språk", priority: "Prioritet",
		window: "Kan besvaras till", open: "Öppna i Steward", transcript: "Konversation", earlier: "tidigare meddelanden finns i Steward",
		note: "Anteckning", accepted: "Övertaget av en person", returned: "Återlämnat till agenten", closed: "Stängt", unproved: "ej verifierad",
		draft: "Utkast skrivet av programvara, inte skickat till kunden:",
		steps: map[schemas.Reason]string{
			schemas.ReasonNone:               "Läs konversationen och svara kunden.",
			schemas.ReasonCustomerRequest:    "Hälsa på kunden och ta över; hen bad om en person.",
			schemas.ReasonCannotAnswer:       "Svara på den öppna frågan och lägg till svaret i innehållet.",
			schemas.ReasonRepeatedFailure:    "Be kort om ursäkt och lös den öppna frågan själv.",
			schemas.ReasonSystemError:        "Svara kunden; agenten kunde inte arbeta.",
			schemas.ReasonSensitiveAction:    "Granska begäran och godkänn eller neka åtgärden.",
			schemas.ReasonVerificationFailed: "Kontrollera själv vem kunden är innan du delar uppgifter.",
			schemas.ReasonSentiment:          "Bekräfta frustrationen först, lös sedan problemet.",
			schemas.ReasonDeliveryFailed:     "Nå kunden på annat sätt; ett meddelande kom inte fram.",
			schemas.ReasonUnanswered:         "Svara på frågan som blev obesvarad.",
			schemas.ReasonOtherParticipant:   "Kontrollera vem som skriver innan du delar något ur konversationen.",
		},
	}
}
