// Package evil is the proof that a model holds no authority: a language model
// server that lies, begs, floods and obeys every text it reads talks to the real
// engine, with real workflows in virtual time, a real database and a loopback
// shop that records every call. Oracles then read what was called, said, stored
// and logged.
//
// It owns the attacks and the oracles. It must not judge words: a reply may be
// unhelpful, it may never be harmful. A new attack is a new row.
package evil
